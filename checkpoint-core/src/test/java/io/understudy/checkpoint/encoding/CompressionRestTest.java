package io.understudy.checkpoint.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.testing.Pair;
import org.junit.jupiter.api.Test;

/** What {@link CompressionSwitch} decides is what the encoder does, and only if it may choose. */
final class CompressionRestTest {
    private static final long MS = 1_000_000;
    private static final int PAGES = 10;
    private static final int EPOCHS_UNTIL_REST = 5;

    /** A clock that time passes on while an epoch is encoded, or while its link is waited for. */
    private static final class Clock implements BatchSink {
        private long nowNs;
        private long encodingNs;
        private long linkNs;

        @Override
        public boolean begin(EpochHeader header) {
            nowNs += encodingNs;
            return true;
        }

        @Override
        public boolean accept(Batch batch) {
            nowNs += linkNs;
            batch.release();
            return true;
        }
    }

    private final Clock clock = new Clock();
    private int fill;

    @Test
    void aBusyEncoderOnAFastLinkStopsCompressingUntilTheLinkLimits() throws Exception {
        try (Pair pair = Pair.of(1, PAGES);
                CheckpointEncoder encoder = encoder(pair, EncodingMode.AUTO)) {
            start(pair, encoder);
            clock.encodingNs = 20 * MS;
            for (int i = 0; i < EPOCHS_UNTIL_REST; i++) {
                epoch(pair, encoder);
            }
            assertThat(epoch(pair, encoder).rawPages()).isEqualTo(PAGES);
            clock.encodingNs = 0;
            clock.linkNs = 20 * MS;
            assertThat(epoch(pair, encoder).rawPages()).isEqualTo(PAGES);
            assertThat(epoch(pair, encoder).lz4Pages()).isEqualTo(PAGES);
        }
    }

    @Test
    void whoeverAsksForTheCheapestAlwaysGetsIt() throws Exception {
        try (Pair pair = Pair.of(1, PAGES);
                CheckpointEncoder encoder = encoder(pair, EncodingMode.ALL)) {
            start(pair, encoder);
            clock.encodingNs = 20 * MS;
            for (int i = 0; i < EPOCHS_UNTIL_REST; i++) {
                epoch(pair, encoder);
            }
            assertThat(epoch(pair, encoder).lz4Pages()).isEqualTo(PAGES);
        }
    }

    private CheckpointEncoder encoder(Pair pair, EncodingMode mode) {
        return new CheckpointEncoder(
                pair.primary.layout(),
                EncoderOptions.DEFAULT.withMode(mode).withReferencePagesMax(0),
                EncoderPolicy.SAFE,
                () -> clock.nowNs);
    }

    private void start(Pair pair, CheckpointEncoder encoder) throws Exception {
        pair.capture.startFullCopy();
        encoder.startSession(1);
        assertThat(epoch(pair, encoder).lz4Pages()).isEqualTo(PAGES);
    }

    /** An epoch of 25 ms at least, in which every page gets other content that LZ4 likes. */
    private EncodeStatistics epoch(Pair pair, CheckpointEncoder encoder) throws Exception {
        fill++;
        for (int page = 0; page < PAGES; page++) {
            pair.primary.poke(page, (byte) fill);
        }
        clock.nowNs += 5 * MS;
        CapturedCheckpoint checkpoint = pair.captured();
        EncodedEpoch encoded =
                Invariant.present(encoder.encode(checkpoint, clock), "nobody aborts it");
        checkpoint.commit();
        return encoded.statistics();
    }
}
