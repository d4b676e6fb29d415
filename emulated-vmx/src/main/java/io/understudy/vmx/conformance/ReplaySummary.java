package io.understudy.vmx.conformance;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Counts per instruction name, and the first mismatch of each in words. */
public final class ReplaySummary {
    private final SortedMap<String, Count> byName = new TreeMap<>();
    private long passed;
    private long failed;

    /**
     * Cases of one name.
     *
     * @param firstMismatch empty if none failed
     */
    public record Count(long passed, long failed, String firstMismatch) {}

    public long passed() {
        return passed;
    }

    public long failed() {
        return failed;
    }

    public Map<String, Count> byName() {
        return byName;
    }

    /** One line per name that failed, and the total last: "N passed, M failed". */
    public List<String> lines() {
        List<String> lines = new ArrayList<>();
        byName.forEach((name, c) -> {
            if (c.failed > 0) {
                lines.add(
                        "%s: %d of %d failed; %s"
                                .formatted(name, c.failed, c.passed + c.failed, c.firstMismatch));
            }
        });
        lines.add(passed + " passed, " + failed + " failed");
        return lines;
    }

    /** Adds one case; {@code mismatch} is empty if it passed. */
    void add(String name, String mismatch) {
        boolean ok = mismatch.isEmpty();
        passed += ok ? 1 : 0;
        failed += ok ? 0 : 1;
        byName.merge(
                name,
                new Count(ok ? 1 : 0, ok ? 0 : 1, mismatch),
                (a, b) ->
                        new Count(
                                a.passed + b.passed,
                                a.failed + b.failed,
                                a.firstMismatch.isEmpty() ? b.firstMismatch : a.firstMismatch));
    }
}
