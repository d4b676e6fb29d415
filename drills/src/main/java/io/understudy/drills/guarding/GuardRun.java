package io.understudy.drills.guarding;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.guard.GuardListener;
import io.understudy.hypervisor.guard.GuardPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** Runs a guarded guest, turn by turn beside the same guest without a guard. */
public final class GuardRun implements AutoCloseable {
    /** What a turn of one machine should take, processor time. */
    private static final long TURN_NS = 40_000_000;

    /** How long a request to end may wait, host time. */
    private static final long PATIENCE_NS = 50_000_000;

    private static final long TURN_INSTRUCTIONS_FIRST = 1_000_000;
    private static final long TURN_INSTRUCTIONS_MIN = 10_000;

    /** Part of the run that is a rehearsal. */
    private static final double REHEARSED = 0.25;

    /** Part of the run before times are used. */
    private static final double WARMED_UP = 0.375;

    private final GuardPlan plan;
    private final HostClock clock;
    private final LongSupplier processorNs;
    private final BooleanSupplier isOver;
    private final VirtualMachine guarded;
    private final @Nullable VirtualMachine bare;
    private final List<Double> ratios = new ArrayList<>();

    private GuardRun(
            GuardPlan plan,
            HostClock clock,
            LongSupplier processorNs,
            BooleanSupplier isOver,
            GuardListener listener)
            throws MachineSetupException {
        this.plan = plan;
        this.clock = clock;
        this.processorNs = processorNs;
        this.isOver = isOver;
        VirtualMachineConfig machine = plan.machine().withRunMode(RunMode.FREE);
        this.guarded = VirtualMachine.boot(machine, plan.image(), clock);
        try {
            guarded.guardTables(plan.options(), listener);
            this.bare = plan.compares() ? VirtualMachine.boot(machine, plan.image(), clock) : null;
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
     * @throws MachineSetupException if a machine cannot be built as planned
     */
    public static GuardResult run(
            GuardPlan plan,
            HostClock clock,
            LongSupplier processorNs,
            BooleanSupplier isOver,
            GuardListener listener)
            throws MachineSetupException {
        try (GuardRun run = new GuardRun(plan, clock, processorNs, isOver, listener)) {
            return run.toEnd();
        }
    }

    private GuardResult toEnd() throws MachineSetupException {
        long beganNs = clock.nowNs();
        long endNs = beganNs + plan.forHostNs();
        long measureNs = beganNs + (long) (plan.forHostNs() * WARMED_UP);
        VirtualMachineConfig rehearsal = plan.rehearsal();
        if (rehearsal != null) {
            rehearse(rehearsal, beganNs + (long) (plan.forHostNs() * REHEARSED));
        }
        long turn = TURN_INSTRUCTIONS_FIRST;
        StopCause cause = StopCause.INSTRUCTIONS;
        for (long pair = 0; goesOn(cause, endNs); pair++) {
            long until = guarded.instructions() + turn;
            long turnBeganNs = clock.nowNs();
            boolean isGuardedFirst = pair % 2 == 0;
            long bareTime = isGuardedFirst ? 0 : follow(until, endNs);
            long before = processorNs.getAsLong();
            cause = run(guarded, until, endNs);
            long guardedTime = processorNs.getAsLong() - before;
            bareTime += isGuardedFirst ? follow(until, endNs) : 0;
            boolean isWhole = cause == StopCause.INSTRUCTIONS && isAt(until);
            if (isWhole && bareTime > 0 && turnBeganNs >= measureNs) {
                ratios.add((double) guardedTime / bareTime);
            }
            turn = Math.max(TURN_INSTRUCTIONS_MIN, scaled(turn, guardedTime + bareTime));
        }
        return result(cause);
    }

    /** Nobody hears of what a rehearsal's guard sees. */
    private void rehearse(VirtualMachineConfig config, long endNs) throws MachineSetupException {
        try (VirtualMachine machine =
                VirtualMachine.boot(config.withRunMode(RunMode.FREE), plan.image(), clock)) {
            machine.guardTables(plan.options().withPolicy(GuardPolicy.REPORT), event -> {});
            run(machine, Long.MAX_VALUE, endNs);
        }
    }

    private boolean goesOn(StopCause cause, long endNs) {
        return cause == StopCause.INSTRUCTIONS
                && !guarded.isPausedByGuard()
                && clock.nowNs() < endNs
                && !isOver.getAsBoolean();
    }

    private boolean isAt(long instruction) {
        return bare != null && bare.instructions() == instruction;
    }

    /** The next turn's instructions; at most twice as many. */
    private long scaled(long turn, long tookNs) {
        int machines = bare == null ? 1 : 2;
        return (long) (turn * Math.min(2.0, (double) machines * TURN_NS / Math.max(1, tookNs)));
    }

    /** Lets the machine without a guard do the same; returns the processor time that it took. */
    private long follow(long until, long endNs) {
        VirtualMachine machine = bare;
        if (machine == null) {
            return 0;
        }
        long before = processorNs.getAsLong();
        run(machine, until, endNs);
        return processorNs.getAsLong() - before;
    }

    /** Output has no reader here and must not end a turn. */
    private StopCause run(VirtualMachine machine, long until, long endNs) {
        StopCause cause = StopCause.OUTPUT;
        while (cause == StopCause.OUTPUT
                || (cause == StopCause.DEADLINE && mayGoOn(machine, endNs))) {
            machine.output().release(machine.output().writtenOffset());
            cause = machine.run(until, Math.min(endNs, clock.nowNs() + PATIENCE_NS));
        }
        return cause;
    }

    private boolean mayGoOn(VirtualMachine machine, long endNs) {
        return !machine.isPausedByGuard() && clock.nowNs() < endNs && !isOver.getAsBoolean();
    }

    private GuardResult result(StopCause cause) {
        return new GuardResult(
                guarded.instructions(),
                guarded.virtualNs(),
                guarded.guardCounts().orElseThrow(),
                guarded.exitsByReason(),
                bare == null ? Map.of() : bare.exitsByReason(),
                PairedCost.of(ratios.stream().mapToDouble(Double::doubleValue).toArray()),
                cause,
                guarded.isPausedByGuard(),
                guarded.exitStatus());
    }

    @Override
    public void close() {
        guarded.close();
        if (bare != null) {
            bare.close();
        }
    }
}
