package io.understudy.cli.report;

import io.understudy.checkpoint.encoding.EncodeStatistics;
import io.understudy.checkpoint.latency.CountSummary;
import io.understudy.checkpoint.latency.LatencySummary;
import io.understudy.checkpoint.latency.Phase;
import io.understudy.cli.report.RunReport.DirtyPages;
import io.understudy.cli.report.RunReport.Latency;
import io.understudy.drills.comparison.ComparisonResult;
import io.understudy.drills.comparison.EpochCost;
import io.understudy.drills.comparison.HarvestContent;
import io.understudy.drills.comparison.ModeFigures;
import io.understudy.drills.cost.ChargedExperiment;
import io.understudy.hypervisor.DirtyLogMode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The JSON document of {@code report}. Keys are part of the contract with users.
 *
 * @param vcpus virtual CPUs of the guest: with one, there are no interrupts between processors and
 *     no contended locks in any figure
 * @param epochVirtualMs mean virtual time of an epoch
 * @param instructions where every run ended
 * @param rounds how often every dirty log ran; counts are those of one round
 * @param warmupEpochs epochs at the start of each round that no figure covers
 * @param stateDigestsAgree whether all runs were the same run
 * @param countsRepeat whether every round counted the same
 * @param findings what is wrong, in sentences; empty if nothing is
 * @param chargedExits null unless asked for
 * @param verdict who wins where and why, in sentences
 */
