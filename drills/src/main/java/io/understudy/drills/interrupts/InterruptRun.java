package io.understudy.drills.interrupts;

import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.interrupt.InterruptCounters;
import io.understudy.hypervisor.interrupt.InterruptMachine;
import io.understudy.hypervisor.interrupt.InterruptStage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * Runs a guest in one stage after the other, each for the same virtual time: the first one, after
 * warming up, as long as its share of the host time lasts, the others as far as the first one came.
 */
public final class InterruptRun {
    /**
     * Part of the host time that warms the program up: the first stage says how far all of them go,
     * and would go the less far for being first.
     */
    private static final int WARM_UP_PART = 6;

    /** However slow the host: shorter runs say nothing. */
    private static final long VIRTUAL_MIN_NS = 1_000_000;

    private final InterruptPlan plan;
    private final HostClock clock;
    private final BooleanSupplier isOver;

    private InterruptRun(InterruptPlan plan, HostClock clock, BooleanSupplier isOver) {
        this.plan = plan;
        this.clock = clock;
        this.isOver = isOver;
    }

    /**
     * Runs the plan.
     *
     * @param isOver asked often; the run ends soon after it says so
     * @param observer hears of every stage when it is through
     * @throws MachineSetupException if a machine cannot be built as planned
     */
    public static InterruptResult run(
            InterruptPlan plan,
            HostClock clock,
            BooleanSupplier isOver,
            Consumer<StageResult> observer)
            throws MachineSetupException {
        return new InterruptRun(plan, clock, isOver).run(observer);
    }

    private InterruptResult run(Consumer<StageResult> observer) throws MachineSetupException {
        List<StageResult> results = new ArrayList<>();
        long untilNs = plan.virtualNs();
        long endNs = clock.nowNs() + plan.forHostNs();
        if (untilNs == 0) {
            long warmNs = clock.nowNs() + plan.forHostNs() / WARM_UP_PART;
            StageResult warmUp = run(plan.stages().getFirst(), Long.MAX_VALUE, warmNs);
            if (isOver.getAsBoolean() || warmUp.guestFailed()) {
                observer.accept(warmUp);
                return new InterruptResult(List.of(warmUp), isOver.getAsBoolean());
            }
        }
        for (InterruptStage stage : plan.stages()) {
            long nowNs = clock.nowNs();
            long deadlineNs =
                    untilNs == 0
                            ? nowNs + Math.max(0, endNs - nowNs) / plan.stages().size()
                            : Long.MAX_VALUE;
            boolean isFirst = results.isEmpty();
            StageResult result = run(stage, untilNs == 0 ? Long.MAX_VALUE : untilNs, deadlineNs);
            if (isOver.getAsBoolean() && !isFirst && result.virtualNs() < untilNs) {
                return new InterruptResult(results, true);
            }
            results.add(result);
            observer.accept(result);
            if (result.guestFailed()) {
                return new InterruptResult(results, false);
            }
            untilNs = untilNs == 0 ? result.virtualNs() : untilNs;
        }
        return new InterruptResult(results, false);
    }

    private StageResult run(InterruptStage stage, long untilNs, long deadlineNs)
            throws MachineSetupException {
        try (InterruptMachine machine =
                InterruptMachine.boot(plan.machine(), stage, plan.image())) {
            long beganNs = clock.nowNs();
            machine.run(
                    untilNs,
                    () ->
                            isOver.getAsBoolean()
                                    || (clock.nowNs() >= deadlineNs
                                            && machine.virtualNs() >= VIRTUAL_MIN_NS));
            long hostNs = clock.nowNs() - beganNs;
            InterruptCounters c = machine.counters();
            return new StageResult(
                    stage,
                    c.total(),
                    c.byReason(),
                    c.byRegister(),
                    c.instructionEmulations(),
                    c.exitsWithoutDecode(),
                    c.notificationsSent(),
                    c.kicksSent(),
                    machine.instructions(),
                    machine.virtualNs(),
                    hostNs,
                    machine.report(),
                    machine.digest(),
                    machine.output(),
                    machine.hasEnded() ? machine.exitStatus() : "",
                    machine.hasFailed());
        }
    }
}
