package io.understudy.benchmarks;

import java.util.Random;
import java.util.function.LongSupplier;

/**
 * A calibration figure: the time of a fixed piece of work, to be printed beside an absolute one. A
 * core whose other hardware thread computes for somebody else takes two and three times as long for
 * all that misses its first-level cache, and so says nothing about the code that is measured.
 *
 * <p>The work is dependent loads, in random order, from 256 KiB: what a second-level cache of this
 * time holds, and what an emulator that looks up blocks and translations waits for.
 */
final class HostSpeed {
    /** A time of the work that is at most so much above the shortest is undisturbed. */
    static final double TOLERANCE = 1.3;

    private static final int WORDS = 1 << 16;
    private static final int STEPS = 1 << 19;
    private static final int WARM_UPS = 50;

    private final int[] next = new int[WORDS];
    private final LongSupplier cpuNs;
    private int at;

    /**
     * @param cpuNs CPU time of the calling thread
     */
    HostSpeed(LongSupplier cpuNs, long seed) {
        this.cpuNs = cpuNs;
        int[] order = new Random(seed).ints(0, WORDS).distinct().limit(WORDS).toArray();
        for (int i = 0; i < WORDS; i++) {
            next[order[i]] = order[(i + 1) % WORDS];
        }
        for (int i = 0; i < WARM_UPS; i++) {
            nsPerLoad();
        }
    }

    /** Does the work once, some milliseconds. */
    double nsPerLoad() {
        long from = cpuNs.getAsLong();
        int p = at;
        for (int i = 0; i < STEPS; i++) {
            p = next[p];
        }
        at = p;
        return (double) (cpuNs.getAsLong() - from) / STEPS;
    }
}
