package io.understudy.hypervisor.exit;

import io.understudy.vmx.ExitReason;
import java.util.Map;
import java.util.TreeMap;

/** Exits by basic reason, counted by the hypervisor. */
public final class ExitCounters {
    private static final int BASIC_REASON = 0xffff;

    private final long[] counts = new long[ExitReason.COUNT];

    public void count(int exitReason) {
        counts[exitReason & BASIC_REASON]++;
    }

    public long of(ExitReason reason) {
        return counts[reason.number()];
    }

    public long total() {
        long sum = 0;
        for (long c : counts) {
            sum += c;
        }
        return sum;
    }

    /** Reasons that occurred, by their name in kebab case. */
    public Map<String, Long> byName() {
        Map<String, Long> map = new TreeMap<>();
        for (ExitReason r : ExitReason.values()) {
            if (counts[r.number()] != 0) {
                map.put(r.kebabName(), counts[r.number()]);
            }
        }
        return map;
    }
}
