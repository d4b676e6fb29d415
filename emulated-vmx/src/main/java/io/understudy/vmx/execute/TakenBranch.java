package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;

/**
 * Whether an instruction is a branch that will be taken: what single-stepping on branches traps
 * (SDM volume 3, "Single-Stepping on Branches").
 */
final class TakenBranch {
    private TakenBranch() {}

    /** Asked before {@code insn} executes. */
    static boolean isNext(Cpu cpu, Insn insn) {
        return switch (insn.opcode()) {
            case JMP,
                    CALL,
                    RET,
                    JMP_FAR,
                    CALL_FAR,
                    RET_FAR,
                    IRET,
                    SYSCALL,
                    SYSRET,
                    SYSENTER,
                    SYSEXIT ->
                    true;
            case JCC -> Flags.holds(cpu, insn.condition());
            case JRCXZ -> count(cpu, insn) == 0;
            case LOOP, LOOPE, LOOPNE -> count(cpu, insn) != 1 && goesRound(cpu, insn.opcode());
            default -> false;
        };
    }

    private static long count(Cpu cpu, Insn insn) {
        return Registers.read(cpu, Cpu.RCX, insn.addressBytes());
    }

    private static boolean goesRound(Cpu cpu, Opcode opcode) {
        return opcode == Opcode.LOOP || Flags.zero(cpu) == (opcode == Opcode.LOOPE);
    }
}
