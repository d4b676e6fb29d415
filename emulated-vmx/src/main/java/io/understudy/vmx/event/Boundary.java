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
import io.understudy.vmx.operation.VmExits;
import io.understudy.vmx.operation.Vmcs;
import io.understudy.vmx.operation.VmxOperation;

/**
 * Instruction boundaries: accounts virtual time, takes what is pending in the order of SDM volume
 * 3, "Prioritization of Concurrent Events", and grants the instructions until the next deadline.
 */
public final class Boundary implements BoundaryHook {
    /** Bounds how long an interrupt from another thread waits: well below a millisecond. */
    private static final long SLICE_INSTRUCTIONS = 50_000;

    private final VirtualClock clock;
    private final LocalApic apic;
    private final VmxOperation vmx;
    private final VmExits exits;
    private final Events events;

    /** Virtual time at which the VMX-preemption timer reaches zero, in non-root operation. */
    private long preemptionDeadlineNs = LocalApic.NEVER;

    /** STI or MOV SS blocking that the next instruction still runs under. */
    private boolean shadowFresh;

    /** The coming slice is the one instruction that blocking by STI or MOV SS covers. */
    private boolean shadowSlice;

    /** RFLAGS.TF was set when the instruction now completed began. */
    private boolean singleStepping;

    private boolean monitorTrapPending;

    /** Exceptions since an instruction last retired: virtual time has not moved since then. */
    private long faultsWithoutProgress;

    /** An event was delivered since the last boundary, which MTF counts like an instruction. */
    private boolean deliveredSinceBoundary;

    public Boundary(
            VirtualClock clock, LocalApic apic, VmxOperation vmx, VmExits exits, Events events) {
        this.clock = clock;
        this.apic = apic;
        this.vmx = vmx;
        this.exits = exits;
        this.events = events;
    }

    /**
     * First boundary of non-root operation: starts the preemption timer and injects the event of VM
     * entry. The first instruction is preceded by {@link #atBoundary}.
     */
    public void enterGuest(Cpu cpu) {
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
        preemptionDeadlineNs =
                vmx.pin(PIN_PREEMPTION_TIMER)
                        ? clock.nowNs() + v.get(VmcsField.GUEST_PREEMPTION_TIMER_VALUE)
                        : LocalApic.NEVER;
        int information = v.get32(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION);
        if (information < 0) {
            inject(cpu, v, information);
        }
    }

    private void inject(Cpu cpu, Vmcs v, int information) {
        int type = (information >>> 8) & 7;
        if (type == DeliveredEvent.OTHER) {
            monitorTrapPending = true;
            return;
        }
        events.inject(
                cpu,
                type,
                information & 0xff,
                (information & DeliveredEvent.INFO_ERROR_CODE) != 0,
                v.get32(VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE),
                v.get32(VmcsField.VM_ENTRY_INSTRUCTION_LENGTH));
        shadowFresh = false;
        deliveredSinceBoundary = true;
    }

    /** After a VM exit: accounts time and stores the preemption timer if the controls ask. */
    public void leaveGuest(Cpu cpu) {
        clock.retire(cpu.takeRetired());
        Vmcs v = vmx.vmcs();
        int exitControls = v.get32(VmcsField.PRIMARY_VM_EXIT_CONTROLS);
        if ((exitControls & EXIT_SAVE_PREEMPTION_TIMER) != 0) {
            long left = Math.max(0, preemptionDeadlineNs - clock.nowNs());
            v.set(VmcsField.GUEST_PREEMPTION_TIMER_VALUE, left & 0xffff_ffffL);
        }
        preemptionDeadlineNs = LocalApic.NEVER;
        exits.setNmiUnblocking(false);
    }

    /** STI or MOV SS began to block: what it blocks waits for one more instruction. */
    public void startShadow(Cpu cpu, int blocking) {
        cpu.system.interruptibility |= blocking;
        shadowFresh = true;
        cpu.requestBoundary();
    }

    @Override
    public void atBoundary(Cpu cpu) {
        long retired = cpu.takeRetired();
        clock.retire(retired);
        boolean advanced = retired > 0 || deliveredSinceBoundary;
        boolean stepped = retired > 0 && singleStepping;
        deliveredSinceBoundary = false;
        singleStepping = false;
        if (advanced && vmx.isNonRoot() && vmx.primary(PRIMARY_MONITOR_TRAP_FLAG)) {
            monitorTrapPending = true;
        }
        SystemState s = cpu.system;
        if (stepped) {
            s.pendingDebug |= SystemState.PENDING_BS;
        }
        lapseShadow(s);
        while (takePending(cpu)) {
            // Delivery may have made something else deliverable, or exitable.
            monitorTrapPending |= vmx.isNonRoot() && vmx.primary(PRIMARY_MONITOR_TRAP_FLAG);
        }
        singleStepping = (cpu.systemFlags & ControlBits.FLAG_TF) != 0;
        cpu.grant(nextSlice(s));
    }

    @Override
    public void onFault(Cpu cpu, GuestFault fault) {
        long retired = cpu.takeRetired();
        clock.retire(retired);
        checkInstructionTimeout(retired);
        events.fault(cpu, fault);
        exits.setNmiUnblocking(false);
        singleStepping = false;
        shadowFresh = false;
        if (vmx.isNonRoot() && vmx.primary(PRIMARY_MONITOR_TRAP_FLAG)) {
            deliveredSinceBoundary = true;
            cpu.requestBoundary();
        }
    }

