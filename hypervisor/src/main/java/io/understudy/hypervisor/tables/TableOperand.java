package io.understudy.hypervisor.tables;

import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;

/**
 * Operand of an instruction that accesses a table register (SDM volume 3, "Format of the VM-Exit
 * Instruction-Information Field as Used for LIDT, LGDT, SIDT, or SGDT" and the next one).
 *
 * <pre>
 * 1:0 scale | 6:3 register | 9:7 address size: 0 is 16 bits, 1 is 32, 2 is 64 | 10 operand is a register
 * 17:15 segment: ES CS SS DS FS GS | 21:18 index | 22 no index | 26:23 base | 27 no base | 29:28 identity
 * </pre>
 *
 * @param text as {@code [rbx+rcx*4+0x10]} or {@code rax}
 * @param linear linear address, or -1 of a register
 * @param register number of the register, or -1 of memory
 */
record TableOperand(String text, long linear, int register) {
    private static final int REGISTER_FORM = 1 << 10;
    private static final int NO_INDEX = 1 << 22;
    private static final int NO_BASE = 1 << 27;
    private static final int RSP = 4;
    private static final int FS = 4;
    private static final long CS_LONG = 1 << 13;
    private static final int[] SEGMENT_BASES = {
        VmcsField.GUEST_ES_BASE,
        VmcsField.GUEST_CS_BASE,
        VmcsField.GUEST_SS_BASE,
        VmcsField.GUEST_DS_BASE,
        VmcsField.GUEST_FS_BASE,
        VmcsField.GUEST_GS_BASE
    };
    private static final String[] REGISTERS = {
        "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
        "r13", "r14", "r15"
    };

    /**
     * @param information the VM-exit instruction information
     * @param displacement the exit qualification; what is relative to RIP has it added already
     */
    static TableOperand of(LogicalProcessor p, int information, long displacement) {
        if ((information & REGISTER_FORM) != 0) {
            int register = information >>> 3 & 15;
            return new TableOperand(REGISTERS[register], -1, register);
        }
        StringBuilder text = new StringBuilder("[");
        long address = displacement;
        if ((information & NO_BASE) == 0) {
            int base = information >>> 23 & 15;
            address += gpr(p, base);
            text.append(REGISTERS[base]);
        }
        if ((information & NO_INDEX) == 0) {
            int index = information >>> 18 & 15;
            int scale = information & 3;
            address += gpr(p, index) << scale;
            text.append(text.length() > 1 ? "+" : "").append(REGISTERS[index]);
            text.append('*').append(1 << scale);
        }
        if (text.length() == 1) {
            text.append("%#x".formatted(displacement));
        } else if (displacement != 0) {
            text.append(displacement < 0 ? "-" : "+").append(hex(Math.abs(displacement)));
        }
        int size = information >>> 7 & 7;
        long offset = size == 0 ? address & 0xffff : size == 1 ? address & 0xffff_ffffL : address;
        return new TableOperand(text + "]", offset + segmentBase(p, information >>> 15 & 7), -1);
    }

    private static String hex(long value) {
        return "%#x".formatted(value);
    }

    /** In 64-bit mode only FS and GS have a base. */
    private static long segmentBase(LogicalProcessor p, int segment) {
        boolean is64Bit = (p.vmread(VmcsField.GUEST_CS_ACCESS_RIGHTS) & CS_LONG) != 0;
        return is64Bit && segment < FS ? 0 : p.vmread(SEGMENT_BASES[Math.min(segment, 5)]);
    }

    /** A general-purpose register of the guest. */
    static long gpr(LogicalProcessor p, int register) {
        return register == RSP ? p.vmread(VmcsField.GUEST_RSP) : p.gpr(register);
    }
}
