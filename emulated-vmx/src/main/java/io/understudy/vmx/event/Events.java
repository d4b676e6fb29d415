package io.understudy.vmx.event;

import static io.understudy.vmx.VmcsField.EXCEPTION_BITMAP;
import static io.understudy.vmx.VmcsField.PAGE_FAULT_ERR_CODE_MASK;
import static io.understudy.vmx.VmcsField.PAGE_FAULT_ERR_CODE_MATCH;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.GuestFault;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.cpu.VmExitSignal;
import io.understudy.vmx.groundtruth.Counters;
import io.understudy.vmx.operation.VmExits;
import io.understudy.vmx.operation.Vmcs;
import io.understudy.vmx.operation.VmxOperation;
import io.understudy.vmx.translation.Mmu;

/**
 * Takes events: a VM exit if the controls say so, else delivery through the IDT, with the rules for
 * faults met on the way (SDM volume 3, "Interrupt 8: Double Fault Exception" and "Other Causes of
 * VM Exits").
 */
public final class Events {
    /** #DE, #TS, #NP, #SS, #GP. */
    private static final int CONTRIBUTORY = 0x3c01;

    private static final int PAGE_FAULTS = (1 << Vector.PF) | (1 << Vector.VE);

    private static final long DR6_BREAKPOINTS = 0xf;
    private static final long DR7_GENERAL_DETECT = 1L << 13;
    private static final long DEBUGCTL_LBR_AND_BTF = 3;

    private final VmxOperation vmx;
    private final VmExits exits;
    private final InterruptGate gate;
    private final DeliveredEvent event;
    private final DeliveredEvent candidate = new DeliveredEvent();
    private final Counters counters;

    /** Linear address of the page fault in {@link #candidate}. */
    private long candidateAddress;

    /**
     * @param event the event under delivery, shared with whoever reports VM exits
     */
    public Events(
            VmxOperation vmx,
            VmExits exits,
            Mmu mmu,
            Segments segments,
            TaskSwitch tasks,
            DeliveredEvent event,
            Counters counters) {
        this.vmx = vmx;
        this.exits = exits;
        this.gate = new InterruptGate(mmu, segments, tasks);
        this.event = event;
        this.counters = counters;
    }

    /** An exception that an instruction raised; RIP is that of the instruction. */
    void fault(Cpu cpu, GuestFault fault) {
        setCandidate(fault);
        take(cpu);
    }

    /**
     * A debug trap.
     *
     * @param conditions bits for DR6, in the layout of the exit qualification
     */
    void debugTrap(Cpu cpu, long conditions) {
        candidate.set(DeliveredEvent.HARDWARE_EXCEPTION, Vector.DB);
        candidateAddress = conditions;
        take(cpu);
    }

    /** An instruction breakpoint, which is a fault: the instruction was not executed. */
    void instructionBreakpoint(Cpu cpu, long conditions) {
        candidate.set(DeliveredEvent.HARDWARE_EXCEPTION, Vector.DB);
        candidate.isFault = true;
        candidateAddress = conditions;
        take(cpu);
    }

    /** INT1, INT3: subject to the exception bitmap. */
    public void softwareException(Cpu cpu, int type, int vector, int instructionBytes) {
        candidate.set(type, vector);
        candidate.instructionBytes = instructionBytes;
        candidateAddress = 0;
        take(cpu);
    }

    /** Whether INT n goes to a handler of the 8086 program in virtual-8086 mode. */
    public boolean isRedirected(Cpu cpu, int vector) {
        return gate.isRedirected(cpu, vector);
    }

    /** INT n: never subject to the exception bitmap. */
    public void softwareInterrupt(Cpu cpu, int vector, int instructionBytes) {
        event.set(DeliveredEvent.SOFTWARE_INTERRUPT, vector);
        event.instructionBytes = instructionBytes;
        deliver(cpu);
    }

    void interrupt(Cpu cpu, int vector) {
        counters.interruptsDelivered++;
        event.set(DeliveredEvent.EXTERNAL_INTERRUPT, vector);
        deliver(cpu);
    }

    /** A virtual interrupt of virtual-interrupt delivery. */
    void virtualInterrupt(Cpu cpu, int vector) {
        interrupt(cpu, vector);
    }

    /** An NMI that the guest's own IDT handles. */
    void nmi(Cpu cpu) {
        event.set(DeliveredEvent.NMI, Vector.NMI);
        deliver(cpu);
        cpu.system.interruptibility |= SystemState.BLOCKING_BY_NMI;
    }

    /** An NMI that exits. */
    VmExitSignal nmiExit() {
        candidate.set(DeliveredEvent.NMI, Vector.NMI);
        return exits.exception(candidate, 0);
    }

    /** VM entry's injection: no exception bitmap, and neither CR2 nor DR6 changes. */
    void inject(Cpu cpu, int type, int vector, boolean hasErrorCode, int errorCode, int length) {
        event.set(type, vector);
        event.hasErrorCode = hasErrorCode;
        event.errorCode = errorCode;
        event.instructionBytes = event.isSoftware() ? length : 0;
        deliver(cpu);
        if (type == DeliveredEvent.NMI) {
            cpu.system.interruptibility |= SystemState.BLOCKING_BY_NMI;
        }
    }

