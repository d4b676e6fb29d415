package io.understudy.vmx.execute;

import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.execute.VectorMoves.Part;
import org.jspecify.annotations.Nullable;

/** Chooses the operation for a move on XMM registers. */
final class VectorMoveFactory {
    private VectorMoveFactory() {}

    static @Nullable Op of(Insn insn, int endOffset) {
        return switch (insn.opcode()) {
            case MOVAPS, MOVAPD, MOVDQA, MOVNTPS, MOVNTPD, MOVNTDQ, MOVNTDQA ->
                    whole(insn, endOffset, true);
            case MOVUPS, MOVUPD, MOVDQU, LDDQU -> whole(insn, endOffset, false);
            case MOVSS -> scalar(insn, endOffset, 4);
            case MOVSD -> scalar(insn, endOffset, 8);
            case MOVQ -> quadword(insn, endOffset);
            case MOVLPS, MOVLPD -> half(insn, endOffset, Part.LOW);
            case MOVHPS, MOVHPD -> half(insn, endOffset, Part.HIGH);
            case MOVHLPS -> between(insn, endOffset, Part.LOW, Part.HIGH);
            case MOVLHPS -> between(insn, endOffset, Part.HIGH, Part.LOW);
            default -> null;
        };
    }

    private static Op whole(Insn insn, int endOffset, boolean aligned) {
        if (insn.kind0() == OperandKind.MEMORY) {
            return new VectorMoves.Store(insn.register1(), new Address(insn, endOffset), aligned);
        }
        return insn.kind1() == OperandKind.MEMORY
                ? new VectorMoves.Load(insn.register0(), new Address(insn, endOffset), aligned)
                : new VectorMoves.Move(insn.register0(), insn.register1());
    }

    private static Op scalar(Insn insn, int endOffset, int bytes) {
        if (insn.kind0() == OperandKind.MEMORY) {
            return storeLow(insn, endOffset, bytes);
        }
        return insn.kind1() == OperandKind.MEMORY
                ? new VectorMoves.LoadLow(
                        insn.register0(), new VectorOperand(insn, endOffset, false))
                : new VectorMoves.MergeLow(insn.register0(), insn.register1(), bytes);
    }

    private static Op storeLow(Insn insn, int endOffset, int bytes) {
        return new VectorMoves.StorePart(
                Part.LOW, 0, bytes, insn.register1(), new Address(insn, endOffset));
    }

    private static Op quadword(Insn insn, int endOffset) {
        return insn.kind0() == OperandKind.MEMORY
                ? storeLow(insn, endOffset, 8)
                : new VectorMoves.LoadLow(
                        insn.register0(), new VectorOperand(insn, endOffset, false));
    }

    private static Op half(Insn insn, int endOffset, Part part) {
        return insn.kind0() == OperandKind.MEMORY
                ? new VectorMoves.StorePart(
                        part, 0, 8, insn.register1(), new Address(insn, endOffset))
                : between(insn, endOffset, part, Part.LOW);
    }

    private static Op between(Insn insn, int endOffset, Part to, Part from) {
        return new VectorMoves.SetHalf(
                to, from, insn.register0(), new VectorOperand(insn, endOffset, false));
    }
}
