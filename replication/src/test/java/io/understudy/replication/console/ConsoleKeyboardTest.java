package io.understudy.replication.console;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ConsoleKeyboardTest {
    private final ConsoleKeyboard keyboard = new ConsoleKeyboard();

    @Test
    void nothingIsSentBeforeANodeSaidWhatItWants() {
        type("ab");
        assertThat(take()).isEmpty();
        keyboard.heard(1, 40, 42);
        assertThat(take()).isEqualTo("42:ab");
        assertThat(take()).isEmpty();
    }

    @Test
    void bytesAreKeptUntilTheyAreCommittedAndSentAgainToTheNextNode() {
        keyboard.heard(1, 0, 0);
        type("abcd");
        assertThat(take()).isEqualTo("0:abcd");
        keyboard.heard(1, 1, 4);
        assertThat(keyboard.waiting()).isEqualTo(3);
        // The survivor consumed two, and never saw the others.
        keyboard.heard(2, 2, 2);
        assertThat(take()).isEqualTo("2:cd");
        keyboard.heard(2, 4, 4);
        assertThat(keyboard.waiting()).isZero();
        assertThat(keyboard.committed()).isEqualTo(4);
    }

    @Test
    void aNodeOfALowerTermSaysNothingThatCounts() {
        keyboard.heard(2, 0, 0);
        type("ab");
        take();
        keyboard.heard(1, 2, 2);
        assertThat(keyboard.waiting()).isEqualTo(2);
    }

    @Test
    void whatANodeHadNoRoomForIsSentAgain() {
        keyboard.heard(1, 0, 0);
        type("abcd");
        take();
        keyboard.heard(1, 0, 2);
        assertThat(take()).isEqualTo("2:cd");
    }

    @Test
    void bytesThatSomebodyElseTypedAndThatWereLostLeaveNoGap() {
        keyboard.heard(1, 5, 9);
        type("ab");
        assertThat(take()).isEqualTo("9:ab");
        keyboard.heard(2, 5, 5);
        assertThat(take()).isEqualTo("5:ab");
    }

    @Test
    void whoTypesAtTheSameTimeAsAnotherIsTold() {
        keyboard.heard(1, 0, 0);
        type("ab");
        keyboard.heard(1, 3, 3);
        assertThat(keyboard.overtaken()).isEqualTo(2);
        assertThat(take()).isEmpty();
        type("c");
        assertThat(take()).isEqualTo("3:c");
    }

    @Test
    void typingStopsWhenNothingIsConsumed() {
        byte[] many = new byte[ConsoleKeyboard.CAPACITY_BYTES + 1];
        assertThat(keyboard.type(many)).isEqualTo(ConsoleKeyboard.CAPACITY_BYTES);
        assertThat(keyboard.type(many)).isZero();
    }

    private void type(String text) {
        assertThat(keyboard.type(text.getBytes(US_ASCII))).isEqualTo(text.length());
    }

    private String take() {
        ConsoleKeyboard.Chunk chunk = keyboard.take(100);
        String bytes = new String(chunk.bytes(), US_ASCII);
        return bytes.isEmpty() ? "" : chunk.offset() + ":" + bytes;
    }
}
