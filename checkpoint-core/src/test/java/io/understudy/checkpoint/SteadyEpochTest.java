package io.understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.checkpoint.testing.MappedMachine;
import io.understudy.checkpoint.testing.Pair;
import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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

    @ParameterizedTest
    @EnumSource(CopyMethod.class)
    void capturingAndEncodingAllocateNothingPerPage(CopyMethod method) throws Exception {
        long few = bytesPerEpoch(method, PAGES / 4);
        long many = bytesPerEpoch(method, PAGES);
        assertThat(many)
                .as("bytes allocated per epoch of %d pages", PAGES)
                .isLessThan(BYTES_PER_EPOCH_MAX);
        assertNothingPerPage(few, many);
    }

    @Test
    void receivingAndApplyingAllocateNothingPerPage() throws Exception {
        assertNothingPerPage(bytesPerEpochOfTheBackup(PAGES / 4), bytesPerEpochOfTheBackup(PAGES));
    }

    private static void assertNothingPerPage(long few, long many) {
        assertThat((many - few) / (PAGES - PAGES / 4))
                .as("bytes allocated per page; %d and %d an epoch", few, many)
                .isLessThanOrEqualTo(0);
    }

    private static long bytesPerEpoch(CopyMethod method, int pages) throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        NullSink sink = new NullSink();
        long allocated = 0;
        try (Pair pair = pair(method)) {
            pair.startSession(1);
            pair.commitUntilComplete(0);
            for (int epoch = -EPOCHS; epoch < EPOCHS; epoch++) {
                change(pair, pages, epoch);
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

    /** The thread decodes, verifies and applies; that a message is a buffer counts for it. */
    private static long bytesPerEpochOfTheBackup(int pages) throws Exception {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long allocated = 0;
        try (Pair pair = pair(CopyMethod.STAGED)) {
            pair.startSession(1);
            pair.commitUntilComplete(0);
            for (int epoch = -EPOCHS; epoch < EPOCHS; epoch++) {
                change(pair, pages, epoch);
                CapturedCheckpoint checkpoint = pair.captured();
                Pair.Sent sent = pair.encode(checkpoint, -1);
                long before = threads.getCurrentThreadAllocatedBytes();
                pair.receive(sent).apply();
                allocated += epoch < 0 ? 0 : threads.getCurrentThreadAllocatedBytes() - before;
                checkpoint.commit();
            }
        }
        return allocated / EPOCHS;
    }

    private static Pair pair(CopyMethod method) {
        MappedMachine primary = new MappedMachine(1, 16, PAGES);
        return new Pair(
                primary,
                new MappedMachine(2, 16, PAGES),
                CaptureOptions.forMachine(primary.layout()).withCopyMethod(method),
                EncoderOptions.DEFAULT,
                Pair.Policies.SAFE);
    }

    /** Pages that changed a little, much, and not at all. */
    private static void change(Pair pair, int pages, int epoch) {
        for (int page = 0; page < pages; page++) {
            if (page % 3 == 0) {
                pair.primary.poke(page, (byte) epoch);
            } else {
                pair.primary.pokeWord(page, page % 512 * 8, page % 3 == 1 ? epoch : 7);
            }
        }
    }
}
