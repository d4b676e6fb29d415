package io.understudy.vmx.system;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;

/** XGETBV and XSETBV: which state components XSAVE knows (SDM volume 2). */
final class ExtendedState {
    private final InstructionExits exits;

    ExtendedState(InstructionExits exits) {
        this.exits = exits;
    }

    void read(Cpu cpu, Insn insn) {
        requireEnabled(cpu);
        requireXcr0(cpu);
        cpu.gpr[Cpu.RAX] = cpu.system.xcr0 & 0xffff_ffffL;
        cpu.gpr[Cpu.RDX] = cpu.system.xcr0 >>> 32;
        Operands.advance(cpu, insn);
    }

    /** In non-root operation it always exits. */
    void write(Cpu cpu, Insn insn) {
        requireEnabled(cpu);
        SystemInstructionUnit.requireCpl0(cpu);
        if (exits.takeIf(cpu, true, ExitReason.XSETBV, insn)) {
            return;
        }
        requireXcr0(cpu);
        long value = cpu.gpr[Cpu.RDX] << 32 | (cpu.gpr[Cpu.RAX] & 0xffff_ffffL);
        if (!cpu.system.isXcr0(value)) {
            throw cpu.raise(Vector.GP, 0);
        }
        cpu.system.xcr0 = value;
        Operands.advance(cpu, insn);
    }

    private static void requireEnabled(Cpu cpu) {
        if ((cpu.system.cr4 & ControlBits.CR4_OSXSAVE) == 0) {
            throw cpu.raise(Vector.UD);
        }
    }

    /** ECX names the register; there is one. */
    private static void requireXcr0(Cpu cpu) {
        if ((int) cpu.gpr[Cpu.RCX] != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
    }
}
