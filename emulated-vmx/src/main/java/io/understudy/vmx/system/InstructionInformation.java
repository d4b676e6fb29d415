package io.understudy.vmx.system;

import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;

/**
 * VM-exit instruction-information field (SDM volume 3, "Information for VM Exits Due to Instruction
 * Execution").
 *
 * <pre>
 * 1:0 scale | 6:3 register operand | 9:7 address size | 10 operand is a register | 12:11 operand size
 * 17:15 segment | 21:18 index | 22 no index | 26:23 base | 27 no base | 31:28 second operand or identity
 * </pre>
 */
final class InstructionInformation {
    private static final int REGISTER_FORM = 1 << 10;
    private static final int OPERAND_32 = 1 << 11;
    private static final int NO_INDEX = 1 << 22;
    private static final int NO_BASE = 1 << 27;

    private InstructionInformation() {}

    /** The memory operand; zero if there is none. */
    static int memory(Insn insn) {
        if (!insn.hasMemoryOperand()) {
            return 0;
        }
        int index =
                insn.index() == Insn.NO_REGISTER ? NO_INDEX : (insn.index() << 18) | insn.scale();
        boolean noBase = insn.base() == Insn.NO_REGISTER || insn.base() == Insn.RIP_BASE;
        int base = noBase ? NO_BASE : insn.base() << 23;
        return addressSize(insn) | (insn.segment() << 15) | index | base;
    }

    /** A memory operand, or a register in operand 0. */
    static int memoryOrRegister(Insn insn) {
        return insn.kind0() == OperandKind.MEMORY
                ? memory(insn)
                : REGISTER_FORM | (insn.register0() << 3);
    }

    /** A memory operand, or a register in operand 1. */
    static int sourceOperand(Insn insn) {
        return insn.kind1() == OperandKind.MEMORY
                ? memory(insn)
                : REGISTER_FORM | (insn.register1() << 3);
    }

    static int addressSize(Insn insn) {
        return switch (insn.addressBytes()) {
            case 8 -> 2 << 7;
            case 4 -> 1 << 7;
            default -> 0;
        };
    }

    /** Operand size of LGDT, LIDT, SGDT and SIDT, which 64-bit mode leaves undefined. */
    static int tableOperand(Insn insn, boolean legacy) {
        return legacy && insn.operandBytes() == 4 ? OPERAND_32 : 0;
    }

    /** Destination register and operand size, for RDRAND and RDSEED. */
    static int destination(Insn insn) {
        int size = insn.operandBytes() == 8 ? 2 : insn.operandBytes() == 4 ? 1 : 0;
        return (insn.register0() << 3) | (size << 11);
    }

    /** INS and OUTS. */
    static int string(Insn insn) {
        return addressSize(insn) | (insn.segment() << 15);
    }

    static int secondRegister(int register) {
        return register << 28;
    }
}
