package io.understudy.vmx.execute;

import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.simd.Shuffles;
import io.understudy.vmx.softfloat.BinaryFormat;
import java.util.function.LongBinaryOperator;
import org.jspecify.annotations.Nullable;

/** Chooses the operation for an instruction on MMX registers. */
final class MmxOpFactory {
    private MmxOpFactory() {}

    /**
     * @return null if {@code insn} is none
     */
    static @Nullable Op of(Insn insn, int endOffset) {
        return switch (insn.opcode()) {
            case EMMS -> new MmxOps.Empty();
            case CVTPI2PS, CVTPI2PD ->
                    new FloatConversions.FromMmx(
                            insn.opcode() == Opcode.CVTPI2PS
                                    ? BinaryFormat.SINGLE
                                    : BinaryFormat.DOUBLE,
                            insn.register0(),
                            new MmxOperand(insn, endOffset));
            default ->
                    (insn.kind0() == OperandKind.MMX || insn.kind1() == OperandKind.MMX)
                            ? onMmx(insn, endOffset)
                            : null;
        };
    }

    private static Op onMmx(Insn insn, int endOffset) {
        Opcode opcode = insn.opcode();
        LongBinaryOperator shift = PackedFunctions.SHIFTS.get(opcode);
        if (shift != null && insn.kind1() == OperandKind.IMMEDIATE) {
            return new MmxOps.ByConstant(shift, insn.register0(), insn.immediate());
        }
        LongBinaryOperator function = shift != null ? shift : function(insn);
        return function != null
                ? new MmxOps.Binary(function, insn.register0(), new MmxOperand(insn, endOffset))
                : other(insn, endOffset);
    }

    private static @Nullable LongBinaryOperator function(Insn insn) {
        Opcode opcode = insn.opcode();
        int control = (int) insn.immediate() & 0xff;
        LongBinaryOperator function = PackedFunctions.HALVES.get(opcode);
        if (function == null) {
            function = PackedFunctions.NARROWINGS.get(opcode);
        }
        PackedFunctions.Interleave interleave = PackedFunctions.INTERLEAVES.get(opcode);
        if (interleave != null) {
            return interleave.ofHighHalves() ? interleave.high() : interleave.low();
        }
        return switch (opcode) {
            case PSHUFB -> Shuffles::bytes;
            case PSHUFW -> (a, b) -> Shuffles.words(b, control);
            case PALIGNR -> (a, b) -> Shuffles.align(a, b, control);
            default -> function;
        };
    }

    private static Op other(Insn insn, int endOffset) {
        int r0 = insn.register0();
        int r1 = insn.register1();
        int control = (int) insn.immediate();
        return switch (insn.opcode()) {
            case MOVQ, MOVNTQ ->
                    insn.kind0() == OperandKind.MEMORY
                            ? new MmxOps.Store(r1, new Address(insn, endOffset))
                            : new MmxOps.Binary((a, b) -> b, r0, new MmxOperand(insn, endOffset));
            case MOVD ->
                    insn.kind0() == OperandKind.MMX
                            ? new MmxOps.FromGeneral(
                                    r0, Operand.of(insn, 1, insn.sourceBytes(), endOffset))
                            : new MmxOps.ToGeneral(
                                    Operand.of(insn, 0, insn.operandBytes(), endOffset),
                                    r1,
                                    0,
                                    insn.operandBytes());
            case PEXTRW ->
                    new MmxOps.ToGeneral(
                            Operand.of(insn, 0, 8, endOffset), r1, (control & 3) << 4, 2);
            case PINSRW ->
                    new MmxOps.InsertWord(
                            r0, Operand.of(insn, 1, insn.sourceBytes(), endOffset), control & 3);
            case PMOVMSKB -> new MmxOps.TopBits(r0, r1);
            case MASKMOVQ -> new MmxOps.StoreMasked(insn);
            case MOVQ2DQ -> new MmxOps.ToVector(r0, r1);
            case MOVDQ2Q -> new MmxOps.FromVector(r0, r1);
            case CVTPS2PI -> toMmx(insn, endOffset, BinaryFormat.SINGLE, false);
            case CVTTPS2PI -> toMmx(insn, endOffset, BinaryFormat.SINGLE, true);
            case CVTPD2PI -> toMmx(insn, endOffset, BinaryFormat.DOUBLE, false);
            case CVTTPD2PI -> toMmx(insn, endOffset, BinaryFormat.DOUBLE, true);
            default -> throw new IllegalStateException("no MMX instruction: " + insn);
        };
    }

    private static Op toMmx(Insn insn, int endOffset, BinaryFormat format, boolean truncate) {
        return new FloatConversions.ToMmx(
                format, truncate, insn.register0(), new VectorOperand(insn, endOffset, true));
    }
}
