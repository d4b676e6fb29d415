package io.understudy.vmx.event;

import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.VirtualClock;
import io.understudy.vmx.VmcsField;
import io.understudy.vmx.apic.LocalApic;
import io.understudy.vmx.cpu.BoundaryHook;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.GuestFault;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.VmExitSignal;
import io.understudy.vmx.operation.TrapLikeExits;
import io.understudy.vmx.operation.VmExits;
import io.understudy.vmx.operation.Vmcs;
import io.understudy.vmx.operation.VmxOperation;
import org.jspecify.annotations.Nullable;

/**
 * Instruction boundaries: accounts virtual time, takes what is pending in the order of SDM volume
 * 3, "Prioritization of Concurrent Events", and grants the instructions until the next deadline.
 */
public final class Boundary implements BoundaryHook, TrapLikeExits {
    /**
     * Bounds how long an interrupt from another thread waits: well below a millisecond. A prime, so
     * that the ends of slices, by which the executor finds hot blocks, fall everywhere in a loop.
     */
    private static final long SLICE_INSTRUCTIONS = 49_999;

    /** Exceptions in a row, without an instruction that completes, that take no time. */
    private static final int TIMELESS_FAULTS_MAX = 10_000;

    private final SliceEnd sliceEnd = new SliceEnd();
    private final VirtualClock clock;
    private final LocalApic apic;
    private final VmxOperation vmx;
    private final VmExits exits;
    private final Events events;
    private final ExternalEvents external;

    /** Virtual time at which the VMX-preemption timer reaches zero, in non-root operation. */
    private long preemptionEndNs = LocalApic.NEVER;

    /** When that causes an exit: never while waiting for a start-up IPI. */
    private long preemptionDeadlineNs = LocalApic.NEVER;

    /** Virtual time at which the scheduler takes the processor away. */
    private boolean yieldsAtPause;

    private boolean yielding;
    private long sliceEndNs = LocalApic.NEVER;

    /** Instructions until a slice ends for its length alone, whatever boundaries come before. */
    private long sliceLeft = SLICE_INSTRUCTIONS;

    /** Instructions retired since the last boundary that looked at them. */
    private long retiredSinceBoundary;

    /** RFLAGS.RF was set when the instruction now completed began, and goes with it. */
    private boolean resumeFlagged;

    /** A trap-like VM exit that the instruction now completing caused. */
    private @Nullable ExitReason pendingExit;

    private long pendingExitQualification;

    /** STI or MOV SS blocking that the next instruction still runs under. */
    private boolean shadowFresh;

    /** The coming slice is the one instruction that blocking by STI or MOV SS covers. */
    private boolean shadowSlice;

    /** RFLAGS.TF was set when the instruction now completed began. */
    private boolean singleStepping;

    /** The instruction now completed is a taken branch; known while {@link Cpu#stepsBranches}. */
    private boolean branched;

    private boolean monitorTrapPending;

    private boolean stepsAlways;

    /** A VM exit goes on at the host RIP, instead of ending the run. */
    private boolean hostIsCode;

    /** Exceptions since an instruction last retired: virtual time has not moved since then. */
    private long faultsWithoutProgress;

    /** Instructions that had retired at the last exception. */
    private long retiredAtFault = -1;

    /** An event was delivered since the last boundary, which MTF counts like an instruction. */
    private boolean deliveredSinceBoundary;

    public Boundary(
            VirtualClock clock, LocalApic apic, VmxOperation vmx, VmExits exits, Events events) {
        this.clock = clock;
        this.apic = apic;
        this.vmx = vmx;
        this.exits = exits;
        this.events = events;
        this.external = new ExternalEvents(apic, vmx, exits, events);
    }

    /**
     * First boundary of non-root operation: starts the preemption timer and injects the event of VM
     * entry. The first instruction is preceded by {@link #atBoundary}.
     */
    public void enterGuest(Cpu cpu) {
        account(cpu);
        cpu.grant(0);
        Vmcs v = vmx.vmcs();
        SystemState s = cpu.system;
        shadowFresh =
                (s.interruptibility
                                & (SystemState.BLOCKING_BY_STI | SystemState.BLOCKING_BY_MOV_SS))
                        != 0;
        singleStepping = false;
        monitorTrapPending = false;
        deliveredSinceBoundary = false;
        retiredSinceBoundary = 0;
        resumeFlagged = false;
        pendingExit = null;
        preemptionEndNs =
                vmx.pin(PIN_PREEMPTION_TIMER)
                        ? clock.nowNs() + v.get(VmcsField.GUEST_PREEMPTION_TIMER_VALUE)
                        : LocalApic.NEVER;
        boolean waits = s.activity == SystemState.WAIT_FOR_SIPI;
        preemptionDeadlineNs = waits ? LocalApic.NEVER : preemptionEndNs;
        boolean belowThreshold =
                vmx.virtualApic().isBelowThresholdAtEntry()
                        && !waits
                        && s.activity != SystemState.SHUTDOWN;
        int information = v.get32(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION);
        if (s.pendingDebug != 0) {
            PendingDebug.admit(s, information);
        }
        if (information < 0) {
            inject(cpu, v, information);
        }
        if (belowThreshold) {
            pendingExit = ExitReason.TPR_BELOW_THRESHOLD;
            pendingExitQualification = 0;
        }
    }

