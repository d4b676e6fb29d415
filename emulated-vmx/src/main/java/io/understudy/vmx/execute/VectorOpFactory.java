package io.understudy.vmx.execute;

import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.simd.Aes;
import io.understudy.vmx.simd.CarrylessMultiply;
import io.understudy.vmx.simd.Sha;
import io.understudy.vmx.simd.Shuffles;
import io.understudy.vmx.simd.VectorFunction;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/** Chooses the operation for an integer instruction on XMM registers, or a move. */
final class VectorOpFactory {
    private VectorOpFactory() {}

    /**
     * @return null if {@code insn} is none of these
     */
    static @Nullable Op of(Insn insn, int endOffset) {
        if (insn.kind0() == OperandKind.MMX || insn.kind1() == OperandKind.MMX) {
            return null;
        }
        Op op = fromTables(insn, endOffset);
        if (op == null) {
            VectorFunction function = controlled(insn);
            op =
                    function != null
                            ? new VectorOps.Whole(
                                    function,
                                    insn.register0(),
                                    new VectorOperand(insn, endOffset, true))
                            : VectorMoveFactory.of(insn, endOffset);
        }
        return op != null ? op : other(insn, endOffset);
    }

    private static @Nullable Op fromTables(Insn insn, int endOffset) {
        Opcode opcode = insn.opcode();
        int d = insn.register0();
        LongBinaryOperator shift = PackedFunctions.SHIFTS.get(opcode);
        if (shift != null && insn.kind1() == OperandKind.IMMEDIATE) {
            return new VectorOps.ShiftingByConstant(shift, d, insn.immediate());
        }
        if (insn.kind0() != OperandKind.XMM) {
            return null;
        }
        boolean aligned = opcode != Opcode.MOVDDUP;
        VectorOperand source = new VectorOperand(insn, endOffset, aligned);
        if (shift != null) {
            return new VectorOps.Shifting(shift, d, source);
        }
        LongBinaryOperator function = PackedFunctions.HALVES.get(opcode);
        if (function != null) {
            return new VectorOps.Halves(function, d, source);
        }
        function = PackedFunctions.NARROWINGS.get(opcode);
        if (function != null) {
            return new VectorOps.Narrowing(function, d, source);
        }
        PackedFunctions.Interleave i = PackedFunctions.INTERLEAVES.get(opcode);
        if (i != null) {
            return new VectorOps.Interleaving(i.low(), i.high(), i.ofHighHalves(), d, source);
        }
        PackedFunctions.Widening w = PackedFunctions.WIDENINGS.get(opcode);
        if (w != null) {
            return new VectorOps.Widening(w.function(), w.sourceBits(), d, source);
        }
        VectorFunction whole = PackedFunctions.WHOLE.get(opcode);
        return whole == null ? null : new VectorOps.Whole(whole, d, source);
    }

    /** The function that the immediate makes of an instruction with one. */
    private static @Nullable VectorFunction controlled(Insn insn) {
        int control = (int) insn.immediate() & 0xff;
        return switch (insn.opcode()) {
            case PSHUFD -> Shuffles.dwords(control);
            case PSHUFLW ->
                    (low, high, d, s) -> {
                        low[d] = Shuffles.words(low[s], control);
                        high[d] = high[s];
                    };
            case PSHUFHW ->
                    (low, high, d, s) -> {
                        low[d] = low[s];
                        high[d] = Shuffles.words(high[s], control);
                    };
            case SHUFPS -> Shuffles.singles(control);
            case SHUFPD -> Shuffles.doubles(control);
            case PSLLDQ -> Shuffles.shiftLeftBytes(control);
            case PSRLDQ -> Shuffles.shiftRightBytes(control);
            case PALIGNR -> Shuffles.align(control);
            case PBLENDW -> Shuffles.blend(control, 2);
            case BLENDPS -> Shuffles.blend(control, 4);
            case BLENDPD -> Shuffles.blend(control, 8);
            case INSERTPS -> Shuffles.insertSingle(control, insn.kind1() == OperandKind.MEMORY);
            case MPSADBW -> Shuffles.sumsOfDifferences(control);
            case PCLMULQDQ -> CarrylessMultiply.of(control);
            case AESKEYGENASSIST -> Aes.keyGenerationAssist(control);
            case SHA1RNDS4 -> Sha.sha1Rounds(control);
            default -> null;
        };
    }