    private void take(Cpu cpu) {
        if (candidate.vector == Vector.DB) {
            // Whatever MOV SS held back is lost with it, in an exit as well.
            cpu.system.pendingDebug = 0;
        }
        exitIfIntercepted();
        accept(cpu);
        deliver(cpu);
    }

    /** Exits if the exception bitmap selects the candidate. */
    private void exitIfIntercepted() {
        if (!vmx.isNonRoot()) {
            return;
        }
        Vmcs v = vmx.vmcs();
        boolean selected = ((v.get32(EXCEPTION_BITMAP) >>> candidate.vector) & 1) != 0;
        if (candidate.vector == Vector.PF) {
            boolean match =
                    (candidate.errorCode & v.get32(PAGE_FAULT_ERR_CODE_MASK))
                            == v.get32(PAGE_FAULT_ERR_CODE_MATCH);
            selected = selected == match;
        }
        if (selected) {
            throw exits.exception(candidate, candidateAddress);
        }
    }

    /** Makes the candidate the event under delivery. */
    private void accept(Cpu cpu) {
        event.set(candidate.type, candidate.vector);
        event.hasErrorCode = candidate.hasErrorCode;
        event.errorCode = candidate.errorCode;
        event.instructionBytes = candidate.instructionBytes;
        event.isFault = candidate.isFault;
        if (event.type == DeliveredEvent.HARDWARE_EXCEPTION) {
            if (event.vector == Vector.PF) {
                cpu.system.cr2 = candidateAddress;
            } else if (event.vector == Vector.DB) {
                recordDebug(cpu);
            }
        }
        counters.exceptionsDelivered++;
    }

    /** DR6 tells the conditions; general detection and last-branch records end. */
    private void recordDebug(Cpu cpu) {
        SystemState s = cpu.system;
        s.dr[6] = (s.dr[6] & ~DR6_BREAKPOINTS) | candidateAddress;
        s.dr[7] &= ~DR7_GENERAL_DETECT;
        s.debugctl &= ~DEBUGCTL_LBR_AND_BTF;
    }

    /** Delivers the event, and whatever its delivery leads to. */
    private void deliver(Cpu cpu) {
        cpu.system.activity = SystemState.ACTIVE;
        PendingDebug.passDelivery(cpu.system, event.type);
        while (true) {
            event.active = true;
            try {
                gate.deliver(cpu, event);
                event.active = false;
                cpu.system.interruptibility &=
                        ~(SystemState.BLOCKING_BY_STI | SystemState.BLOCKING_BY_MOV_SS);
                return;
            } catch (GuestFault fault) {
                combine(cpu, fault);
            }
        }
    }

    /** A fault during delivery: handled in turn, a double fault, or a triple fault. */
    private void combine(Cpu cpu, GuestFault fault) {
        setCandidate(fault);
        boolean first = event.type == DeliveredEvent.HARDWARE_EXCEPTION;
        boolean afterPageFault = first && isIn(PAGE_FAULTS, event.vector);
        boolean afterContributory = first && isIn(CONTRIBUTORY, event.vector);
        boolean contributory = isIn(CONTRIBUTORY, candidate.vector);
        boolean pageFault = isIn(PAGE_FAULTS, candidate.vector);
        if (first && event.vector == Vector.DF && (contributory || pageFault)) {
            tripleFault(cpu);
        }
        if ((afterContributory && contributory)
                || (afterPageFault && (contributory || pageFault))) {
            // The first event does not count as being delivered once it is a double fault.
            event.active = false;
            candidate.set(DeliveredEvent.HARDWARE_EXCEPTION, Vector.DF);
            candidate.hasErrorCode = true;
            candidateAddress = 0;
        }
        exitIfIntercepted();
        if (fault.vector == Vector.PF) {
            // Loaded even if the page fault itself is swallowed by a double fault.
            cpu.system.cr2 = fault.address;
        }
        accept(cpu);
    }

    private void tripleFault(Cpu cpu) {
        event.active = false;
        if (vmx.isNonRoot()) {
            throw exits.event(ExitReason.TRIPLE_FAULT, 0);
        }
        cpu.system.activity = SystemState.SHUTDOWN;
        throw new ShutdownSignal();
    }

    private void setCandidate(GuestFault fault) {
        candidate.set(DeliveredEvent.HARDWARE_EXCEPTION, fault.vector);
        candidate.hasErrorCode = fault.hasErrorCode;
        candidate.errorCode = fault.errorCode;
        boolean detailed = fault.vector == Vector.PF || fault.vector == Vector.DB;
        candidateAddress = detailed ? fault.address : 0;
        candidate.isFault = true;
    }

    private static boolean isIn(int vectors, int vector) {
        return ((vectors >>> vector) & 1) != 0;
    }
}
