package io.understudy.drills.comparison;

import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachineSetupException;
import java.util.ArrayList;
import java.util.List;

/**
 * Runs one guest under the unprotected baseline and every dirty log, to the same instruction.
 *
 * <p>First each rehearses: a short run that warms the host's compiler up, looks at the content of
 * memory, and shows how fast this host is. From that follows how many epochs a run may have. Then
 * all run in turn, round after round, so that a slow minute of the host hits all of them; a ratio
 * is taken within a round.
 */
public final class DirtyLogComparison {
    /** Epochs at the start of a run that no figure covers: the guest populates its memory. */
    public static final int WARMUP_EPOCHS = 4;

    private static final int REHEARSAL_EPOCHS = 12;
    private static final int EPOCHS_MIN = WARMUP_EPOCHS + 10;
    private static final int EPOCHS_MAX = 1_000_000;
    private static final int ROUNDS_AIMED_AT = 3;
    private static final int ROUNDS_MAX = 5;

    /** Shorter runs are not divided into rounds. */
    private static final long ROUND_HOST_NS_MIN = 1_000_000_000L;

    /** What rehearsals and set-up may take beside the runs. */
    private static final long MARGIN_HOST_NS = 10_000_000_000L;

    private final DirtyLogPlan plan;
    private final HostClock clock;
    private final Progress progress;

    /** Hears how far the comparison is; called on the comparing thread. */
    public interface Progress {
        /**
         * @param round 0 for the rehearsal
         * @param done part of this run that is over, 0 to 1
         */
        void at(int round, DirtyLogMode mode, double done);
    }

    /**
     * @param plan the machine and the length of an epoch; how long to run is found out
     */
    public DirtyLogComparison(DirtyLogPlan plan, HostClock clock, Progress progress) {
        this.plan = plan;
        this.clock = clock;
        this.progress = progress;
    }

    /**
     * @param modes what to compare with the baseline
     * @param hostNsPerMode host time that all rounds of one dirty log may take together
     * @throws MachineSetupException if the machine cannot be built
     */
    public ComparisonResult run(List<DirtyLogMode> modes, long hostNsPerMode)
            throws MachineSetupException {
        long beganNs = clock.nowNs();
        List<ModeFigures> figures = new ArrayList<>();
        double slowestEpochNs = 0;
        List<DirtyLogMode> all = new ArrayList<>(List.of(DirtyLogMode.NONE));
        modes.stream().filter(m -> m != DirtyLogMode.NONE).forEach(all::add);
        for (DirtyLogMode mode : all) {
            DirtyLogResult rehearsal = run(0, mode, REHEARSAL_EPOCHS, true);
            figures.add(new ModeFigures(rehearsal, WARMUP_EPOCHS));
            slowestEpochNs = Math.max(slowestEpochNs, epochNs(rehearsal));
        }
        int epochs = epochs(hostNsPerMode, slowestEpochNs);
        long endNs = beganNs + all.size() * hostNsPerMode + MARGIN_HOST_NS;
        int rounds = 0;
        long longestNs = 0;
        do {
            long roundNs = clock.nowNs();
            rounds++;
            for (ModeFigures f : figures) {
                f.add(run(rounds, f.mode(), epochs, false));
            }
            longestNs = Math.max(longestNs, clock.nowNs() - roundNs);
        } while (rounds < ROUNDS_MAX && clock.nowNs() + longestNs * 5 / 4 < endNs);
        return new ComparisonResult(
                figures,
                plan.epochInstructions(),
                figures.getFirst().digest().instruction(),
                rounds,
                WARMUP_EPOCHS);
    }

    private static int epochs(long hostNsPerMode, double slowestEpochNs) {
        long roundNs = Math.max(hostNsPerMode / ROUNDS_AIMED_AT, ROUND_HOST_NS_MIN);
        double fitting = Math.min(roundNs, hostNsPerMode) / slowestEpochNs;
        return (int) Math.clamp(fitting, EPOCHS_MIN, EPOCHS_MAX);
    }

    /** What an epoch takes once warm; the median, for the host's compiler is at work meanwhile. */
    private static double epochNs(DirtyLogResult rehearsal) {
        long[] costs =
                rehearsal.epochs().stream()
                        .skip(Math.min(WARMUP_EPOCHS, rehearsal.epochs().size() - 1))
                        .mapToLong(e -> e.guestHostNs() + e.pauseHostNs())
                        .sorted()
                        .toArray();
        return Math.max(1, costs[costs.length / 2]);
    }

    private DirtyLogResult run(int round, DirtyLogMode mode, int epochs, boolean isJudged)
            throws MachineSetupException {
        DirtyLogPlan run =
                new DirtyLogPlan(
                        plan.machine().withDirtyLog(mode),
                        plan.image(),
                        plan.epochInstructions(),
                        plan.epochInstructions() * epochs,
                        isJudged);
        progress.at(round, mode, 0);
        return DirtyLogRun.run(
                run, clock, epoch -> progress.at(round, mode, (double) epoch.epoch() / epochs));
    }
}