    private static @Nullable Op other(Insn insn, int endOffset) {
        int control = (int) insn.immediate();
        return switch (insn.opcode()) {
            case PTEST ->
                    new VectorOps.Test(insn.register0(), new VectorOperand(insn, endOffset, true));
            case PMOVMSKB -> new VectorOps.TopBits(insn.register0(), insn.register1(), 1);
            case MOVMSKPS -> new VectorOps.TopBits(insn.register0(), insn.register1(), 4);
            case MOVMSKPD -> new VectorOps.TopBits(insn.register0(), insn.register1(), 8);
            case PCMPESTRI, PCMPESTRI_64, PCMPESTRM, PCMPESTRM_64, PCMPISTRI, PCMPISTRM ->
                    strings(insn, endOffset);
            case PINSRB -> insert(insn, endOffset, control & 15, 1);
            case PINSRW -> insert(insn, endOffset, control & 7, 2);
            case PINSRD ->
                    insert(insn, endOffset, element(insn, insn.sourceBytes()), insn.sourceBytes());
            case PEXTRB -> extract(insn, endOffset, control & 15, 1);
            case PEXTRW -> extract(insn, endOffset, control & 7, 2);
            case EXTRACTPS -> extract(insn, endOffset, control & 3, 4);
            case PEXTRD ->
                    extract(
                            insn,
                            endOffset,
                            element(insn, insn.operandBytes()),
                            insn.operandBytes());
            case MOVD -> moveGeneral(insn, endOffset);
            case LDMXCSR -> new VectorMoves.LoadControl(new Address(insn, endOffset));
            case STMXCSR -> new VectorMoves.StoreControl(new Address(insn, endOffset));
            case MASKMOVDQU -> new VectorMoves.StoreMasked(insn);
            default -> null;
        };
    }

    /** Which element the immediate names; higher bits are ignored. */
    private static int element(Insn insn, int bytes) {
        return (int) insn.immediate() & 16 / bytes - 1;
    }

    private static Op insert(Insn insn, int endOffset, int index, int bytes) {
        Operand source = Operand.of(insn, 1, insn.sourceBytes(), endOffset);
        return new VectorMoves.Insert(insn.register0(), source, index, bytes);
    }

    private static Op extract(Insn insn, int endOffset, int index, int bytes) {
        // A register takes the element zero-extended to 64 bits.
        int size = insn.kind0() == OperandKind.MEMORY ? bytes : 8;
        Operand destination = Operand.of(insn, 0, size, endOffset);
        return new VectorMoves.ToGeneral(destination, insn.register1(), index, bytes);
    }

    private static Op moveGeneral(Insn insn, int endOffset) {
        return insn.kind0() == OperandKind.XMM
                ? new VectorMoves.FromGeneral(
                        insn.register0(), Operand.of(insn, 1, insn.sourceBytes(), endOffset))
                : extract(insn, endOffset, 0, insn.operandBytes());
    }

    private static Op strings(Insn insn, int endOffset) {
        Opcode opcode = insn.opcode();
        boolean wide = opcode == Opcode.PCMPESTRI_64 || opcode == Opcode.PCMPESTRM_64;
        boolean explicit = wide || opcode == Opcode.PCMPESTRI || opcode == Opcode.PCMPESTRM;
        boolean toMask =
                opcode == Opcode.PCMPESTRM_64
                        || opcode == Opcode.PCMPESTRM
                        || opcode == Opcode.PCMPISTRM;
        return new VectorOps.CompareStrings(
                explicit,
                !toMask,
                wide,
                (int) insn.immediate() & 0xff,
                insn.register0(),
                new VectorOperand(insn, endOffset, false));
    }
}
