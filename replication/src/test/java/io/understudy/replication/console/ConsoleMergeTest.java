package io.understudy.replication.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConsoleMergeTest {
    private final ByteArrayOutputStream said = new ByteArrayOutputStream();
    private final List<String> notes = new ArrayList<>();
    private ConsoleMerge merge = new ConsoleMerge(0, new Notes());

    @BeforeEach
    void startAfresh() {
        said.reset();
        notes.clear();
        merge = new ConsoleMerge(0, new Notes());
    }

    @Test
    void whatIsOfferedAgainIsDropped() {
        offer(1, 0, "hello ");
        offer(1, 0, "hello world");
        offer(2, 3, "lo world!");
        assertThat(said.toString(StandardCharsets.US_ASCII)).isEqualTo("hello world!");
        assertThat(merge.progress(false).duplicates()).isEqualTo(14);
        assertThat(merge.progress(false).contradicted()).isZero();
        assertThat(notes).containsExactly("term 1", "term 2");
    }

    @Test
    void anotherByteAtTheSameOffsetIsAContradiction() {
        offer(1, 0, "hello");
        offer(2, 3, "ps!");
        assertThat(notes).contains("at 3 l became p", "at 4 o became s");
        assertThat(merge.progress(false).contradicted()).isEqualTo(2);
        assertThat(said.toString(StandardCharsets.US_ASCII)).isEqualTo("hello!");
    }

    @Test
    void aLowerTermIsComparedAndDeliversNothingNew() {
        offer(3, 0, "abc");
        offer(2, 1, "bcd");
        offer(2, 2, "x");
        assertThat(said.toString(StandardCharsets.US_ASCII)).isEqualTo("abc");
        assertThat(merge.progress(false).refused()).isEqualTo(1);
        assertThat(merge.progress(false).contradicted()).isEqualTo(1);
        assertThat(merge.term()).isEqualTo(3);
    }

    @Test
    void bytesThatOthersConfirmedAreAGap() {
        offer(1, 0, "ab");
        offer(1, 5, "fg");
        assertThat(notes).contains("gap 2 to 5");
        assertThat(merge.progress(false).missing()).isEqualTo(3);
        assertThat(merge.nextOffset()).isEqualTo(7);
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
    void anyOrderOfPrefixesGivesTheWholeOnce(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        StringBuilder whole = new StringBuilder();
        for (int i = 0; i < 5_000; i++) {
            whole.append((char) ('a' + random.nextInt(26)));
        }
        while (merge.nextOffset() < whole.length()) {
            int from = random.nextInt((int) merge.nextOffset() + 1);
            int to = Math.min(whole.length(), from + 1 + random.nextInt(200));
            offer(1, from, whole.substring(from, to));
        }
        assertThat(said.toString(StandardCharsets.US_ASCII))
                .as("seed %d", seed)
                .isEqualTo(whole.toString());
        assertThat(merge.progress(false).contradicted()).isZero();
    }

    private void offer(long term, long offset, String text) {
        merge.offer("node", term, offset, text.getBytes(StandardCharsets.US_ASCII));
    }

    private final class Notes implements ConsoleSink {
        @Override
        public void bytes(long offset, byte[] bytes) {
            said.writeBytes(bytes);
        }

        @Override
        public void speaker(String address, long term) {
            notes.add("term " + term);
        }

        @Override
        public void contradicted(long offset, int known, int offered, String address) {
            notes.add("at %d %c became %c".formatted(offset, known, offered));
        }

        @Override
        public void gap(long from, long to) {
            notes.add("gap %d to %d".formatted(from, to));
        }
    }
}
