package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CaptureResult;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.checkpoint.testing.MappedMachine;
import io.understudy.checkpoint.testing.Pair;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;

/**
 * The speed of the pipeline's stages, by hand: {@code main} prints each as a multiple of copying
 * the same random pages with {@code MemorySegment.copy} in the same round, minimum, median and
 * maximum over the rounds. No test; run it alone.
 */
final class PipelineSpeed {
    private static final int MACHINE_PAGES = 65_536;
    private static final int ROUNDS = 60;
    private static final int WARM_UP_ROUNDS = 20;
    private static final int CHANGED_WORDS = 5;

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
    private final byte[] sweep = new byte[64 << 20];

    public static void main(String[] arguments) throws Exception {
        System.out.println("codecs: " + CheckpointEncoder.implementation());
        PipelineSpeed speed = new PipelineSpeed();
        for (int pages : new int[] {1_000, 10_000}) {
            speed.pause(CopyMethod.STAGED, pages);
            speed.pause(CopyMethod.ON_WRITE, pages);
        }
        speed.difference(10_000);
        speed.epoch(10_000);
    }

    /** Pause of one checkpoint: harvest, copy or guard, state. */
    private void pause(CopyMethod method, int pages) throws Exception {
        double[] ratios = new double[ROUNDS];
        try (Pair pair = pair(method);
                Arena arena = Arena.ofConfined()) {
            MemorySegment plain = arena.allocate((long) pages * PageId.PAGE_BYTES, 4096);
            for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
                long[] ids = randomPages(pages, true);
                change(pair.primary, ids);
                flushCaches();
                long copyNs = copy(pair.primary, ids, plain);
                flushCaches();
                long began = System.nanoTime();
                CaptureResult result = pair.capture.capture(pair.nextEpoch(), began);
                long pauseNs = System.nanoTime() - began;
                CapturedCheckpoint checkpoint = ((CaptureResult.Captured) result).checkpoint();
                Invariant.check(pair.encoder.encode(checkpoint, new NullSink()) != null, "encoded");
                checkpoint.commit();
                if (round >= 0) {
                    ratios[round] = (double) pauseNs / copyNs;
                }
            }
        }
        print("pause, %s, %,d pages / copying them".formatted(method, pages), ratios);
    }

    /** Difference to a reference copy, bringing that up to date. */
    private void difference(int pages) {
        double[] ratios = new double[ROUNDS];
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment memory =
                    arena.allocate((long) MACHINE_PAGES * PageId.PAGE_BYTES, PageId.PAGE_BYTES);
            MemorySegment references =
                    arena.allocate((long) MACHINE_PAGES * PageId.PAGE_BYTES, PageId.PAGE_BYTES);
            MemorySegment plain = arena.allocate((long) pages * PageId.PAGE_BYTES, 4096);
            fill(memory);
            references.copyFrom(memory);
            PageDifference difference = new PageDifference();
            PageBatchWriter writer = new PageBatchWriter();
            ByteBuffer batch = ByteBuffer.allocate(512 << 10).order(ByteOrder.LITTLE_ENDIAN);
            ByteBuffer content = memory.asSlice(0, PageId.PAGE_BYTES).asByteBuffer();
            for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
                long[] ids = randomPages(pages, false);
                changeWords(memory, ids);
                long began = System.nanoTime();
                for (int i = 0; i < ids.length; i++) {
                    long at = ids[i] * PageId.PAGE_BYTES;
                    MemorySegment.copy(
                            memory, at, plain, (long) i * PageId.PAGE_BYTES, PageId.PAGE_BYTES);
                }
                long copyNs = System.nanoTime() - began;
                changeWords(memory, randomPages(pages, false)); // other pages into the caches
                changeWords(memory, ids);
                began = System.nanoTime();
                writer.open(batch);
                for (long id : ids) {
                    long at = id * PageId.PAGE_BYTES;
                    if (!writer.hasRoom(batch)) {
                        writer.close(batch, 1, 0);
                        writer.open(batch);
                    }
                    if (!writer.words(batch, id, memory, at, references, at)) {
                        difference.take(memory, at, references, at);
                        writer.cheapest(batch, id, difference.bytes(), content, 0, true);
                    }
                }
                long deltaNs = System.nanoTime() - began;
                if (round >= 0) {
                    ratios[round] = (double) copyNs / deltaNs;
                }
            }
        }
        print("rate of differences, 5 words a page / rate of copying", ratios);
    }

    /** Hash, difference, LZ4, CRC of one epoch in which half of the pages changed a little. */
    private void epoch(int pages) throws Exception {
        double[] ratios = new double[ROUNDS];
        try (Pair pair = pair(CopyMethod.STAGED);
                Arena arena = Arena.ofConfined()) {
            MemorySegment plain = arena.allocate((long) pages * PageId.PAGE_BYTES, 4096);
            long[] ids = randomPages(pages, true);
            for (int round = -WARM_UP_ROUNDS; round < ROUNDS; round++) {
                change(pair.primary, ids);
                long copyNs = copy(pair.primary, ids, plain);
                CapturedCheckpoint checkpoint = pair.captured();
                long began = System.nanoTime();
                Invariant.check(pair.encoder.encode(checkpoint, new NullSink()) != null, "encoded");
                long encodeNs = System.nanoTime() - began;
                checkpoint.commit();
                if (round >= 0) {
                    ratios[round] = (double) encodeNs / copyNs;
                }
            }
        }
        print("encoding %,d pages of hot pages / copying them".formatted(pages), ratios);
    }

    private static Pair pair(CopyMethod method) throws Exception {
        MappedMachine primary = new MappedMachine(1, 16, MACHINE_PAGES);
        Pair pair =
                new Pair(
                        primary,
                        new MappedMachine(2, 16, MACHINE_PAGES),
                        CaptureOptions.forMachine(primary.layout()).withCopyMethod(method),
                        EncoderOptions.DEFAULT,
                        Pair.Policies.SAFE);
        pair.startSession(1);
        byte[] content = new byte[PageId.PAGE_BYTES];
        SplittableRandom random = new SplittableRandom(3);
        for (int page = 0; page < MACHINE_PAGES; page++) {
            random.nextBytes(content);
            Arrays.fill(content, PageId.PAGE_BYTES / 2, PageId.PAGE_BYTES, (byte) 0);
            primary.poke(page, (byte) 0);
            primary.memory().writePage(page, MemorySegment.ofArray(content), 0);
        }
        pair.commitUntilComplete(0);
        return pair;
    }

    private long[] randomPages(int pages, boolean sorted) {
        long[] ids = random.longs(0, MACHINE_PAGES).distinct().limit(pages).toArray();
        if (sorted) {
            Arrays.sort(ids);
        }
        return ids;
    }

    private void change(MappedMachine machine, long[] ids) {
        for (long id : ids) {
            for (int w = 0; w < CHANGED_WORDS; w++) {
                machine.pokeWord(id, random.nextInt(512) * 8, random.nextLong());
            }
        }
    }

    private void changeWords(MemorySegment memory, long[] ids) {
        for (long id : ids) {
            for (int w = 0; w < CHANGED_WORDS; w++) {
                memory.set(
                        ValueLayout.JAVA_LONG,
                        id * PageId.PAGE_BYTES + random.nextInt(512) * 8L,
                        random.nextLong());
            }
        }
    }

    private void fill(MemorySegment memory) {
        for (long at = 0; at < memory.byteSize(); at += 8) {
            memory.set(ValueLayout.JAVA_LONG, at, random.nextLong());
        }
    }

    /** Neither side finds its pages in a cache because the other one has just read them. */
    private void flushCaches() {
        for (int i = 0; i < sweep.length; i += 64) {
            sweep[i]++;
        }
    }

    private static long copy(MappedMachine machine, long[] ids, MemorySegment to) {
        long began = System.nanoTime();
        for (int i = 0; i < ids.length; i++) {
            machine.memory().readPage(ids[i], to, (long) i * PageId.PAGE_BYTES);
        }
        return System.nanoTime() - began;
    }

    private static void print(String what, double[] ratios) {
        double[] sorted = ratios.clone();
        Arrays.sort(sorted);
        System.out.printf(
                Locale.ROOT,
                "%-56s %.2f (%.2f to %.2f)%n",
                what,
                sorted[sorted.length / 2],
                sorted[0],
                sorted[sorted.length - 1]);
    }
}
