package io.understudy.hypervisor;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.checkpoint.output.ConsoleLog;
import io.understudy.hypervisor.device.DebugExit;
import io.understudy.hypervisor.device.LocalApic;
import io.understudy.hypervisor.exit.ExitHandler;
import io.understudy.hypervisor.exit.GuestEnd;
import io.understudy.hypervisor.paging.SwapFailure;
import io.understudy.hypervisor.tables.DescriptorGuard;
import io.understudy.hypervisor.vcpu.Vcpu;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Runs the vCPU from exit to exit until something asks it to stop.
 *
 * <p>Stops by instruction count and timer interrupts are deadlines of the processor's preemption
 * timer, so they come at an exact instruction, whatever exits lie in between. The host clock is
 * looked at between slices of instructions only; slices adapt to about half a millisecond and do
 * not show in the guest.
 */
final class RunLoop {
    /** What a slice should take. */
    private static final long SLICE_HOST_NS = 500_000;

    private static final long SLICE_INSTRUCTIONS_MIN = 1_000;
    private static final long SLICE_INSTRUCTIONS_MAX = 1_000_000;
    private static final long SLICE_INSTRUCTIONS_FIRST = 10_000;

    /** How long a guest whose page cannot be brought in waits before it tries again. */
    private static final long STALL_RETRY_NS = 100_000_000;

    private static final long NO_RETRY = Long.MIN_VALUE;

    /** A guest that exits all the time must not run past its deadline. */
    private static final int EXITS_PER_SLICE_MAX = 256;

    private final Vcpu vcpu;
    private final LocalApic apic;
    private final ExitHandler exits;
    private final DebugExit debugExit;
    private final ConsoleLog console;
    private final GuestEnd end;
    private final HostClock clock;
    private final Pacer pacer;
    private final ExitCharges charges;

    private @Nullable DescriptorGuard guard;
    private volatile boolean isInterrupted;
    private volatile @Nullable Thread runner;
    private long sliceInstructions = SLICE_INSTRUCTIONS_FIRST;
    private long sliceEndTsc;

    /** When a guest that stalled tries again, however many runs end until then. */
    private long retryNs = NO_RETRY;

    private long sliceStartNs;
    private int sliceExits;

    RunLoop(
            Vcpu vcpu,
            LocalApic apic,
            ExitHandler exits,
            DebugExit debugExit,
            ConsoleLog console,
            GuestEnd end,
            HostClock clock,
            Pacer pacer,
            ExitCharges charges) {
        this.vcpu = vcpu;
        this.apic = apic;
        this.exits = exits;
        this.debugExit = debugExit;
        this.console = console;
        this.end = end;
        this.clock = clock;
        this.pacer = pacer;
        this.charges = charges;
    }

    /** Ends the current or the next run soon. Thread-safe. */
    void interrupt() {
        isInterrupted = true;
        LockSupport.unpark(runner);
    }

    /** Who looks for the descriptor tables from time to time; null for nobody. */
    void setGuard(@Nullable DescriptorGuard value) {
        guard = value;
    }

    /** The machine's state was replaced. */
    void restored() {
        end.reset();
        retryNs = NO_RETRY;
        pacer.reset();
    }

    StopCause run(long untilInstruction, long deadlineHostNs) {
        runner = Thread.currentThread();
        try {
            sliceStartNs = clock.nowNs();
            sliceExits = EXITS_PER_SLICE_MAX;
            pacer.observe(vcpu.processor().rdtsc(), sliceStartNs);
            StopCause cause = null;
            while (cause == null) {
                cause = step(untilInstruction, deadlineHostNs);
            }
            // The same state, whether this stop was asked for or only passed by.
            apic.advanceTo(vcpu.time().tsc());
            return cause;
        } finally {
            runner = null;
        }
    }

    /** One VM entry and its exit, or one stretch of idle time. Null to go on. */
    private @Nullable StopCause step(long untilInstruction, long deadlineHostNs) {
        StopCause cause = ended();
        if (cause != null) {
            return cause;
        }
        if (end.kind() == GuestEnd.Kind.STALLED) {
            return awaitRetry(deadlineHostNs);
        }
        long instructions = vcpu.time().instructions();
        if (instructions >= untilInstruction) {
            return StopCause.INSTRUCTIONS;
        }
        if (isSliceOver()) {
            cause = betweenSlices(deadlineHostNs);
            if (cause != null) {
                return cause;
            }
        }
        apic.advanceTo(vcpu.time().tsc());
        if (vcpu.isHalted() && !wakes()) {
            return idle(deadlineHostNs);
        }
        DescriptorGuard g = guard;
        if (g != null) {
            g.checkIfDue(apic.pendingVector() != LocalApic.NO_VECTOR && vcpu.canTakeInterrupt());
            if (end.kind() == GuestEnd.Kind.PAUSED) {
                return StopCause.DEADLINE;
            }
        }
        vcpu.deliverInterrupts(apic);
        long dueTsc = Math.min(apic.nextDeadline(), g == null ? Long.MAX_VALUE : g.dueTsc());
        long stopTsc =
                Math.min(
                        vcpu.time().processorTscAfter(untilInstruction - instructions),
                        Math.min(sliceEndTsc, vcpu.time().processorTscAt(dueTsc)));
        sliceExits++;
        int reason = vcpu.enter(stopTsc);
        handle(reason);
        vcpu.time().charge(charges.of(reason));
        return null;
    }

