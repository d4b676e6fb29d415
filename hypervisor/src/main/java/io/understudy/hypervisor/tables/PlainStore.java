package io.understudy.hypervisor.tables;

import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;
import io.understudy.vmx.decode.Decoder;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.memory.PhysicalMemory;
import java.util.Arrays;

/**
 * MOV of four or eight aligned bytes to a guarded page, carried out at its exit: a system that
 * writes its threads' slots does little else there, and a single step would cost a second exit.
 *
 * <p>Only if nothing is left to imitate but the bytes themselves: in ring 0 of 64-bit code, no
 * event under delivery, no trap or breakpoint armed, the accessed and dirty flags of the guest's
 * page tables set already, and the address that the instruction computes is the one that exited, so
 * that the bytes are the instruction that the processor executed. Everything else is stepped over.
 */
final class PlainStore {
    private static final int CODE_BITS = 64;

    /** Instructions decoded before; a power of two. */
    private static final int KNOWN = 16;

    private static final long RING_MASK = 3L << 5;
    private static final long CS_LONG = 1L << 13;
    private static final long FLAG_TF = 1L << 8;
    private static final long DR7_ENABLED = 0xff;
    private static final long WRITE_ALONE = 2;
    private static final long ACCESS_MASK = 7;
    private static final long FINAL_TRANSLATION = 1L << 8;

    private final Vcpu vcpu;
    private final PhysicalMemory memory;
    private final GuestRam ram;
    private final GuestWalk walk;
    private final byte[] bytes = new byte[Decoder.LENGTH_MAX];
    private final byte[][] knownBytes = new byte[KNOWN][Decoder.LENGTH_MAX];
    private final Insn[] known = new Insn[KNOWN];
    private long carriedOut;

    PlainStore(Vcpu vcpu, PhysicalMemory memory, GuestRam ram, GuestWalk walk) {
        this.vcpu = vcpu;
        this.memory = memory;
        this.ram = ram;
        this.walk = walk;
        // Bytes of zeros are an instruction as well, known from the start.
        Arrays.fill(known, Decoder.decode(bytes, 0, bytes.length, CODE_BITS));
    }

    /** How many were carried out. */
    long carriedOut() {
        return carriedOut;
    }

    /**
     * Carries out the store that exited.
     *
     * @param gpa where it exited
     * @return false if it must be stepped over; then nothing happened
     */
    boolean carryOut(long gpa) {
        LogicalProcessor p = vcpu.processor();
        long qualification = p.vmread(VmcsField.EXIT_QUALIFICATION);
        if ((qualification & ACCESS_MASK) != WRITE_ALONE
                || (qualification & FINAL_TRANSLATION) == 0
                || vcpu.hasPendingEvent()
                || (p.vmread(VmcsField.GUEST_SS_ACCESS_RIGHTS) & RING_MASK) != 0
                || (p.vmread(VmcsField.GUEST_CS_ACCESS_RIGHTS) & CS_LONG) == 0
                || (p.vmread(VmcsField.GUEST_RFLAGS) & FLAG_TF) != 0
                || (p.vmread(VmcsField.GUEST_DR7) & DR7_ENABLED) != 0) {
            return false;
        }
        long rip = p.vmread(VmcsField.GUEST_RIP);
        long linear = p.vmread(VmcsField.GUEST_LINEAR_ADDRESS);
        if (!walk.read(rip, bytes, bytes.length)) {
            return false;
        }
        Insn insn = decoded(rip);
        if (!isPlain(insn, gpa)
                || addressOf(p, insn, rip) != linear
                || walk.gpaOfMarked(linear) != gpa) {
            return false;
        }
        long hpa = ram.hpaOfOffset(ram.map().offsetOf(gpa));
        long value =
                insn.kind1() == OperandKind.IMMEDIATE
                        ? insn.immediate()
                        : TableOperand.gpr(p, insn.register1());
        if (insn.operandBytes() == Long.BYTES) {
            memory.write64(hpa, value);
        } else {
            memory.write32(hpa, (int) value);
        }
        vcpu.skipInstruction(insn.length());
        vcpu.time().countEmulated();
        carriedOut++;
        return true;
    }

    private Insn decoded(long rip) {
        int slot = (int) (rip ^ rip >>> 4) & (KNOWN - 1);
        if (!Arrays.equals(bytes, knownBytes[slot])) {
            System.arraycopy(bytes, 0, knownBytes[slot], 0, bytes.length);
            known[slot] = Decoder.decode(bytes, 0, bytes.length, CODE_BITS);
        }
        return known[slot];
    }

    private static boolean isPlain(Insn insn, long gpa) {
        int size = insn.operandBytes();
        return insn.opcode() == Opcode.MOV
                && insn.kind0() == OperandKind.MEMORY
                && (insn.kind1() == OperandKind.GPR || insn.kind1() == OperandKind.IMMEDIATE)
                && insn.addressBytes() == Long.BYTES
                && (size == Long.BYTES || size == Integer.BYTES)
                && (gpa & (size - 1)) == 0
                && !insn.lock();
    }

    private static long addressOf(LogicalProcessor p, Insn insn, long rip) {
        long address = insn.displacement();
        if (insn.base() == Insn.RIP_BASE) {
            address += rip + insn.length();
        } else if (insn.base() != Insn.NO_REGISTER) {
            address += TableOperand.gpr(p, insn.base());
        }
        if (insn.index() != Insn.NO_REGISTER) {
            address += TableOperand.gpr(p, insn.index()) << insn.scale();
        }
        return switch (insn.segment()) {
            case Insn.FS -> address + p.vmread(VmcsField.GUEST_FS_BASE);
            case Insn.GS -> address + p.vmread(VmcsField.GUEST_GS_BASE);
            default -> address;
        };
    }
}
