package io.understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.checkpoint.testing.Pair;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;

/** A steady epoch allocates a few small objects, whatever the number of its pages. */
final class SteadyEpochTest {
    private static final int PAGES = 1000;
    private static final int EPOCHS = 40;
    private static final long BYTES_PER_EPOCH_MAX = 16 << 10;

    private static final class NullSink implements BatchSink {
        @Override
        public boolean begin(EpochHeader header) {
            return true;
        }

        @Override
        public boolean accept(Batch batch) {
            batch.release();
            return true;
        }
    }

    @Test
    void capturingAndEncodingAllocateNothingPerPage() throws Exception {
        long few = bytesPerEpoch(PAGES / 4);
        long many = bytesPerEpoch(PAGES);
        assertThat(many)
                .as("bytes allocated per epoch of %d pages", PAGES)
                .isLessThan(BYTES_PER_EPOCH_MAX);
        assertThat((many - few) / (PAGES - PAGES / 4))
                .as("bytes allocated per page; %d and %d an epoch", few, many)
                .isLessThanOrEqualTo(0);
    }

    /** Pages that changed a little, much, and not at all. */
    private static long bytesPerEpoch(int pages) throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        NullSink sink = new NullSink();
        long allocated = 0;
        try (Pair pair = Pair.of(1, PAGES)) {
            pair.startSession(1);
            pair.commitUntilComplete(0);
            for (int epoch = -EPOCHS; epoch < EPOCHS; epoch++) {
                for (int page = 0; page < pages; page++) {
                    if (page % 3 == 0) {
                        pair.primary.poke(page, (byte) epoch);
                    } else {
                        pair.primary.pokeWord(page, page % 512 * 8, page % 3 == 1 ? epoch : 7);
                    }
                }
                long before = threads.getCurrentThreadAllocatedBytes();
                CapturedCheckpoint checkpoint = pair.captured();
                boolean isEncoded = pair.encoder.encode(checkpoint, sink) != null;
                checkpoint.commit();
                allocated += epoch < 0 ? 0 : threads.getCurrentThreadAllocatedBytes() - before;
                assertThat(isEncoded).isTrue();
            }
        }
        return allocated / EPOCHS;
    }
}
