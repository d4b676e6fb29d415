package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/**
 * Partial accesses to general-purpose registers (SDM volume 1, "General-Purpose Registers in 64-Bit
 * Mode"): a 4-byte result clears the upper half, smaller ones keep the rest.
 */
final class Registers {
    private Registers() {}

    /** The low {@code bytes}, zero-extended. */
    static long read(Cpu cpu, int register, int bytes) {
        return OperandSize.zeroExtend(cpu.gpr[register], bytes);
    }

    static void write(Cpu cpu, int register, long value, int bytes) {
        long[] gpr = cpu.gpr;
        switch (bytes) {
            case 8 -> gpr[register] = value;
            case 4 -> gpr[register] = value & 0xffff_ffffL;
            case 2 -> gpr[register] = (gpr[register] & ~0xffffL) | (value & 0xffff);
            default -> gpr[register] = (gpr[register] & ~0xffL) | (value & 0xff);
        }
    }

    /** Bits 15:8 of RAX, RCX, RDX or RBX. */
    static long readHigh(Cpu cpu, int register) {
        return cpu.gpr[register] >>> 8 & 0xff;
    }

    static void writeHigh(Cpu cpu, int register, long value) {
        cpu.gpr[register] = (cpu.gpr[register] & ~0xff00L) | (value & 0xff) << 8;
    }
}
