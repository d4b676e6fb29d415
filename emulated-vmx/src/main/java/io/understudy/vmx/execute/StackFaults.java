package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.GuestFault;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;

/**
 * A non-canonical address raises #SS(0) instead of #GP(0) if the access was to the stack segment
 * (SDM volume 1, "Canonical Addressing"). Operations do not know their segment, so this looks at
 * the instruction once it has faulted.
 */
final class StackFaults {
    private StackFaults() {}

    /**
     * Corrects the vector of a fault on a non-canonical address.
     *
     * @param insn the instruction that faulted
     * @param endOffset distance from {@link Cpu#gpr} {@code [RIP_BASE]} to its end
     */
    static void correct(Cpu cpu, GuestFault fault, Insn insn, int endOffset) {
        boolean operand =
                insn.hasMemoryOperand()
                        && fault.address == new Address(insn, endOffset).linear64(cpu);
        if (operand ? insn.segment() == Insn.SS : usesStack(insn)) {
            fault.vector = Vector.SS;
        }
    }

    private static boolean usesStack(Insn insn) {
        return switch (insn.opcode()) {
            case PUSH, POP, PUSHF, POPF, PUSH_SEG, POP_SEG, ENTER, LEAVE -> true;
            case CALL, RET, CALL_FAR, RET_FAR, IRET -> true;
            // An operand that was reached at another address than the one it has now.
            default -> insn.segment() == Insn.SS;
        };
    }
}
