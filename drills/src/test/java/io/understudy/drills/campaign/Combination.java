package io.understudy.drills.campaign;

import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.checkpoint.encoding.EncodingMode;
import io.understudy.hypervisor.DirtyLogMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How a pair is set up.
 *
 * @param depth checkpoints in flight
 * @param workers threads that encode
 */
record Combination(
        DirtyLogMode dirtyLog,
        CopyMethod copyMethod,
        int depth,
        EncodingMode encoding,
        int workers) {
    private static final int DEPTH_MAX = 4;
    private static final int WORKERS_MAX = 2;

    /**
     * No divisor in common with the number of combinations, so that all have their turn, and near
     * the golden section of it, so that a few seeds in turn differ in everything.
     */
    private static final int STRIDE = 197;

    /** Every one there is. */
    static List<Combination> all() {
        List<Combination> all = new ArrayList<>();
        for (DirtyLogMode log : DirtyLogMode.values()) {
            for (CopyMethod method : CopyMethod.values()) {
                for (EncodingMode encoding : EncodingMode.values()) {
                    for (int i = 0; i < DEPTH_MAX * WORKERS_MAX; i++) {
                        int workers = 1 + i / DEPTH_MAX;
                        if (log != DirtyLogMode.NONE) {
                            all.add(
                                    new Combination(
                                            log, method, 1 + i % DEPTH_MAX, encoding, workers));
                        }
                    }
                }
            }
        }
        return all;
    }

    /** The combination of a seed: as many seeds in turn as there are combinations have them all. */
    static Combination ofSeed(long seed) {
        List<Combination> all = all();
        return all.get((int) Math.floorMod(seed * STRIDE, (long) all.size()));
    }

    @Override
    public String toString() {
        return "%s, copies %s, depth %d, %s, %d workers"
                .formatted(dirtyLog.optionName(), word(copyMethod), depth, word(encoding), workers);
    }

    private static String word(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
