package io.understudy.cli.guarding;

import io.understudy.drills.guarding.GuardResult;
import io.understudy.drills.guarding.PairedCost;
import io.understudy.hypervisor.guard.GuardCounts;
import io.understudy.hypervisor.guard.GuardOptions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The JSON document of {@code guard}, docs/commands.md.
 *
 * @param blindSpots what this guard cannot see, and why
 * @param costHostPercent processor time that the guard added; null if nothing was compared
 * @param addedExitsByReason exits of the guarded guest that the other one did not have
 */
public record GuardReport(
        int schemaVersion,
        String guest,
        String policy,
        double learnVirtualUs,
        double recheckVirtualUs,
        long guestInstructions,
        double guestVirtualUs,
        List<EventReport> events,
        long eventsLeftOut,
        long loads,
        long stores,
        long writes,
        long neighbourWrites,
        long suspicious,
        long denied,
        boolean paused,
        long steps,
        long addressSpaceLoads,
        long rechecks,
        double recheckGapMaxVirtualUs,
        long invalidations,
        int guardedPages,
        List<String> blindSpots,
        Map<String, Long> addedExitsByReason,
        @Nullable Double costHostPercent,
        @Nullable Ratio costHostRatio) {
    private static final int SCHEMA_VERSION = 1;

    private static final List<String> BLIND_SPOTS =
            List.of(
                    "a table's page that is mapped elsewhere and back between two walks: the"
                            + " guest's page tables are walked, not watched");

    /** Guarded over unguarded, pair by pair. */
    public record Ratio(int pairs, double min, double median, double max) {}

    public GuardReport {
        events = List.copyOf(events);
        blindSpots = List.copyOf(blindSpots);
        addedExitsByReason = new TreeMap<>(addedExitsByReason);
    }

    /** Puts the document together. */
    public static GuardReport of(
            String guest, GuardOptions options, GuardResult result, EventKeeper kept) {
        GuardCounts c = result.counts();
        PairedCost cost = result.cost();
        boolean isCompared = cost.pairs() > 0;
        return new GuardReport(
                SCHEMA_VERSION,
                guest,
                options.policy().optionName(),
                options.learnVirtualNs() / 1e3,
                options.recheckVirtualNs() / 1e3,
                result.instructions(),
                result.virtualNs() / 1e3,
                kept.events(),
                kept.leftOut(),
                c.loads(),
                c.stores(),
                c.writes(),
                c.neighbourWrites(),
                c.suspicious(),
                c.denied(),
                result.isPaused(),
                c.steps(),
                c.addressSpaceLoads(),
                c.rechecks(),
                c.recheckGapMaxVirtualNs() / 1e3,
                c.invalidations(),
                c.guardedPages(),
                BLIND_SPOTS,
                isCompared ? added(result) : Map.of(),
                isCompared ? cost.percent() : null,
                isCompared ? new Ratio(cost.pairs(), cost.min(), cost.median(), cost.max()) : null);
    }

    private static Map<String, Long> added(GuardResult result) {
        Map<String, Long> added = new TreeMap<>();
        result.exitsByReason()
                .forEach((reason, count) -> {
                    long more = count - result.exitsByReasonWithoutGuard().getOrDefault(reason, 0L);
                    if (more > 0) {
                        added.put(reason, more);
                    }
                });
        return added;
    }
}
