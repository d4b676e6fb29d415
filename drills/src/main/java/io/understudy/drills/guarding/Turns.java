package io.understudy.drills.guarding;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.VirtualMachine;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/** Runs machines a turn at a time, until the run is over, and takes the processor time. */
final class Turns {
    /** What a turn of one machine should take, processor time. */
    private static final long TURN_NS = 4_000_000;

    /** How long a request to end may wait, host time. */
    private static final long PATIENCE_NS = 50_000_000;

    private static final long INSTRUCTIONS_FIRST = 1_000_000;
    private static final long INSTRUCTIONS_MIN = 10_000;

    private final HostClock clock;
    private final LongSupplier processorNs;
    private final BooleanSupplier isOver;
    private final long endNs;
    private long instructions = INSTRUCTIONS_FIRST;

    /**
     * @param processorNs processor time of the calling thread so far
     * @param isOver asked often; nothing goes on after it said so
     * @param endNs host time at which the run ends
     */
    Turns(HostClock clock, LongSupplier processorNs, BooleanSupplier isOver, long endNs) {
        this.clock = clock;
        this.processorNs = processorNs;
        this.isOver = isOver;
        this.endNs = endNs;
    }

    boolean isOver() {
        return clock.nowNs() >= endNs || isOver.getAsBoolean();
    }

    /** Instructions of a turn. */
    long instructions() {
        return instructions;
    }

    /**
     * Makes later turns as long as they should be; at most twice as long.
     *
     * @param turn instructions of a turn that took {@code tookNs}
     */
    void adapt(long turn, long tookNs) {
        double factor = Math.min(2.0, (double) TURN_NS / Math.max(1, tookNs));
        instructions = Math.max(INSTRUCTIONS_MIN, (long) (turn * factor));
    }

    /** Runs a machine; returns the processor time that it took. */
    long timed(VirtualMachine machine, long until) {
        long before = processorNs.getAsLong();
        run(machine, until);
        return processorNs.getAsLong() - before;
    }

    /** Runs a machine to an instruction. Output has no reader here and must not end a turn. */
    StopCause run(VirtualMachine machine, long until) {
        StopCause cause = StopCause.OUTPUT;
        while (cause == StopCause.OUTPUT || (cause == StopCause.DEADLINE && mayGoOn(machine))) {
            machine.output().release(machine.output().writtenOffset());
            cause = machine.run(until, Math.min(endNs, clock.nowNs() + PATIENCE_NS));
        }
        return cause;
    }

    private boolean mayGoOn(VirtualMachine machine) {
        return !machine.isPausedByGuard() && !isOver();
    }
}