    private void inject(Cpu cpu, Vmcs v, int information) {
        int type = (information >>> 8) & 7;
        if (type == DeliveredEvent.OTHER) {
            monitorTrapPending = true;
            return;
        }
        // Time is accounted: descriptors and stacks may be where devices are.
        boolean wasExact = cpu.exact;
        cpu.exact = true;
        try {
            events.inject(
                    cpu,
                    type,
                    information & 0xff,
                    (information & DeliveredEvent.INFO_ERROR_CODE) != 0,
                    v.get32(VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE),
                    v.get32(VmcsField.VM_ENTRY_INSTRUCTION_LENGTH));
        } finally {
            cpu.exact = wasExact;
        }
        shadowFresh = false;
        deliveredSinceBoundary = true;
    }

    /** After a VM exit: accounts time and stores the preemption timer if the controls ask. */
    public void leaveGuest(Cpu cpu) {
        account(cpu);
        Vmcs v = vmx.vmcs();
        int exitControls = v.get32(VmcsField.PRIMARY_VM_EXIT_CONTROLS);
        if ((exitControls & EXIT_SAVE_PREEMPTION_TIMER) != 0) {
            long left = Math.max(0, preemptionEndNs - clock.nowNs());
            v.set(VmcsField.GUEST_PREEMPTION_TIMER_VALUE, left & 0xffff_ffffL);
        }
        preemptionDeadlineNs = LocalApic.NEVER;
        exits.setNmiUnblocking(false);
        retiredSinceBoundary = 0;
        singleStepping = false;
        resumeFlagged = false;
        shadowFresh = false;
        shadowSlice = false;
        pendingExit = null;
        monitorTrapPending = false;
        deliveredSinceBoundary = false;
    }

    /** VM exits go on in a host that is code, from now on. */
    public void hostIsCode() {
        hostIsCode = true;
    }

    @Override
    public boolean goesOnInHost(Cpu cpu, VmExitSignal exit) {
        if (!hostIsCode) {
            return false;
        }
        if (!vmx.isNonRoot()) {
            throw new IllegalStateException("VM exit %d in root operation".formatted(exit.reason));
        }
        leaveGuest(cpu);
        vmx.exitToCode();
        if (apic.isInterruptedWhateverFlags()) {
            cpu.requestBoundary();
        }
        // Else nothing can be pending: RFLAGS is clear. The slice of the guest ends early enough.
        return true;
    }

    /**
     * Ends non-root operation at the instruction that executes, a block of its own, which returns
     * then and has not failed if the host is code and runs next.
     */
    public void leave(Cpu cpu, VmExitSignal exit) {
        if (goesOnInHost(cpu, exit)) {
            // The executor takes the instruction off, which did not complete.
            cpu.budget++;
        } else {
            cpu.fail(exit);
        }
    }

    /** From now on every instruction has a boundary of its own. */
    public void stepAlways() {
        stepsAlways = true;
    }

    /** The scheduler takes the processor away at {@code ns}, by {@link SliceEnd}. */
    public void runUntil(long ns) {
        sliceEndNs = ns;
    }

    /** PAUSE gives up the rest of the slice from now on: somebody else waits for a turn. */
    public void yieldAtPause() {
        yieldsAtPause = true;
    }

    /** After a PAUSE: a processor that spins lets the others run, and time passes. */
    public void pause(Cpu cpu) {
        if (yieldsAtPause) {
            yielding = true;
            cpu.requestBoundary();
        }
    }

    /** Brings the clock up to the present instruction. */
    public void settle(Cpu cpu) {
        retiredSinceBoundary += account(cpu);
    }

    /**
     * Lets time pass for the instructions that retired since it was last asked, and counts them.
     */
    private long account(Cpu cpu) {
        long retired = cpu.takeRetired();
        sliceLeft -= retired;
        clock.retire(retired);
        return retired;
    }

    @Override
    public void exitAfterInstruction(Cpu cpu, ExitReason reason, long qualification) {
        pendingExit = reason;
        pendingExitQualification = qualification;
        cpu.requestBoundary();
    }

