package io.understudy.hypervisor.interrupt;

import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;
import io.understudy.vmx.decode.Decoder;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;

/**
 * Fetches and decodes the instruction at a vCPU's RIP, as a hypervisor has to where the exit does
 * not say what the instruction does: a walk of the guest's page tables, then the bytes (SDM volume
 * 3, "4-Level Paging").
 */
final class GuestCode {
    private static final int CODE_BITS = 64;
    private static final int PRESENT = 1;
    private static final int LARGE = 1 << 7;
    private static final long ADDRESS = 0x000f_ffff_ffff_f000L;
    private static final int LEVELS = 4;
    private static final int NOT_MAPPED = -1;

    private final GuestRam ram;
    private final byte[] bytes = new byte[Decoder.LENGTH_MAX];

    GuestCode(GuestRam ram) {
        this.ram = ram;
    }

    /** {@link Insn#isValid} is false if it cannot be fetched or is none. */
    Insn at(LogicalProcessor p) {
        long rip = p.vmread(VmcsField.GUEST_RIP);
        long cr3 = p.vmread(VmcsField.GUEST_CR3);
        int available = 0;
        while (available < bytes.length) {
            long gpa = translate(cr3, rip + available);
            if (gpa == NOT_MAPPED) {
                break;
            }
            int here = (int) Math.min(bytes.length - available, 0x1000 - (gpa & 0xfff));
            for (int i = 0; i < here; i++) {
                bytes[available + i] = (byte) ram.read8(gpa + i);
            }
            available += here;
            Insn insn = Decoder.decode(bytes, 0, available, CODE_BITS);
            if (insn.opcode() != Opcode.INCOMPLETE) {
                return insn;
            }
        }
        return Decoder.decode(bytes, 0, available, CODE_BITS);
    }

    private long translate(long cr3, long linear) {
        long table = cr3 & ADDRESS;
        for (int level = LEVELS; level > 0; level--) {
            int shift = 12 + 9 * (level - 1);
            long at = table + 8 * (linear >>> shift & 511);
            if (!ram.map().contains(at, 8)) {
                return NOT_MAPPED;
            }
            long entry = ram.read64(at);
            if ((entry & PRESENT) == 0) {
                return NOT_MAPPED;
            }
            if (level == 1 || (level < LEVELS && (entry & LARGE) != 0)) {
                long mask = (1L << shift) - 1;
                long gpa = (entry & ADDRESS & ~mask) | (linear & mask);
                return ram.map().contains(gpa, 1) ? gpa : NOT_MAPPED;
            }
            table = entry & ADDRESS;
        }
        return NOT_MAPPED;
    }
}
