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
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.DoublePredicate;

/**
 * The speed of the pipeline's stages as a multiple of copying the same random pages with {@code
 * MemorySegment.copy} in the same round, in CPU time of the one thread that does both, minimum,
 * median and maximum over the rounds. {@code main} prints a JSON object for each to standard output
 * and a sentence to standard error, and ends with status 1 if a goal is missed. No test; {@code
 * benchmarks/pipeline.sh} runs it.
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
    private final ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    private boolean isGoalMissed;

    public static void main(String[] arguments) throws Exception {
        System.err.println("codecs: " + CheckpointEncoder.implementation());
        PipelineSpeed speed = new PipelineSpeed();
        for (int pages : new int[] {1_000, 10_000}) {
            speed.pause(CopyMethod.STAGED, pages, 1.5);
            speed.pause(CopyMethod.ON_WRITE, pages, 0.3);
        }
        speed.difference(10_000);
        speed.epoch(10_000);
        if (speed.isGoalMissed) {
            System.exit(1);
        }
    }

    /** Pause of one checkpoint: harvest, copy or guard, state. */
    private void pause(CopyMethod method, int pages, double goal) throws Exception {
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
                long began = cpuNs();
                CaptureResult result = pair.capture.capture(pair.nextEpoch(), began);
                long pauseNs = cpuNs() - began;
                CapturedCheckpoint checkpoint = ((CaptureResult.Captured) result).checkpoint();
                Invariant.check(pair.encoder.encode(checkpoint, new NullSink()) != null, "encoded");
                checkpoint.commit();
                if (round >= 0) {
                    ratios[round] = (double) pauseNs / copyNs;
                }
            }
        }
        String name = method == CopyMethod.STAGED ? "pauseStaged" : "pauseOnWrite";
        report(name + pages + "Pages", ratios, median -> median <= goal, "at most " + goal, 0, 0);
    }

    /** Difference to a reference copy, bringing that up to date. */
    private void difference(int pages) {
        double[] ratios = new double[ROUNDS];
        long bytesOut = 0;
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
                flushCaches();
                long began = cpuNs();
                for (int i = 0; i < ids.length; i++) {
                    long at = ids[i] * PageId.PAGE_BYTES;
                    MemorySegment.copy(
                            memory, at, plain, (long) i * PageId.PAGE_BYTES, PageId.PAGE_BYTES);
                }
                long copyNs = cpuNs() - began;
                flushCaches();
                bytesOut = 0;
                began = cpuNs();
                writer.open(batch);
                for (long id : ids) {
                    long at = id * PageId.PAGE_BYTES;
                    if (!writer.hasRoom(batch)) {
                        writer.close(batch, 1, 0);
                        bytesOut += batch.position();
                        writer.open(batch);
                    }
                    if (!writer.words(batch, id, memory, at, references, at)) {
                        difference.take(memory, at, references, at);
                        writer.cheapest(batch, id, difference.bytes(), content, 0, true);
                    }
                }
                long deltaNs = cpuNs() - began;
                bytesOut += batch.position();
                if (round >= 0) {
                    ratios[round] = (double) copyNs / deltaNs;
                }
            }
        }
        report(
                "differenceRate5Words",
                ratios,
                median -> median >= 0.5,
                "at least 0.5",
                (long) pages * PageId.PAGE_BYTES,
                bytesOut);
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
                long began = cpuNs();
                Invariant.check(pair.encoder.encode(checkpoint, new NullSink()) != null, "encoded");
                long encodeNs = cpuNs() - began;
                checkpoint.commit();
                if (round >= 0) {
                    ratios[round] = (double) encodeNs / copyNs;
                }
            }
        }
        report("encodeHot" + pages + "Pages", ratios, median -> true, "none", 0, 0);
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

    private long copy(MappedMachine machine, long[] ids, MemorySegment to) {
        long began = cpuNs();
        for (int i = 0; i < ids.length; i++) {
            machine.memory().readPage(ids[i], to, (long) i * PageId.PAGE_BYTES);
        }
        return cpuNs() - began;
    }

    private long cpuNs() {
        return threads.getCurrentThreadCpuTime();
    }

    private void report(
            String name,
            double[] ratios,
            DoublePredicate isReached,
            String goal,
            long bytesIn,
            long bytesOut) {
        double[] sorted = ratios.clone();
        Arrays.sort(sorted);
        double median = sorted[sorted.length / 2];
        isGoalMissed |= !isReached.test(median);
        System.out.printf(
                Locale.ROOT,
                "{\"name\": \"%s\", \"median\": %.3f, \"min\": %.3f, \"max\": %.3f,"
                        + " \"goal\": \"%s\", \"bytesIn\": %d, \"bytesOut\": %d}%n",
                name,
                median,
                sorted[0],
                sorted[sorted.length - 1],
                goal,
                bytesIn,
                bytesOut);
        System.err.printf(
                Locale.ROOT,
                "%-24s %.2f (%.2f to %.2f), goal: %s%n",
                name,
                median,
                sorted[0],
                sorted[sorted.length - 1],
                goal);
    }
}
