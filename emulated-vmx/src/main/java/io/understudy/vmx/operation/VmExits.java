package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.*;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.cpu.VmExitSignal;
import io.understudy.vmx.groundtruth.Counters;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.translation.Access;
import io.understudy.vmx.translation.EptFaultHandler;
import org.jspecify.annotations.Nullable;

/**
 * Records the exit-information fields and returns the signal that ends non-root operation (SDM
 * volume 3, "Recording VM-Exit Information and Updating VM-Entry Control Fields").
 *
 * <p>Every caller throws what it gets; state is saved where the signal is caught.
 */
public final class VmExits implements EptFaultHandler {
    private static final int QUALIFICATION_FINAL = 1 << 8;
    private static final int QUALIFICATION_NMI_UNBLOCKING = 1 << 12;

    private final VmExitSignal signal = new VmExitSignal();
    private static final int VE_AREA_BYTES = 34;

    private final PhysicalMemory memory;
    private final DeliveredEvent delivery;
    private final Counters counters;
    private @Nullable Cpu cpu;
    private Vmcs vmcs = new Vmcs();

    private static final long KEEP_RESUME_FLAG = -1;

    /** RFLAGS.RF to save with the guest state; negative for the present one. */
    private long resumeFlag;

    /** The last exit was that of an NMI. */
    private boolean wasNmi;

    /** The exit-instruction-length field is still to receive the length of the instruction. */
    private boolean lengthPending;

    /** An IRET under execution had removed blocking by NMI when it faulted. */
    private boolean nmiUnblocking;

    /**
     * @param delivery the event whose delivery is under way, if any
     */
    public VmExits(PhysicalMemory memory, DeliveredEvent delivery, Counters counters) {
        this.memory = memory;
        this.delivery = delivery;
        this.counters = counters;
    }

    void attach(Vmcs currentVmcs, Cpu processor) {
        vmcs = currentVmcs;
        cpu = processor;
    }

    long resumeFlag() {
        return resumeFlag;
    }

    boolean wasNmi() {
        return wasNmi;
    }

    /**
     * Fault-like exits that are not the instruction's own carry its length too: silicon does so,
     * although the SDM calls the field undefined, and hypervisors skip instructions with it.
     */
    void completeLength() {
        Cpu processor = cpu;
        if (lengthPending && processor != null) {
            lengthPending = false;
            vmcs.set32(EXIT_INSTRUCTION_LENGTH, processor.interruptedBytes);
        }
    }

    public void setNmiUnblocking(boolean unblocking) {
        nmiUnblocking = unblocking;
    }

    /** An exit caused by the instruction at RIP: fault-like, nothing of it was done. */
    public VmExitSignal instruction(ExitReason reason, long qualification, int instructionBytes) {
        event(reason, qualification);
        vmcs.set32(EXIT_INSTRUCTION_LENGTH, instructionBytes);
        resumeFlag = 0;
        return signal;
    }

    /** As {@link #instruction}, with the instruction-information field. */
    public VmExitSignal instruction(
            ExitReason reason, long qualification, int instructionBytes, int information) {
        vmcs.set32(EXIT_INSTRUCTION_INFORMATION, information);
        return instruction(reason, qualification, instructionBytes);
    }

    /** An exit between instructions, or of an event. */
    public VmExitSignal event(ExitReason reason, long qualification) {
        vmcs.set32(EXIT_REASON, reason.number());
        vmcs.set(EXIT_QUALIFICATION, qualification);
        vmcs.set32(EXIT_INTERRUPTION_INFORMATION, 0);
        vmcs.set32(EXIT_INSTRUCTION_LENGTH, 0);
        vmcs.set32(IDT_VECTORING_INFORMATION, 0);
        if (delivery.active) {
            vmcs.set32(IDT_VECTORING_INFORMATION, delivery.information());
            if (delivery.hasErrorCode) {
                vmcs.set32(IDT_VECTORING_ERROR_CODE, delivery.errorCode);
            }
            vmcs.set32(EXIT_INSTRUCTION_LENGTH, delivery.instructionBytes);
        }
        vmcs.set32(
                VM_ENTRY_INTERRUPTION_INFORMATION,
                vmcs.get32(VM_ENTRY_INTERRUPTION_INFORMATION) & ~DeliveredEvent.INFO_VALID);
        counters.exits[reason.number()]++;
        resumeFlag = KEEP_RESUME_FLAG;
        wasNmi = false;
        lengthPending = false;
        signal.reason = reason.number();
        return signal;
    }

