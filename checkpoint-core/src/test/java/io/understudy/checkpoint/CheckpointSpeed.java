package io.understudy.checkpoint;

import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CaptureResult;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.digest.PageHasher;
import io.understudy.checkpoint.encoding.Batch;
import io.understudy.checkpoint.encoding.BatchSink;
import io.understudy.checkpoint.encoding.EncodedEpoch;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.checkpoint.testing.MappedMachine;
import io.understudy.checkpoint.testing.Pair;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/**
 * A quick look at speed, by hand: {@code main} prints the median time of each stage for 10,000
 * dirty pages, as a multiple of copying as many random pages plainly. No test; run it alone.
 */
final class CheckpointSpeed {
    private static final int MACHINE_PAGES = 65_536;
    private static final int DIRTY_PAGES = 10_000;
    private static final int ROUNDS = 40;

    /** Throws everything away. */
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

    private final SplittableRandom random = new SplittableRandom(1);
    private final long[] copyNs = new long[ROUNDS];
    private final long[] captureNs = new long[ROUNDS];
    private final long[] encodeNs = new long[ROUNDS];
    private final long[] hashNs = new long[ROUNDS];
    private final long[] receiveNs = new long[ROUNDS];

    public static void main(String[] arguments) throws Exception {
        new CheckpointSpeed().run();
    }

    private void run() throws Exception {
        MappedMachine primary = new MappedMachine(1, 16, MACHINE_PAGES);
        try (Pair pair =
                        new Pair(
                                primary,
                                new MappedMachine(2, 16, MACHINE_PAGES),
                                CaptureOptions.forMachine(primary.layout()),
                                EncoderOptions.DEFAULT,
                                Pair.Policies.SAFE);
                Arena arena = Arena.ofConfined()) {
            pair.startSession(1);
            pair.commitUntilComplete(0);
            MemorySegment plain = arena.allocate((long) DIRTY_PAGES * PageId.PAGE_BYTES, 4096);
            EncodedEpoch last = null;
            for (int round = 0; round < ROUNDS; round++) {
                long[] ids = dirty(primary);
                copyPlain(primary, ids, plain, round);
                last = epoch(pair, round);
                hash(plain, round);
            }
            System.out.printf(
                    "plain copy %,d us (%.2f GB/s)%n", median(copyNs) / 1000, rate(copyNs));
            print("capture", captureNs);
            print("encode (hash, LZ4, CRC)", encodeNs);
            print("hash alone", hashNs);
            print("receive (decode, hash, verify, apply)", receiveNs);
            System.out.println(last);
        }
    }

    private long[] dirty(MappedMachine primary) {
        long[] ids =
                random.longs(0, MACHINE_PAGES).distinct().limit(DIRTY_PAGES).sorted().toArray();
        byte[] content = new byte[PageId.PAGE_BYTES];
        for (long id : ids) {
            // Half noise, half zeros: LZ4 gains about 2:1, as on the memory of a booted Linux.
            random.nextBytes(content);
            Arrays.fill(content, PageId.PAGE_BYTES / 2, PageId.PAGE_BYTES, (byte) 0);
            primary.poke(id, (byte) 0);
            primary.memory().writePage(id, MemorySegment.ofArray(content), 0);
        }
        return ids;
    }

    private void copyPlain(MappedMachine primary, long[] ids, MemorySegment to, int round) {
        long began = System.nanoTime();
        for (int i = 0; i < ids.length; i++) {
            primary.memory().readPage(ids[i], to, (long) i * PageId.PAGE_BYTES);
        }
        copyNs[round] = System.nanoTime() - began;
    }

    private EncodedEpoch epoch(Pair pair, int round) throws Exception {
        long began = System.nanoTime();
        CaptureResult result = pair.capture.capture(pair.nextEpoch(), began);
        captureNs[round] = System.nanoTime() - began;
        CapturedCheckpoint checkpoint = ((CaptureResult.Captured) result).checkpoint();
        began = System.nanoTime();
        EncodedEpoch encoded = pair.encoder.encode(checkpoint, new NullSink());
        encodeNs[round] = System.nanoTime() - began;
        Invariant.check(encoded != null, "encoded");
        checkpoint.abort();
        checkpoint = pair.captured(); // the same pages again, for the backup
        Pair.Sent sent = pair.encode(checkpoint, -1);
        began = System.nanoTime();
        pair.receive(sent).apply();
        receiveNs[round] = System.nanoTime() - began;
        checkpoint.commit();
        return sent.encoded();
    }

    private void hash(MemorySegment pages, int round) {
        PageHasher hasher = new PageHasher(1);
        ByteBuffer bytes = pages.asByteBuffer();
        long began = System.nanoTime();
        for (int i = 0; i < DIRTY_PAGES; i++) {
            hasher.hashPage(i, pages, bytes, i * PageId.PAGE_BYTES);
        }
        hashNs[round] = System.nanoTime() - began;
    }

    private void print(String what, long[] ns) {
        System.out.printf(
                "%-40s %,8d us  %.2f GB/s  %.1f x plain copy%n",
                what, median(ns) / 1000, rate(ns), (double) median(ns) / median(copyNs));
    }

    private static double rate(long[] ns) {
        return (double) DIRTY_PAGES * PageId.PAGE_BYTES / median(ns);
    }

    /** Of the second half of the rounds. */
    private static long median(long[] ns) {
        long[] late = Arrays.stream(ns, ROUNDS / 2, ROUNDS).sorted().toArray();
        return late[late.length / 2];
    }
}