    /**
     * A guest whose handler faults at its first instruction, on a stack of its own, would never
     * retire another instruction and never reach a deadline. The instruction timeout ends that. Its
     * unit here is not the crystal clock, which does not exist, but exceptions in a row.
     */
    private void checkInstructionTimeout(long retired) {
        faultsWithoutProgress = retired > 0 ? 1 : faultsWithoutProgress + 1;
        if (vmx.isNonRoot()
                && vmx.secondary(SECONDARY_INSTRUCTION_TIMEOUT)
                && faultsWithoutProgress
                        > Integer.toUnsignedLong(vmx.vmcs().get32(VmcsField.INSTRUCTION_TIMEOUT))) {
            faultsWithoutProgress = 0;
            throw exits.event(ExitReason.INSTRUCTION_TIMEOUT, 0);
        }
    }

    /** Takes the most urgent pending event; returns whether one was delivered. */
    private boolean takePending(Cpu cpu) {
        SystemState s = cpu.system;
        while (true) {
            apic.collect(clock.nowNs());
            if (monitorTrapPending) {
                throw exits.event(ExitReason.MONITOR_TRAP_FLAG, 0);
            }
            boolean movSs = (s.interruptibility & SystemState.BLOCKING_BY_MOV_SS) != 0;
            if (s.pendingDebug != 0 && !movSs) {
                long conditions = s.pendingDebug & ~(1L << 12);
                s.pendingDebug = 0;
                events.debugTrap(cpu, conditions);
                shadowSlice = false;
                return true;
            }
            if (preemptionDeadlineNs <= clock.nowNs()) {
                throw exits.event(ExitReason.PREEMPTION_TIMER, 0);
            }
            if (takeNmi(cpu, movSs) || takeInterrupt(cpu)) {
                shadowSlice = false;
                return true;
            }
            if (s.activity == SystemState.ACTIVE) {
                return false;
            }
            idle();
        }
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

    private boolean takeNmi(Cpu cpu, boolean movSs) {
        boolean blocked = (cpu.system.interruptibility & SystemState.BLOCKING_BY_NMI) != 0;
        boolean guest = vmx.isNonRoot();
        boolean virtualNmis = guest && vmx.pin(PIN_VIRTUAL_NMIS);
        if (guest && vmx.primary(PRIMARY_NMI_WINDOW_EXITING) && !blocked && !movSs) {
            throw exits.event(ExitReason.NMI_WINDOW, 0);
        }
        if (!apic.isNmiPending() || (blocked && !virtualNmis) || movSs) {
            return false;
        }
        apic.acknowledgeNmi();
        if (guest && vmx.pin(PIN_NMI_EXITING)) {
            throw events.nmiExit();
        }
        events.nmi(cpu);
        return true;
    }

    private boolean takeInterrupt(Cpu cpu) {
        SystemState s = cpu.system;
        boolean shadow =
                (s.interruptibility
                                & (SystemState.BLOCKING_BY_STI | SystemState.BLOCKING_BY_MOV_SS))
                        != 0;
        boolean open = (cpu.systemFlags & ControlBits.FLAG_IF) != 0 && !shadow;
        boolean guest = vmx.isNonRoot();
        if (guest && open && vmx.primary(PRIMARY_INTERRUPT_WINDOW_EXITING)) {
            throw exits.event(ExitReason.INTERRUPT_WINDOW, 0);
        }
        if (apic.pendingVector() == LocalApic.NONE) {
            return false;
        }
        if (guest && vmx.pin(PIN_EXTERNAL_INTERRUPT_EXITING)) {
            if (shadow) {
                return false;
            }
            boolean acknowledge =
                    (vmx.vmcs().get32(VmcsField.PRIMARY_VM_EXIT_CONTROLS)
                                    & EXIT_ACKNOWLEDGE_INTERRUPT)
                            != 0;
            throw exits.externalInterrupt(acknowledge ? apic.acknowledge() : -1);
        }
        if (!open) {
            return false;
        }
        events.interrupt(cpu, apic.acknowledge());
        return true;
    }

    /** Halted with nothing pending: time skips to the next deadline, or waits for a request. */
    private void idle() {
        long deadline = Math.min(preemptionDeadlineNs, apic.timerDeadlineNs());
        if (deadline == LocalApic.NEVER) {
            apic.sleepUntilRequest();
        } else {
            clock.skipTo(deadline);
        }
    }

    private long nextSlice(SystemState s) {
        boolean one =
                singleStepping
                        || shadowSlice
                        || s.pendingDebug != 0
                        || (vmx.isNonRoot() && vmx.primary(PRIMARY_MONITOR_TRAP_FLAG));
        if (one) {
            return 1;
        }
        long deadline = Math.min(preemptionDeadlineNs, apic.timerDeadlineNs());
        if (deadline == LocalApic.NEVER) {
            return SLICE_INSTRUCTIONS;
        }
        int ns = clock.nsPerInstruction();
        long instructions = (deadline - clock.nowNs() + ns - 1) / ns;
        return Math.clamp(instructions, 1, SLICE_INSTRUCTIONS);
    }
}