    /** Exit reason 0: an exception, or an NMI. */
    public VmExitSignal exception(DeliveredEvent event, long qualification) {
        event(ExitReason.EXCEPTION_OR_NMI, qualification);
        wasNmi = event.type == DeliveredEvent.NMI;
        int information = event.information();
        if (nmiUnblocking
                && !delivery.active
                && event.vector != Vector.DF
                && event.type == DeliveredEvent.HARDWARE_EXCEPTION) {
            information |= QUALIFICATION_NMI_UNBLOCKING;
        }
        vmcs.set32(EXIT_INTERRUPTION_INFORMATION, information);
        if (event.hasErrorCode) {
            vmcs.set32(EXIT_INTERRUPTION_ERROR_CODE, event.errorCode);
        }
        if (event.isSoftware()) {
            vmcs.set32(EXIT_INSTRUCTION_LENGTH, event.instructionBytes);
        }
        boolean fault =
                event.type == DeliveredEvent.HARDWARE_EXCEPTION
                        && (event.vector != Vector.DB || event.isFault);
        boolean keeps = delivery.active || event.type == DeliveredEvent.NMI;
        resumeFlag = fault ? ControlBits.FLAG_RF : keeps ? KEEP_RESUME_FLAG : 0;
        return signal;
    }

    /**
     * Exit reason 1.
     *
     * @param acknowledgedVector the vector, or -1 if it was not acknowledged
     */
    public VmExitSignal externalInterrupt(int acknowledgedVector) {
        event(ExitReason.EXTERNAL_INTERRUPT, 0);
        if (acknowledgedVector >= 0) {
            vmcs.set32(
                    EXIT_INTERRUPTION_INFORMATION, acknowledgedVector | DeliveredEvent.INFO_VALID);
        }
        return signal;
    }

    public void setLinearAddress(long linear) {
        vmcs.set(GUEST_LINEAR_ADDRESS, linear);
    }

    @Override
    public VmExitSignal eptViolation(long qualification, long gpa, long linear) {
        counters.eptViolationsRead += (qualification & Access.READ) != 0 ? 1 : 0;
        counters.eptViolationsWrite += (qualification & Access.WRITE) != 0 ? 1 : 0;
        counters.eptViolationsFetch += (qualification & Access.FETCH) != 0 ? 1 : 0;
        counters.eptViolationsOnWalk += (qualification & QUALIFICATION_FINAL) == 0 ? 1 : 0;
        eptExit(ExitReason.EPT_VIOLATION, qualification);
        vmcs.set(GUEST_PHYSICAL_ADDRESS, gpa);
        vmcs.set(GUEST_LINEAR_ADDRESS, linear);
        return signal;
    }

    /**
     * {@inheritDoc}
     *
     * <pre>
     * information area: +0 exit reason | +4 FFFFFFFFH | +8 qualification | +16 linear address
     *                   +24 guest-physical address | +32 EPTP index, 2 bytes
     * </pre>
     */
    @Override
    public @Nullable RuntimeException virtualizationException(
            long qualification, long gpa, long linear) {
        Cpu processor = cpu;
        long area = vmcs.get(VE_INFORMATION_AREA_ADDRESS);
        boolean usable =
                processor != null
                        && !delivery.active
                        && processor.system.isProtectedMode()
                        && memory.contains(area, VE_AREA_BYTES)
                        && memory.read32(area + 4) == 0;
        if (processor == null || !usable) {
            return null;
        }
        memory.write32(area, ExitReason.EPT_VIOLATION.number());
        memory.write32(area + 4, -1);
        memory.write64(area + 8, qualification);
        memory.write64(area + 16, linear);
        memory.write64(area + 24, gpa);
        memory.write16(area + 32, vmcs.get32(EPTP_INDEX));
        return processor.raise(Vector.VE);
    }

    @Override
    public VmExitSignal eptMisconfiguration(long gpa) {
        counters.eptMisconfigurations++;
        eptExit(ExitReason.EPT_MISCONFIGURATION, 0);
        vmcs.set(EXIT_QUALIFICATION, 0);
        vmcs.set(GUEST_PHYSICAL_ADDRESS, gpa);
        return signal;
    }

    @Override
    public VmExitSignal pageModificationLogFull() {
        return eptExit(ExitReason.PML_LOG_FULL, 0);
    }

    private VmExitSignal eptExit(ExitReason reason, long qualification) {
        boolean delivering = delivery.active;
        boolean unblocking = nmiUnblocking && !delivering;
        event(reason, qualification | (unblocking ? QUALIFICATION_NMI_UNBLOCKING : 0));
        resumeFlag = delivering ? pushedResumeFlag() : ControlBits.FLAG_RF;
        lengthPending = !delivering;
        return signal;
    }

    /** What the image of RFLAGS on the stack would have held. */
    private long pushedResumeFlag() {
        boolean fault =
                delivery.type == DeliveredEvent.HARDWARE_EXCEPTION
                        && (delivery.vector != Vector.DB || delivery.isFault);
        return fault ? ControlBits.FLAG_RF : KEEP_RESUME_FLAG;
    }

    /** Exit reason 44. */
    VmExitSignal apicAccess(long qualification) {
        return eptExit(ExitReason.APIC_ACCESS, qualification);
    }

    /**
     * Exit reason 9.
     *
     * @param byEvent a task gate of the IDT, and not an instruction
     */
    public VmExitSignal taskSwitch(long qualification, int instructionBytes, boolean byEvent) {
        event(ExitReason.TASK_SWITCH, qualification);
        vmcs.set32(EXIT_INSTRUCTION_LENGTH, instructionBytes);
        resumeFlag = byEvent ? pushedResumeFlag() : 0;
        return signal;
    }
}
