package io.understudy.drills.guarding;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.guard.GuardCounts;
import io.understudy.hypervisor.guard.GuardListener;
import io.understudy.hypervisor.guard.GuardPolicy;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Runs a guarded guest; turn by turn beside it, what guarding costs is measured. */
public final class GuardRun implements AutoCloseable {
    /** Part of the run that a rehearsal may take. */
    private static final double REHEARSED_MAX = 0.3;

    /** Accesses after which all that a guard does is compiled. */
    private static final long REHEARSED_STEPS = 60_000;

    private static final long REHEARSAL_TURN = 1_000_000;

    /** Part of the run before times are used. */
    private static final double WARMED_UP = 0.375;

    /** So that what is told of the run does not disturb its measurement. */
    private static final long STATUS_INTERVAL_NS = 500_000_000;

    private final GuardPlan plan;
    private final HostClock clock;
    private final Turns turns;
    private final VirtualMachineConfig machine;
    private final VirtualMachine guarded;
    private final @Nullable CrossedPair pair;
    private final Consumer<String> status;
    private long toldNs;

    private GuardRun(
            GuardPlan plan,
            HostClock clock,
            Turns turns,
            GuardListener listener,
            Consumer<String> status)
            throws MachineSetupException {
        this.status = status;
        this.plan = plan;
        this.clock = clock;
        this.turns = turns;
        this.machine = plan.machine().withRunMode(RunMode.FREE);
        this.guarded = VirtualMachine.boot(machine, plan.image(), clock);
        try {
            guarded.guardTables(plan.options(), listener);
            this.pair =
                    plan.compares()
                            ? new CrossedPair(
                                    machine,
                                    plan.image(),
                                    clock,
                                    plan.options().withPolicy(GuardPolicy.REPORT),
                                    turns)
                            : null;
        } catch (MachineSetupException | RuntimeException e) {
            guarded.close();
            throw e;
        }
    }

    /**
     * Runs the plan.
     *
     * @param processorNs processor time of the calling thread so far
     * @param isOver asked often; the run ends soon after it says so
     * @param listener hears of every event at once
     * @param status hears now and then how far the run is
     * @throws MachineSetupException if a machine cannot be built as planned
     */
    public static GuardResult run(
            GuardPlan plan,
            HostClock clock,
            LongSupplier processorNs,
            BooleanSupplier isOver,
            GuardListener listener,
            Consumer<String> status)
            throws MachineSetupException {
        long beganNs = clock.nowNs();
        Turns turns = new Turns(clock, processorNs, isOver, beganNs + plan.forHostNs());
        try (GuardRun run = new GuardRun(plan, clock, turns, listener, status)) {
            return run.toEnd(beganNs);
        }
    }

    private GuardResult toEnd(long beganNs) throws MachineSetupException {
        VirtualMachineConfig rehearsal = plan.rehearsal();
        if (rehearsal != null) {
            status.accept("rehearsing the measurement; then the guest begins");
            rehearse(rehearsal, beganNs + (long) (plan.forHostNs() * REHEARSED_MAX));
        }
        long measureNs = beganNs + (long) (plan.forHostNs() * WARMED_UP);
        StopCause cause = StopCause.INSTRUCTIONS;
        while (cause == StopCause.INSTRUCTIONS && !guarded.isPausedByGuard() && !turns.isOver()) {
            cause = turns.run(guarded, guarded.instructions() + turns.instructions());
            tellIfDue(clock.nowNs());
            if (pair != null) {
                pair.next(clock.nowNs() >= measureNs);
            }
        }
        return new GuardResult(
                guarded.instructions(),
                guarded.virtualNs(),
                guarded.guardCounts().orElseThrow(),
                guarded.exitsByReason(),
                pair == null ? GuardCost.NONE : pair.cost(),
                cause,
                guarded.isPausedByGuard(),
                guarded.exitStatus());
    }

    private void tellIfDue(long nowNs) {
        if (nowNs - toldNs < STATUS_INTERVAL_NS) {
            return;
        }
        toldNs = nowNs;
        GuardCounts counts = guarded.guardCounts().orElseThrow();
        status.accept(
                String.format(
                        Locale.ROOT,
                        "%,d instructions | %,d writes into tables, %,d suspicious, %,d denied",
                        guarded.instructions(),
                        counts.writes(),
                        counts.suspicious(),
                        counts.denied()));
    }

    /** Nobody hears of what a rehearsal's guard sees. */
    private void rehearse(VirtualMachineConfig config, long endNs) throws MachineSetupException {
        try (VirtualMachine busy =
                VirtualMachine.boot(config.withRunMode(RunMode.FREE), plan.image(), clock)) {
            busy.guardTables(plan.options().withPolicy(GuardPolicy.REPORT), event -> {});
            StopCause cause = StopCause.INSTRUCTIONS;
            while (cause == StopCause.INSTRUCTIONS
                    && busy.guardCounts().orElseThrow().steps() < REHEARSED_STEPS
                    && clock.nowNs() < endNs
                    && !turns.isOver()) {
                cause = turns.run(busy, busy.instructions() + REHEARSAL_TURN);
            }
        }
    }

    @Override
    public void close() {
        guarded.close();
        if (pair != null) {
            pair.close();
        }
    }
}
