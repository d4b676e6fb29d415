package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.x87.X87State;

/**
 * The images of FNSTENV and FNSAVE: seven fields of 4 bytes, or of 2 with a 16-bit operand size,
 * and eight registers of 10 bytes behind them (SDM volume 1, "Saving the x87 FPU's State with
 * FSTENV/FNSTENV and FSAVE/FNSAVE"). Selectors are zero.
 *
 * <pre>
 * protected mode        control status tags  IP        opcode << 16, or 0        operand        1s
 * paragraphs, 32 bits   control status tags  IP 15:0   IP 31:16 << 12 | opcode   operand 15:0   31:16 << 12
 * paragraphs, 16 bits   the same with bits 19:16 alone
 * </pre>
 */
final class EnvironmentImage {
    private static final int REGISTER_BYTES = 10;
    private static final int FIELDS = 7;

    /** The upper half of a field of 4 bytes that holds only 2. */
    private static final long UPPER_ONES = 0xffff_0000L;

    private static final int OPCODE_MASK = 0x7ff;
    private static final int TAG_EMPTY = 3;
    private static final int TAG_SPECIAL = 2;
    private static final int TAG_ZERO = 1;

    private EnvironmentImage() {}

    private static int fieldBytes(boolean small) {
        return small ? 2 : 4;
    }

    /** Bytes of the environment. */
    static int bytes(boolean small) {
        return FIELDS * fieldBytes(small);
    }

    /** And of the registers behind it. */
    static int allBytes(boolean small) {
        return bytes(small) + X87State.REGISTERS * REGISTER_BYTES;
    }

    /** FNSTENV: afterwards all exceptions are masked. */
    static void store(Cpu cpu, long linear, boolean small) {
        cpu.probeWrite(linear, bytes(small));
        write(cpu, linear, small);
        cpu.x87.setControl(cpu.x87.control | X87State.EXCEPTIONS);
    }

    /** FNSAVE: afterwards the unit is as after FNINIT. */
    static void save(Cpu cpu, long linear, boolean small) {
        int environmentBytes = bytes(small);
        cpu.probeWrite(linear, allBytes(small));
        write(cpu, linear, small);
        for (int i = 0; i < X87State.REGISTERS; i++) {
            int p = cpu.x87.physical(i);
            long at = linear + environmentBytes + (long) REGISTER_BYTES * i;
            cpu.store64(at, cpu.x87.significand[p]);
            cpu.store16(at + 8, cpu.x87.signExponent[p]);
        }
        cpu.x87.initialise();
    }

    private static void write(Cpu cpu, long linear, boolean small) {
        X87State x87 = cpu.x87;
        boolean paragraphs = cpu.isSegmentedByParagraphs();
        long instruction = x87.lastInstruction;
        long operand = x87.lastOperand;
        long[] fields = {
            UPPER_ONES | x87.control,
            UPPER_ONES | x87.statusWord(),
            UPPER_ONES | tags(x87),
            paragraphs ? UPPER_ONES | (instruction & 0xffff) : instruction,
            paragraphs ? upper(instruction) | x87.lastOpcode : (long) x87.lastOpcode << 16,
            paragraphs ? UPPER_ONES | (operand & 0xffff) : operand,
            paragraphs ? upper(operand) : UPPER_ONES
        };
        int bytes = fieldBytes(small);
        for (int i = 0; i < FIELDS; i++) {
            MemoryAccess.store(cpu, linear + (long) bytes * i, bytes, fields[i]);
        }
    }

    /** Bits 31:16 of an address, at 27:12. */
    private static long upper(long address) {
        return (address & 0xffff_0000L) >>> 4;
    }

    /** Two bits for each register: valid, zero, special, empty. */
    private static int tags(X87State x87) {
        int word = 0;
        for (int p = 0; p < X87State.REGISTERS; p++) {
            word |= tag(x87, p) << (2 * p);
        }
        return word;
    }

    private static int tag(X87State x87, int p) {
        int exponent = x87.signExponent[p] & 0x7fff;
        if (x87.isEmpty(p)) {
            return TAG_EMPTY;
        }
        if (exponent == 0 && x87.significand[p] == 0) {
            return TAG_ZERO;
        }
        boolean normal = exponent != 0 && exponent != 0x7fff && x87.significand[p] < 0;
        return normal ? 0 : TAG_SPECIAL;
    }

    /** FLDENV. */
    static void load(Cpu cpu, long linear, boolean small) {
        probeRead(cpu, linear, bytes(small));
        read(cpu, linear, small);
    }

    /** FRSTOR. */
    static void restore(Cpu cpu, long linear, boolean small) {
        int environmentBytes = bytes(small);
        probeRead(cpu, linear, allBytes(small));
        read(cpu, linear, small);
        for (int i = 0; i < X87State.REGISTERS; i++) {
            int p = cpu.x87.physical(i);
            long at = linear + environmentBytes + (long) REGISTER_BYTES * i;
            cpu.x87.significand[p] = cpu.load64(at);
            cpu.x87.signExponent[p] = (int) cpu.load16(at + 8);
        }
    }

    private static void probeRead(Cpu cpu, long linear, int bytes) {
        cpu.load8(linear);
        cpu.load8(linear + bytes - 1);
    }

    private static void read(Cpu cpu, long linear, boolean small) {
        X87State x87 = cpu.x87;
        int bytes = fieldBytes(small);
        x87.setControl((int) cpu.load16(linear));
        x87.setStatusWord((int) cpu.load16(linear + bytes));
        int tags = (int) cpu.load16(linear + 2L * bytes);
        x87.full = 0;
        for (int p = 0; p < X87State.REGISTERS; p++) {
            x87.full |= (tags >> (2 * p) & 3) == TAG_EMPTY ? 0 : 1 << p;
        }
        long instruction = MemoryAccess.load(cpu, linear + 3L * bytes, bytes);
        long fifth = MemoryAccess.load(cpu, linear + 4L * bytes, bytes);
        long operand = MemoryAccess.load(cpu, linear + 5L * bytes, bytes);
        if (cpu.isSegmentedByParagraphs()) {
            long last = MemoryAccess.load(cpu, linear + 6L * bytes, bytes);
            x87.lastInstruction = (instruction & 0xffff) | lower(fifth);
            x87.lastOpcode = (int) fifth & OPCODE_MASK;
            x87.lastOperand = (operand & 0xffff) | lower(last);
        } else {
            x87.lastInstruction = instruction;
            x87.lastOpcode = (int) (fifth >>> 16) & OPCODE_MASK;
            x87.lastOperand = operand;
        }
    }

    /** The inverse of {@link #upper}. */
    private static long lower(long field) {
        return (field & 0xffff_000L) << 4;
    }
}
