package io.understudy.cli.guarding;

import io.understudy.drills.guarding.GuardCost;
import io.understudy.drills.guarding.GuardResult;
import io.understudy.drills.guarding.PairedRatio;
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
 * @param addedExitsByReason exits that the guest had where it was guarded, and not where it was not
 * @param comparedInstructions of the stretches that {@code addedExitsByReason} is about
 * @param costHostPercent processor time that the guard added; null if nothing was compared
 * @param costHostRatio guarded over unguarded
 * @param controlHostRatio the same with a guard on neither machine
 * @param hostLoadAverage processes that wanted to run on this host in the last minute; negative if
 *     the system does not tell
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
        long comparedInstructions,
        @Nullable Double costHostPercent,
        @Nullable Ratio costHostRatio,
        @Nullable Ratio controlHostRatio,
        double hostLoadAverage) {
    private static final int SCHEMA_VERSION = 1;

    private static final List<String> BLIND_SPOTS =
            List.of(
                    "a table's page that is mapped elsewhere and back between two walks: the"
                            + " guest's page tables are walked, not watched");

    /** Ratios of processor time; low and high are the ends of the median's 95 % interval. */
    public record Ratio(int pairs, double min, double low, double median, double high, double max) {
        static @Nullable Ratio of(PairedRatio r) {
            return r.pairs() == 0
                    ? null
                    : new Ratio(r.pairs(), r.min(), r.low(), r.median(), r.high(), r.max());
        }
    }

    public GuardReport {
        events = List.copyOf(events);
        blindSpots = List.copyOf(blindSpots);
        addedExitsByReason = new TreeMap<>(addedExitsByReason);
    }

    /** Puts the document together. */
    public static GuardReport of(
            String guest,
            GuardOptions options,
            GuardResult result,
            EventKeeper kept,
            double hostLoadAverage) {
        GuardCounts c = result.counts();
        GuardCost cost = result.cost();
        Ratio ratio = Ratio.of(cost.ratio());
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
                cost.addedExitsByReason(),
                cost.instructions(),
                ratio == null ? null : PairedRatio.percent(ratio.median()),
                ratio,
                Ratio.of(cost.control()),
                hostLoadAverage);
    }
}
