package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.*;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.cpu.VmExitSignal;
import io.understudy.vmx.groundtruth.Counters;
import io.understudy.vmx.translation.Access;
import io.understudy.vmx.translation.EptFaultHandler;

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
    private final DeliveredEvent delivery;
    private final Counters counters;
    private Vmcs vmcs = new Vmcs();

    /** RFLAGS.RF to save with the guest state. */
    private long resumeFlag;

    /** An IRET under execution had removed blocking by NMI when it faulted. */
    private boolean nmiUnblocking;

    /**
     * @param delivery the event whose delivery is under way, if any
     */
    public VmExits(DeliveredEvent delivery, Counters counters) {
        this.delivery = delivery;
        this.counters = counters;
    }

    void setVmcs(Vmcs vmcs) {
        this.vmcs = vmcs;
    }

    long resumeFlag() {
        return resumeFlag;
    }

    public void setNmiUnblocking(boolean unblocking) {
        nmiUnblocking = unblocking;
    }

    /** An exit caused by the instruction at RIP: fault-like, nothing of it was done. */
    public VmExitSignal instruction(ExitReason reason, long qualification, int instructionBytes) {
        event(reason, qualification);
        vmcs.set32(EXIT_INSTRUCTION_LENGTH, instructionBytes);
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
        resumeFlag = 0;
        signal.reason = reason.number();
        return signal;
    }

    /** Exit reason 0: an exception, or an NMI. */
    public VmExitSignal exception(DeliveredEvent event, long qualification) {
        event(ExitReason.EXCEPTION_OR_NMI, qualification);
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
                event.type == DeliveredEvent.HARDWARE_EXCEPTION && event.vector != Vector.DB;
        resumeFlag = fault ? ControlBits.FLAG_RF : 0;
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
        resumeFlag = delivering ? 0 : ControlBits.FLAG_RF;
        return signal;
    }
}