    /**
     * A device that needs a page which cannot be brought in has done nothing else yet: the
     * instruction that set it off is executed again when the guest goes on.
     */
    private void handle(int reason) {
        try {
            exits.handle(reason);
        } catch (SwapFailure e) {
            end.stall(); // the pager says why
        }
    }

    private @Nullable StopCause ended() {
        if (debugExit.hasExited()) {
            end.exited(debugExit.value());
        } else if (vcpu.isShutDown()) {
            end.dead("the guest stopped with a triple fault");
        }
        return switch (end.kind()) {
            case RUNNING, STALLED -> null;
            case PAUSED -> StopCause.DEADLINE;
            case EXITED -> StopCause.EXITED;
            case DEAD -> StopCause.DEAD;
        };
    }

    /** The guest waits for a page; after a while its access is tried again. */
    private @Nullable StopCause awaitRetry(long deadlineHostNs) {
        if (retryNs == NO_RETRY) {
            retryNs = clock.nowNs() + STALL_RETRY_NS;
        }
        while (clock.nowNs() < Math.min(retryNs, deadlineHostNs)) {
            if (isInterrupted) {
                isInterrupted = false;
                return StopCause.DEADLINE;
            }
            clock.parkUntil(Math.min(retryNs, deadlineHostNs));
        }
        if (clock.nowNs() < retryNs) {
            return StopCause.DEADLINE;
        }
        retryNs = NO_RETRY;
        end.retry();
        return null;
    }

    private boolean isSliceOver() {
        return sliceExits >= EXITS_PER_SLICE_MAX || vcpu.processor().rdtsc() >= sliceEndTsc;
    }

    /** Looks at the host's clock, waits if virtual time is ahead of it, starts the next slice. */
    private @Nullable StopCause betweenSlices(long deadlineHostNs) {
        if (console.isAboveWatermark()) {
            return StopCause.OUTPUT;
        }
        long nowNs = clock.nowNs();
        adaptSlice(nowNs - sliceStartNs);
        StopCause cause = waitFor(vcpu.processor().rdtsc(), deadlineHostNs);
        startSlice(clock.nowNs());
        return cause;
    }

    private void startSlice(long nowNs) {
        pacer.observe(vcpu.processor().rdtsc(), nowNs);
        sliceStartNs = nowNs;
        sliceExits = 0;
        sliceEndTsc = vcpu.time().processorTscAfter(sliceInstructions);
    }

    private void adaptSlice(long tookNs) {
        if (tookNs > 2 * SLICE_HOST_NS) {
            sliceInstructions = Math.max(SLICE_INSTRUCTIONS_MIN, sliceInstructions / 2);
        } else if (tookNs < SLICE_HOST_NS / 2 && sliceExits < EXITS_PER_SLICE_MAX) {
            sliceInstructions = Math.min(SLICE_INSTRUCTIONS_MAX, sliceInstructions * 2);
        }
    }

    /** Whether the halted vCPU has an interrupt to wake it, and if so, wakes it. */
    private boolean wakes() {
        if (apic.pendingVector() == LocalApic.NO_VECTOR || !vcpu.areInterruptsEnabled()) {
            return false;
        }
        vcpu.wake();
        return true;
    }

    /** Lets idle time pass until the next timer interrupt, as far as the host deadline allows. */
    private @Nullable StopCause idle(long deadlineHostNs) {
        if (!vcpu.areInterruptsEnabled()) {
            end.dead("the guest halted with interrupts off and can never wake");
            return StopCause.DEAD;
        }
        if (!apic.hasArmedTimer()) {
            end.dead("the guest halted and waits for an interrupt that nothing will send");
            return StopCause.DEAD;
        }
        long wakeTsc = apic.nextDeadline();
        StopCause cause = waitFor(vcpu.time().processorTscAt(wakeTsc), deadlineHostNs);
        if (cause == null) {
            DescriptorGuard g = guard;
            if (g != null) {
                g.beforeIdle();
            }
            vcpu.time().idleUntil(wakeTsc);
            if (g != null) {
                g.afterIdle();
            }
        }
        return cause;
    }

    /** Waits until virtual time may be {@code virtualNs}, or returns why that was not awaited. */
    private @Nullable StopCause waitFor(long virtualNs, long deadlineHostNs) {
        while (true) {
            if (isInterrupted) {
                isInterrupted = false;
                return StopCause.DEADLINE;
            }
            long nowNs = clock.nowNs();
            if (nowNs >= deadlineHostNs) {
                return StopCause.DEADLINE;
            }
            long dueNs = pacer.hostNsOf(virtualNs);
            if (nowNs >= dueNs) {
                return null;
            }
            clock.parkUntil(Math.min(dueNs, deadlineHostNs));
        }
    }
}