    /** STI or MOV SS began to block: what it blocks waits for one more instruction. */
    public void startShadow(Cpu cpu, int blocking) {
        cpu.system.interruptibility |= blocking;
        shadowFresh = true;
        cpu.requestBoundary();
    }

    @Override
    public @Nullable VmExitSignal atBoundary(Cpu cpu) {
        settle(cpu);
        if (yielding) {
            yielding = false;
            clock.skipTo(sliceEndNs);
        }
        if (clock.nowNs() >= sliceEndNs) {
            throw sliceEnd;
        }
        boolean advanced = retiredSinceBoundary > 0;
        boolean stepped = advanced && singleStepping && (branched || !cpu.stepsBranches);
        boolean trapped = advanced || deliveredSinceBoundary;
        retiredSinceBoundary = 0;
        deliveredSinceBoundary = false;
        if (advanced && resumeFlagged) {
            cpu.systemFlags &= ~ControlBits.FLAG_RF;
        }
        singleStepping = false;
        resumeFlagged = false;
        if (trapped && vmx.isNonRoot() && vmx.primary(PRIMARY_MONITOR_TRAP_FLAG)) {
            monitorTrapPending = true;
        }
        SystemState s = cpu.system;
        if (stepped) {
            s.pendingDebug |= SystemState.PENDING_BS;
        }
        if (advanced) {
            lapseShadow(s);
        } else if (shadowFresh) {
            shadowFresh = false;
            shadowSlice = true;
        }
        while (takePending(cpu)) {
            VmExitSignal exit = external.takeExit();
            if (exit != null) {
                return exit;
            }
            // Delivery may have made something else deliverable, or exitable.
            monitorTrapPending |= vmx.isNonRoot() && vmx.primary(PRIMARY_MONITOR_TRAP_FLAG);
            if (clock.nowNs() >= sliceEndNs) {
                throw sliceEnd;
            }
        }
        singleStepping = (cpu.systemFlags & ControlBits.FLAG_TF) != 0;
        cpu.stepsBranches = singleStepping && (s.debugctl & SystemState.DEBUGCTL_BTF) != 0;
        branched = false;
        resumeFlagged = (cpu.systemFlags & ControlBits.FLAG_RF) != 0;
        cpu.grant(nextSlice(cpu));
        return null;
    }

    @Override
    public void onFault(Cpu cpu, GuestFault fault) {
        settle(cpu);
        checkProgress(cpu);
        events.fault(cpu, fault);
        exits.setNmiUnblocking(false);
        afterDelivery(cpu);
        if (vmx.isNonRoot() && vmx.primary(PRIMARY_MONITOR_TRAP_FLAG)) {
            deliveredSinceBoundary = true;
            cpu.requestBoundary();
        }
    }

    @Override
    public void beforeStep(boolean branches) {
        branched = branches;
    }

    /** SYSCALL and SYSRET trap if RFLAGS.TF is set behind them, whatever it was before. */
    public void stepByPresentFlag(Cpu cpu) {
        singleStepping = (cpu.systemFlags & ControlBits.FLAG_TF) != 0;
        branched = true;
        cpu.requestBoundary();
    }

    /** An event was delivered, perhaps by an instruction itself (INT n): none of it is stepped. */
    public void afterDelivery(Cpu cpu) {
        singleStepping = false;
        resumeFlagged = false;
        shadowFresh = false;
        if (cpu.breakpoints.areActive()) {
            cpu.requestBoundary();
        }
    }

    /**
     * Code whose handler faults at its first instruction, or has a breakpoint there, on a stack of
     * its own or one that wraps around, never retires another instruction. The instruction timeout
     * ends that. Its unit here is not the crystal clock, which does not exist, but exceptions in a
     * row. Without it time must pass for them at last, or no deadline would ever come.
     */
    private void checkProgress(Cpu cpu) {
        faultsWithoutProgress = clock.retired() == retiredAtFault ? faultsWithoutProgress + 1 : 1;
        retiredAtFault = clock.retired();
        if (vmx.isNonRoot()
                && vmx.secondary(SECONDARY_INSTRUCTION_TIMEOUT)
                && faultsWithoutProgress
                        > Integer.toUnsignedLong(vmx.vmcs().get32(VmcsField.INSTRUCTION_TIMEOUT))) {
            faultsWithoutProgress = 0;
            throw exits.event(ExitReason.INSTRUCTION_TIMEOUT, 0);
        }
        if (faultsWithoutProgress > TIMELESS_FAULTS_MAX) {
            clock.skipTo(clock.nowNs() + clock.nsPerInstruction());
            cpu.requestBoundary();
        }
    }

