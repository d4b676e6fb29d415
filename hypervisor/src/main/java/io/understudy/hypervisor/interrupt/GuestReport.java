package io.understudy.hypervisor.interrupt;

import io.understudy.hypervisor.memory.GuestRam;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the guest {@code interrupts} counted itself, in the order of {@code struct report} in its
 * source; empty for a guest that keeps no report.
 *
 * @param counts by name
 */
public record GuestReport(Map<String, Long> counts) {
    private static final long MAGIC = 0x5354_5055_5252_4549L;

    /** Names of the counts, in the order of memory. */
    private static final List<String> NAMES =
            List.of(
                    "errors",
                    "rounds",
                    "timer0",
                    "timer1",
                    "ipi0to1",
                    "ipi1to0",
                    "deviceEdge",
                    "deviceLevel",
                    "selfIpis",
                    "tprSections");

    public GuestReport {
        counts = new LinkedHashMap<>(counts);
    }

    static GuestReport read(GuestRam ram, int gpa) {
        Map<String, Long> counts = new LinkedHashMap<>();
        boolean isThere =
                gpa > 0
                        && (gpa & 7) == 0
                        && ram.map().contains(gpa, 8L * (1 + NAMES.size()))
                        && ram.read64(gpa) == MAGIC;
        if (isThere) {
            for (int i = 0; i < NAMES.size(); i++) {
                counts.put(NAMES.get(i), ram.read64(gpa + 8L * (1 + i)));
            }
        }
        return new GuestReport(counts);
    }

    /** Interrupts that were lost, doubled, out of order, or taken when held back. */
    public long errors() {
        return count("errors");
    }

    /** One count, 0 if there is none of that name. */
    public long count(String name) {
        return counts.getOrDefault(name, 0L);
    }
}
