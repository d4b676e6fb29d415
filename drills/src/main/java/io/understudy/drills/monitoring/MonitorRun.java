package io.understudy.drills.monitoring;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.monitor.ActivityInterval;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Watches a guest for a while, interval by interval. */
public final class MonitorRun implements AutoCloseable {
    /** How long a request to end may wait. */
    private static final long TURN_NS = 50_000_000;

    private final MonitorPlan plan;
    private final HostClock clock;
    private final BooleanSupplier isOver;
    private final WatchedMachine watched;
    private final @Nullable WatchedMachine keeping;
    private final List<MonitoredInterval> intervals = new ArrayList<>();

    private MonitorRun(MonitorPlan plan, HostClock clock, BooleanSupplier isOver)
            throws MachineSetupException {
        this.plan = plan;
        this.clock = clock;
        this.isOver = isOver;
        this.watched = new WatchedMachine(plan.machine(), plan.image(), plan.options(), clock);
        try {
            this.keeping =
                    plan.compares()
                            ? new WatchedMachine(
                                    plan.machine().withRunMode(RunMode.FREE),
                                    plan.image(),
                                    plan.options().withInvalidates(false),
                                    clock)
                            : null;
        } catch (MachineSetupException | RuntimeException e) {
            watched.close();
            throw e;
        }
    }

    /**
     * Runs the plan.
     *
     * @param isOver asked often; the run ends soon after it says so, with the intervals so far
     * @param observer hears of every interval when it has ended
     * @throws MachineSetupException if the machine cannot be built as planned
     */
    public static MonitorResult run(
            MonitorPlan plan,
            HostClock clock,
            BooleanSupplier isOver,
            Consumer<MonitoredInterval> observer)
            throws MachineSetupException {
        try (MonitorRun run = new MonitorRun(plan, clock, isOver)) {
            return run.toEnd(observer);
        }
    }

    private MonitorResult toEnd(Consumer<MonitoredInterval> observer) {
        long endNs = clock.nowNs() + plan.forHostNs();
        StopCause cause = StopCause.DEADLINE;
        while (cause == StopCause.DEADLINE && clock.nowNs() < endNs && !isOver.getAsBoolean()) {
            watched.restartClock();
            cause = runUntil(Math.min(endNs, clock.nowNs() + plan.intervalHostNs()));
            MonitoredInterval interval = endInterval();
            if (interval != null) {
                intervals.add(interval);
                observer.accept(interval);
            }
        }
        return new MonitorResult(intervals, cause, watched.exitStatus());
    }

    private StopCause runUntil(long deadlineNs) {
        StopCause cause = StopCause.DEADLINE;
        while (cause == StopCause.DEADLINE
                && clock.nowNs() < deadlineNs
                && !isOver.getAsBoolean()) {
            cause = watched.run(Long.MAX_VALUE, Math.min(deadlineNs, clock.nowNs() + TURN_NS));
        }
        return cause;
    }

    /** Null if the run ends before the second machine came as far. */
    private @Nullable MonitoredInterval endInterval() {
        ActivityInterval observed = watched.endInterval();
        WorkingSet set = new WorkingSet(observed, watched.used().count());
        WorkingSet kept = null;
        if (keeping != null) {
            while (keeping.instructions() < observed.endInstruction()) {
                StopCause cause = keeping.run(observed.endInstruction(), clock.nowNs() + TURN_NS);
                if (isOver.getAsBoolean() || isEnd(cause)) {
                    break;
                }
            }
            if (keeping.instructions() < observed.endInstruction()) {
                return null;
            }
            kept = new WorkingSet(keeping.endInterval(), keeping.used().countAfter(watched.used()));
            keeping.beginInterval();
        }
        watched.beginInterval();
        return new MonitoredInterval(set, kept);
    }

    private static boolean isEnd(StopCause cause) {
        return cause == StopCause.EXITED || cause == StopCause.DEAD;
    }

    @Override
    public void close() {
        watched.close();
        if (keeping != null) {
            keeping.close();
        }
    }
}
