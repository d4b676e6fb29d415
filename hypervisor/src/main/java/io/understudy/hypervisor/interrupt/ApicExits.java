package io.understudy.hypervisor.interrupt;

import io.understudy.hypervisor.exit.GuestEnd;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.decode.OperandKind;

/**
 * Exits that are about a register of the local APIC, by memory or by MSR. Those before the
 * instruction are executed for the guest, those after it are only followed up.
 */
final class ApicExits {
    static final int MSR_TSC_DEADLINE = 0x6e0;

    private static final int MSR_FIRST = 0x800;
    private static final int GENERAL_PROTECTION = 13;
    private static final int RSP = 4;
    private static final int REGISTER_BYTES = 4;

    /** Access types of the exit qualification: data read, data write. */
    private static final int ACCESS_TYPE_SHIFT = 12;

    private static final int ACCESS_WRITE = 1;

    private final Vcpu vcpu;
    private final VirtualLocalApic apic;
    private final GuestCode code;
    private final InterruptCounters counters;
    private final GuestEnd end;

    ApicExits(
            Vcpu vcpu,
            VirtualLocalApic apic,
            GuestCode code,
            InterruptCounters counters,
            GuestEnd end) {
        this.vcpu = vcpu;
        this.apic = apic;
        this.code = code;
        this.counters = counters;
        this.end = end;
    }

    /** Exit 44: the offset is in the qualification. */
    void access() {
        long qualification = vcpu.processor().vmread(VmcsField.EXIT_QUALIFICATION);
        int type = (int) (qualification >>> ACCESS_TYPE_SHIFT) & 15;
        if (type > ACCESS_WRITE) {
            end.dead(
                    "the guest used the page of its local APIC for code, tables or a stack at %#x"
                            .formatted(vcpu.processor().vmread(VmcsField.GUEST_RIP)));
            return;
        }
        execute((int) qualification & 0xfff);
    }

    /** Decodes and executes a load from or a store to the register page. */
    void execute(int offset) {
        Insn insn = code.at(vcpu.processor());
        counters.emulation();
        boolean moves =
                (insn.opcode() == Opcode.MOV || insn.opcode() == Opcode.MOVZX)
                        && insn.kind0() != OperandKind.GPR_HIGH
                        && insn.kind1() != OperandKind.GPR_HIGH;
        if (moves && insn.kind1() == OperandKind.MEMORY) {
            load(insn, offset);
        } else if (moves && insn.kind0() == OperandKind.MEMORY) {
            store(insn, offset);
        } else {
            end.dead(
                    "the guest accessed its local APIC at %#x by %s, which is not emulated"
                            .formatted(vcpu.processor().vmread(VmcsField.GUEST_RIP), insn));
            return;
        }
        vcpu.skipInstruction(insn.length());
    }

    private void load(Insn insn, int offset) {
        int register = offset >>> 4;
        counters.apicRead(register);
        vcpu.time().countEmulated();
        long value = (offset & 15) < REGISTER_BYTES ? apic.read(register, vcpu.time().tsc()) : 0;
        value = value >>> (8 * (offset & 3)) & mask(insn.sourceBytes());
        setGpr(insn.register0(), value, insn.operandBytes());
    }

    private void store(Insn insn, int offset) {
        int register = offset >>> 4;
        counters.apicWrite(register);
        // A store takes effect when the instruction has completed, as after an APIC-write exit.
        vcpu.time().countEmulated();
        long value =
                insn.kind1() == OperandKind.IMMEDIATE ? insn.immediate() : gpr(insn.register1());
        if ((offset & 15) == 0 && insn.operandBytes() >= REGISTER_BYTES) {
            apic.write(register, (int) value, vcpu.time().tsc());
        }
    }

    /** Exit 56: the processor has done the store. */
    void written() {
        int register = (int) vcpu.processor().vmread(VmcsField.EXIT_QUALIFICATION) >>> 4 & 0xff;
        counters.apicWrite(register);
        apic.written(register, vcpu.time().tsc());
    }

    static boolean isApicMsr(int msr) {
        return msr == MSR_TSC_DEADLINE
                || (msr >= MSR_FIRST && msr < MSR_FIRST + ApicRegister.COUNT);
    }

    /** RDMSR; the value goes to EDX:EAX. Returns false if that is a general-protection fault. */
    boolean readMsr(int msr) {
        LogicalProcessor p = vcpu.processor();
        long value;
        if (msr == MSR_TSC_DEADLINE) {
            counters.apicRead(ApicRegister.TSC_DEADLINE);
            value = apic.timer().tscDeadline();
        } else {
            int register = msr - MSR_FIRST;
            counters.apicRead(register);
            if (apic.mode() != ApicMode.X2APIC || !VirtualLocalApic.isReadable(register)) {
                return false;
            }
            value = apic.read(register, vcpu.time().tsc());
        }
        p.setGpr(0, value & 0xffff_ffffL);
        p.setGpr(2, value >>> 32);
        return true;
    }

    /** WRMSR. Returns false if that is a general-protection fault. */
    boolean writeMsr(int msr, long value) {
        if (msr == MSR_TSC_DEADLINE) {
            counters.apicWrite(ApicRegister.TSC_DEADLINE);
            apic.timer().writeTscDeadline(value);
            return true;
        }
        int register = msr - MSR_FIRST;
        counters.apicWrite(register);
        return apic.mode() == ApicMode.X2APIC && apic.writeMsr(register, value, vcpu.time().tsc());
    }

    void raiseGeneralProtection() {
        vcpu.raise(GENERAL_PROTECTION, 0);
    }

    private long gpr(int register) {
        LogicalProcessor p = vcpu.processor();
        return register == RSP ? p.vmread(VmcsField.GUEST_RSP) : p.gpr(register);
    }

    /**
     * Operands of 1 and 2 bytes leave the rest of the register, those of 4 clear its upper half.
     */
    private void setGpr(int register, long value, int bytes) {
        long merged = bytes >= REGISTER_BYTES ? value : (gpr(register) & ~mask(bytes)) | value;
        if (register == RSP) {
            vcpu.processor().vmwrite(VmcsField.GUEST_RSP, merged);
        } else {
            vcpu.processor().setGpr(register, merged);
        }
    }

    private static long mask(int bytes) {
        return bytes == 8 ? -1 : (1L << (8 * bytes)) - 1;
    }
}