    /** Takes the most urgent pending event; returns whether there was one. */
    private boolean takePending(Cpu cpu) {
        SystemState s = cpu.system;
        while (true) {
            apic.collect(clock.nowNs());
            if (takeTrapLikeExit() || external.takeInit(cpu)) {
                return true;
            }
            if (monitorTrapPending) {
                return external.exitBy(ExitReason.MONITOR_TRAP_FLAG, 0);
            }
            boolean movSs = (s.interruptibility & SystemState.BLOCKING_BY_MOV_SS) != 0;
            if (s.pendingDebug != 0 && !movSs && !isCaughtAtDeadline()) {
                checkProgress(cpu);
                long conditions = s.pendingDebug & ~SystemState.PENDING_ENABLED_BREAKPOINT;
                s.pendingDebug = 0;
                events.debugTrap(cpu, conditions);
                shadowSlice = false;
                return true;
            }
            if (external.takeStartUp(cpu)) {
                return true;
            }
            if (preemptionDeadlineNs <= clock.nowNs()) {
                return external.exitBy(ExitReason.PREEMPTION_TIMER, 0);
            }
            if (external.takeNmi(cpu, movSs) || external.takeInterrupt(cpu)) {
                shadowSlice = false;
                return true;
            }
            if (s.activity == SystemState.ACTIVE) {
                return takeInstructionBreakpoint(cpu);
            }
            idle();
        }
    }

    /**
     * A #DB whose frame lies at a breakpoint is pending again once it is delivered, and comes
     * before the preemption timer. No processor gets out of that; here the timer does, when it is
     * due.
     */
    private boolean isCaughtAtDeadline() {
        return faultsWithoutProgress > TIMELESS_FAULTS_MAX
                && clock.retired() == retiredAtFault
                && preemptionDeadlineNs <= clock.nowNs();
    }

    private boolean takeTrapLikeExit() {
        ExitReason reason = pendingExit;
        if (reason == null) {
            return false;
        }
        pendingExit = null;
        return external.exitBy(reason, pendingExitQualification);
    }

    /** The last thing before an instruction: its own breakpoint, unless RF says it was taken. */
    private boolean takeInstructionBreakpoint(Cpu cpu) {
        if (!cpu.breakpoints.areActive() || (cpu.systemFlags & ControlBits.FLAG_RF) != 0) {
            return false;
        }
        SystemState s = cpu.system;
        if ((s.interruptibility & SystemState.BLOCKING_BY_MOV_SS) != 0) {
            return false;
        }
        long linear = cpu.legacy ? s.base[SystemState.CS] + cpu.rip & 0xffff_ffffL : cpu.rip;
        long conditions = cpu.breakpoints.atInstruction(s, linear);
        if (conditions == 0) {
            return false;
        }
        checkProgress(cpu);
        events.instructionBreakpoint(cpu, conditions);
        return true;
    }

    private void lapseShadow(SystemState s) {
        if (shadowFresh) {
            shadowFresh = false;
            shadowSlice = true;
        } else {
            s.interruptibility &= ~(SystemState.BLOCKING_BY_STI | SystemState.BLOCKING_BY_MOV_SS);
            shadowSlice = false;
        }
    }

    /** Halted with nothing pending: time skips to the next deadline, or waits for a request. */
    private void idle() {
        long deadline = nextDeadlineNs();
        if (sliceEndNs != LocalApic.NEVER && sliceEndNs <= deadline) {
            clock.skipTo(sliceEndNs);
            throw sliceEnd;
        }
        if (deadline == LocalApic.NEVER) {
            apic.sleepUntilRequest();
        } else {
            clock.skipTo(deadline);
        }
    }

    /** Virtual time of the next timer event of this processor, or {@link LocalApic#NEVER}. */
    public long nextDeadlineNs() {
        return Math.min(preemptionDeadlineNs, apic.timerDeadlineNs());
    }

    private long nextSlice(Cpu cpu) {
        boolean one =
                singleStepping
                        || stepsAlways
                        || resumeFlagged
                        || shadowSlice
                        || cpu.system.pendingDebug != 0
                        || cpu.breakpoints.areActive()
                        || (vmx.isNonRoot() && vmx.primary(PRIMARY_MONITOR_TRAP_FLAG));
        if (one) {
            return 1;
        }
        if (sliceLeft <= 0) {
            sliceLeft = SLICE_INSTRUCTIONS;
        }
        long deadline = Math.min(sliceEndNs, nextDeadlineNs());
        if (deadline == LocalApic.NEVER) {
            return sliceLeft;
        }
        int ns = clock.nsPerInstruction();
        long instructions = (deadline - clock.nowNs() + ns - 1) / ns;
        return Math.clamp(instructions, 1, sliceLeft);
    }
}