public record ComparisonReport(
        int schemaVersion,
        String guest,
        Map<String, String> guestParameters,
        long memoryBytes,
        int vcpus,
        long epochInstructions,
        double epochVirtualMs,
        long instructions,
        int rounds,
        int warmupEpochs,
        boolean stateDigestsAgree,
        boolean countsRepeat,
        List<String> findings,
        List<Run> runs,
        CostModelReport costModel,
        @Nullable Charged chargedExits,
        List<String> verdict) {
    private static final int SCHEMA_VERSION = 1;

    /** Least, middle and greatest of the rounds. */
    public record Spread(double min, double median, double max) {
        static Spread of(List<Double> values) {
            double[] sorted = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
            return new Spread(
                    rounded(sorted[0]),
                    rounded(sorted[sorted.length / 2]),
                    rounded(sorted[sorted.length - 1]));
        }
    }

    /**
     * Pages of the harvests of the rehearsal by what had happened to them.
     *
     * @param epochs of the rehearsal
     */
    public record Harvests(
            long epochs,
            long changed,
            long missed,
            long silentStores,
            long walkOnly,
            long superpage,
            long device) {}

    /**
     * One dirty log.
     *
     * @param epochs measured, of each round
     * @param guestInstructions of these epochs
     * @param slowdownHost host time of the guest by that of the unprotected one in the same round,
     *     pauses left out
     * @param slowdownWithPausesHost the same with the pauses
     * @param pagesTouched sum over the epochs of the distinct pages that the guest accessed
     * @param bytesRaw of the pages of the rehearsal's checkpoints
     * @param harvests of the rehearsal
     * @param events sum over the epochs of a round
     * @param exitsByReason of a whole round
     */
    public record Run(
            String guest,
            String dirtyLog,
            long epochs,
            long guestInstructions,
            double guestMips,
            Spread slowdownHost,
            Spread slowdownWithPausesHost,
            DirtyPages dirtyPages,
            Latency pauseHostUs,
            Map<String, Latency> pausePhasesHostUs,
            long bytesRaw,
            long bytesOnWire,
            Map<String, Long> pagesByEncoding,
            Harvests harvests,
            Map<String, Long> exitsByReason,
            Map<String, Long> events,
            long pagesTouched,
            RunDigest stateDigest) {}

    /** Digest of the machine at the end. */
    public record RunDigest(long instruction, String value) {}

    /**
     * The experiment in which costs take virtual time and so change what the guest does.
     *
     * @param rankingSurvives whether the dirty logs come in the order of the open-loop model
     */
    public record Charged(String prices, List<ChargedRun> runs, boolean rankingSurvives) {
        static Charged of(ChargedExperiment experiment) {
            return new Charged(
                    experiment.level().word(),
                    experiment.runs().stream()
                            .map(r ->
                                    new ChargedRun(
                                            r.mode().optionName(),
                                            rounded(r.virtualNs() / 1e6),
                                            r.slowdown(),
                                            r.openLoopSlowdown(),
                                            r.pagesHarvested()))
                            .toList(),
                    experiment.rankingSurvives());
        }
    }

    /** One dirty log of the experiment, by the unprotected guest to the same instruction. */
    public record ChargedRun(
            String dirtyLog,
            double virtualMs,
            double slowdownVirtual,
            double slowdownModel,
            long pagesHarvested) {}

    /** What is compared. */
    public record Subject(String guest, Map<String, String> guestParameters, long memoryBytes) {}

    /** Puts the document together. */
    public static ComparisonReport of(
            Subject subject,
            ComparisonResult result,
            CostComparison costs,
            @Nullable ChargedExperiment charged) {
        List<Run> runs = new ArrayList<>();
        for (ModeFigures figures : result.modes()) {
            runs.add(run(subject.guest(), figures, result.baseline()));
        }
        long epochs = result.baseline().rounds().getFirst().epochs().size();
        return new ComparisonReport(
                SCHEMA_VERSION,
                subject.guest(),
                subject.guestParameters(),
                subject.memoryBytes(),
                1,
                result.epochInstructions(),
                rounded(result.baseline().virtualNs() / 1e6 / epochs),
                result.instructions(),
                result.rounds(),
                result.warmupEpochs(),
                result.digestsAgree(),
                result.modes().stream().allMatch(ModeFigures::countsRepeat),
                findings(result),
                runs,
                CostModelReport.of(costs),
                charged == null ? null : Charged.of(charged),
                ComparisonVerdict.sentences(result, costs));
    }

    private static List<String> findings(ComparisonResult result) {
        List<String> findings = new ArrayList<>();
        for (DirtyLogMode mode : result.disagreements()) {
            findings.add(
                    "the guest under "
                            + mode.optionName()
                            + " ended in another state than unprotected: they were not the same"
                            + " run");
        }
        for (DirtyLogMode mode : result.lossy()) {
            findings.add(mode.optionName() + " missed a page that had changed");
        }
        for (ModeFigures figures : result.modes()) {
            if (!figures.countsRepeat()) {
                findings.add(
                        figures.mode().optionName()
                                + " did not count the same in every round: the counts are not"
                                + " exact");
            }
        }
        return findings;
    }

    private static Run run(String guest, ModeFigures figures, ModeFigures baseline) {
        Map<String, Latency> phases = new LinkedHashMap<>();
        for (Phase phase :
                List.of(Phase.QUIESCE, Phase.HARVEST, Phase.COPY, Phase.STATE, Phase.RESUME)) {
            phases.put(phase.name().toLowerCase(java.util.Locale.ROOT), latency(figures, phase));
        }
        CountSummary pages = figures.dirtyPages();
        double seconds = figures.guestHostNs().stream().mapToLong(Long::longValue).sum() / 1e9;
        double instructions = (double) figures.instructions() * figures.rounds().size();
        Wire wire = Wire.of(figures);
        return new Run(
                guest,
                figures.mode().optionName(),
                figures.epochs(),
                figures.instructions(),
                rounded(instructions / seconds / 1e6),
                slowdown(figures, baseline, false),
                slowdown(figures, baseline, true),
                new DirtyPages(pages.p50(), pages.p99(), pages.max()),
                latency(figures, Phase.PAUSE),
                phases,
                wire.bytesRaw,
                wire.bytesOnWire,
                wire.pagesByEncoding(),
                harvests(figures),
                figures.exitsByReason(),
                figures.events().byKey(),
                figures.pagesTouched(),
                new RunDigest(figures.digest().instruction(), figures.digest().value().toString()));
    }

    private static Spread slowdown(ModeFigures figures, ModeFigures baseline, boolean pauses) {
        List<Double> ratios = new ArrayList<>();
        for (int i = 0; i < figures.guestHostNs().size(); i++) {
            double ns = figures.guestHostNs().get(i);
            ns += pauses ? figures.pauseHostNs().get(i) : 0;
            ratios.add(ns / baseline.guestHostNs().get(i));
        }
        return Spread.of(ratios);
    }

    private static Latency latency(ModeFigures figures, Phase phase) {
        LatencySummary s = figures.latency(phase);
        if (s.maxNs() == 0) {
            return new Latency(0, 0, 0, 0, s.count());
        }
        return new Latency(
                rounded(s.p50Ns() / 1e3),
                rounded(s.p95Ns() / 1e3),
                rounded(s.p99Ns() / 1e3),
                rounded(s.maxNs() / 1e3),
                s.count());
    }

    private static Harvests harvests(ModeFigures figures) {
        long[] sums = new long[7];
        for (EpochCost epoch : figures.rehearsal().epochs()) {
            HarvestContent c = epoch.content();
            if (c != null) {
                long[] one = {
                    1,
                    c.changed(),
                    c.missed(),
                    c.silentStores(),
                    c.walkOnly(),
                    c.superpage(),
                    c.device()
                };
                Arrays.setAll(sums, i -> sums[i] + one[i]);
            }
        }
        return new Harvests(sums[0], sums[1], sums[2], sums[3], sums[4], sums[5], sums[6]);
    }

    /** What the checkpoints of the rehearsal would be on the wire. */
    private static final class Wire {
        private long bytesRaw;
        private long bytesOnWire;
        private final Map<String, Long> pages = new LinkedHashMap<>();

        static Wire of(ModeFigures figures) {
            Wire wire = new Wire();
            for (String encoding : List.of("zero", "same", "delta", "lz4", "raw")) {
                wire.pages.put(encoding, 0L);
            }
            for (EpochCost epoch : figures.rehearsal().epochs()) {
                EncodeStatistics s = epoch.encoding();
                if (s != null) {
                    wire.bytesRaw += s.bytesRaw();
                    wire.bytesOnWire += s.bytesOnWire();
                    wire.pages.merge("zero", s.zeroPages(), Long::sum);
                    wire.pages.merge("same", s.samePages(), Long::sum);
                    wire.pages.merge("delta", s.deltaPages(), Long::sum);
                    wire.pages.merge("lz4", s.lz4Pages(), Long::sum);
                    wire.pages.merge("raw", s.rawPages(), Long::sum);
                }
            }
            return wire;
        }

        Map<String, Long> pagesByEncoding() {
            return pages;
        }
    }

    static double rounded(double value) {
        return Math.round(value * 1000) / 1000.0;
    }
}
