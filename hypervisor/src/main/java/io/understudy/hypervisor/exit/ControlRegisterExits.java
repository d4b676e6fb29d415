package io.understudy.hypervisor.exit;

import io.understudy.hypervisor.device.TaskPriority;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.hypervisor.vmcs.VmcsSetup;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;

/**
 * Moves to CR0 and CR4 that change a bit the hypervisor owns, and every move to or from CR8 (SDM
 * volume 3, "Exit Qualification for Control-Register Accesses").
 *
 * <pre>
 * 3:0 register | 5:4 0 MOV to, 1 MOV from, 2 CLTS, 3 LMSW | 11:8 general-purpose register
 * </pre>
 */
public final class ControlRegisterExits {
    private static final int MOV_TO = 0;
    private static final int MOV_FROM = 1;
    private static final int RSP = 4;
    private static final int GENERAL_PROTECTION = 13;

    /** PE and PG: the processor has no other mode to go to. */
    private static final long CR0_LONG_MODE = 0x8000_0001L;

    private static final long CR0_ET = 1 << 4;

    /** NW without CD is no cache mode. */
    private static final long CR0_NW = 1 << 29;

    private final Vcpu vcpu;
    private final TaskPriority apic;

    public ControlRegisterExits(Vcpu vcpu, TaskPriority apic) {
        this.vcpu = vcpu;
        this.apic = apic;
    }

    /** Whether the exit is for MOV to CR3. */
    boolean isAddressSpaceLoad() {
        long qualification = vcpu.processor().vmread(VmcsField.EXIT_QUALIFICATION);
        return (qualification & 15) == 3 && (qualification >>> 4 & 3) == MOV_TO;
    }

    public void handle() {
        long qualification = vcpu.processor().vmread(VmcsField.EXIT_QUALIFICATION);
        int register = (int) (qualification & 15);
        int access = (int) (qualification >>> 4) & 3;
        int operand = (int) (qualification >>> 8) & 15;
        boolean done =
                switch (access) {
                    case MOV_TO -> moveTo(register, gpr(operand));
                    case MOV_FROM -> moveFrom(register, operand);
                    default -> false; // CLTS and LMSW touch no owned bit that can change
                };
        if (done) {
            vcpu.skipInstruction();
        } else {
            vcpu.raise(GENERAL_PROTECTION, 0);
        }
    }

    private boolean moveTo(int register, long value) {
        return switch (register) {
            case 0 -> setCr0(value);
            case 8 -> setCr8(value);
            default -> false; // CR4: VMXE, which this processor model does not have
        };
    }

    private boolean setCr8(long value) {
        if ((value & ~15L) != 0) {
            return false;
        }
        apic.setTaskPriorityClass((int) value);
        return true;
    }

    private boolean moveFrom(int register, int operand) {
        if (register != 8) {
            return false;
        }
        setGpr(operand, apic.taskPriorityClass());
        return true;
    }

    private boolean setCr0(long value) {
        boolean isLegal =
                (value & CR0_LONG_MODE) == CR0_LONG_MODE
                        && value >>> 32 == 0
                        && (value & VmcsSetup.CR0_CACHE_CONTROL) != CR0_NW;
        if (isLegal) {
            vcpu.setGuestCr0(value | CR0_ET);
            vcpu.dropTranslations(); // WP may have changed
        }
        return isLegal;
    }

    private long gpr(int register) {
        LogicalProcessor p = vcpu.processor();
        return register == RSP ? p.vmread(VmcsField.GUEST_RSP) : p.gpr(register);
    }

    private void setGpr(int register, long value) {
        LogicalProcessor p = vcpu.processor();
        if (register == RSP) {
            p.vmwrite(VmcsField.GUEST_RSP, value);
        } else {
            p.setGpr(register, value);
        }
    }
}
