package io.understudy.vmx.execute;

import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;
import java.util.List;

/**
 * Which instructions of a block's body set flags that are overwritten before anything can see them.
 *
 * <p>Seen by: an instruction that reads flags, one that may fault or write memory (an exception
 * shows the flags, and a store may end the block), and whatever follows the block. A budget that
 * ends in between does not count, because then the block executes one by one.
 */
final class FlagLiveness {
    private FlagLiveness() {}

    /**
     * @param insns the body, of which the first {@code count} matter
     * @param seenByEnd whether the end of the block, or what follows, may see the flags before it
     * @return for each instruction whether all flags that it sets are overwritten unseen
     */
    static boolean[] unseen(List<Insn> insns, int count, boolean seenByEnd) {
        boolean[] unseen = new boolean[count];
        boolean seen = seenByEnd;
        for (int i = count - 1; i >= 0; i--) {
            unseen[i] = !seen;
            seen = seenBefore(insns.get(i), seen);
        }
        return unseen;
    }

    private static boolean seenBefore(Insn insn, boolean seenAfter) {
        if (insn.hasMemoryOperand()) {
            return true;
        }
        return switch (insn.opcode()) {
            case ADD, SUB, AND, OR, XOR, CMP, TEST, NEG -> false;
            case IMUL -> insn.kind1() == OperandKind.NONE && seenAfter;
            case SHL, SHR, SAR -> !shiftsAlways(insn) && seenAfter;
            // These keep some or all flags, but read none.
            case MOV, MOVZX, MOVSX, LEA, NOT, BSWAP, INC, DEC, ROL, ROR, NOP, CBW, CWD -> seenAfter;
            default -> true;
        };
    }

    /** A count of zero keeps the flags. */
    private static boolean shiftsAlways(Insn insn) {
        return insn.kind1() == OperandKind.IMMEDIATE
                && (insn.immediate() & OperandSize.countMask(insn.operandBytes())) != 0;
    }
}
