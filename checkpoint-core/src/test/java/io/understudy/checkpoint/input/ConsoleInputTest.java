package io.understudy.checkpoint.input;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class ConsoleInputTest {
    private final ConsoleInput input = new ConsoleInput("console-input");

    @Test
    void bytesAreTakenOnceAndInOrderHoweverOftenTheyArrive() {
        assertThat(arrive(0, "abc")).isEqualTo(3);
        assertThat(take(2)).isEqualTo("ab");
        assertThat(arrive(0, "abcde")).isEqualTo(5);
        assertThat(arrive(1, "bc")).isEqualTo(5);
        assertThat(take(9)).isEqualTo("cde");
        assertThat(input.hasByte()).isFalse();
    }

    @Test
    void bytesBehindAGapAreNotTaken() {
        arrive(0, "ab");
        assertThat(arrive(3, "d")).isEqualTo(2);
        assertThat(arrive(-1, "xab")).isEqualTo(2);
        assertThat(take(9)).isEqualTo("ab");
    }

    @Test
    void aGuestThatDoesNotReadStopsTheClient() {
        byte[] many = new byte[ConsoleInput.CAPACITY_BYTES + 10];
        assertThat(input.arrive(0, many, 0, many.length)).isEqualTo(ConsoleInput.CAPACITY_BYTES);
        assertThat(input.take()).isZero();
        assertThat(input.arrive(0, many, 0, many.length))
                .isEqualTo(ConsoleInput.CAPACITY_BYTES + 1);
    }

    @Test
    void listenersHearOfArrivalsAndCommitsThatChangeSomething() {
        AtomicInteger arrivals = new AtomicInteger();
        AtomicInteger commits = new AtomicInteger();
        input.onArrival(arrivals::incrementAndGet);
        input.onCommit(commits::incrementAndGet);
        arrive(0, "ab");
        arrive(0, "ab");
        take(1);
        input.commit(1);
        input.commit(1);
        input.commit(0);
        assertThat(arrivals).hasValue(1);
        assertThat(commits).hasValue(1);
        assertThat(input.committedOffset()).isEqualTo(1);
        assertThatThrownBy(() -> input.commit(2)).hasMessageContaining("only 1 bytes");
    }

    @Test
    void whatWaitedIsSentAgainToWhoeverGoesOn() throws CorruptStateException {
        arrive(0, "abcd");
        take(2);
        ConsoleInput survivor = new ConsoleInput("console-input");
        survivor.restore(new StateReader("console-input", save()));
        assertThat(survivor.consumedHash()).isEqualTo(input.consumedHash());
        assertThat(survivor.consumedOffset()).isEqualTo(2);
        assertThat(survivor.arrivedOffset()).isEqualTo(2);
        assertThat(survivor.hasByte()).isFalse();
        byte[] again = "cd".getBytes(US_ASCII);
        assertThat(survivor.arrive(2, again, 0, 2)).isEqualTo(4);
        assertThat(survivor.take()).isEqualTo('c');
    }

    @Test
    void savedBytesOfVersionOne() {
        arrive(0, "a");
        take(1);
        assertThat(HexFormat.of().formatHex(save()))
                .isEqualTo("0100000000000000" + "8cec01864cdc63af");
    }

    @Test
    void aStateThatIsNoneChangesNothing() {
        arrive(0, "a");
        take(1);
        assertThatThrownBy(() ->
                        input.restore(
                                new StateReader(
                                        "console-input",
                                        new StateWriter().u64(-1).u64(0).toByteArray())))
                .isInstanceOf(CorruptStateException.class)
                .hasMessageContaining("consumed offset");
        assertThatThrownBy(() -> input.restore(new StateReader("console-input", new byte[9])))
                .isInstanceOf(CorruptStateException.class);
        assertThat(input.consumedOffset()).isEqualTo(1);
    }

    private long arrive(long offset, String bytes) {
        return input.arrive(offset, bytes.getBytes(US_ASCII), 0, bytes.length());
    }

    private String take(int atMost) {
        StringBuilder taken = new StringBuilder();
        for (int i = 0; i < atMost && input.hasByte(); i++) {
            taken.append((char) input.take());
        }
        return taken.toString();
    }

    private byte[] save() {
        StateWriter out = new StateWriter();
        input.save(out);
        return out.toByteArray();
    }
}
