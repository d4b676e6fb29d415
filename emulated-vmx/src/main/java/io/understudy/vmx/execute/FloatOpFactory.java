package io.understudy.vmx.execute;

import static java.util.Map.entry;

import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.execute.FloatOps.DoubleFunction;
import io.understudy.vmx.execute.FloatOps.NarrowingFunction;
import io.understudy.vmx.execute.FloatOps.SingleFunction;
import io.understudy.vmx.execute.FloatOps.WideningFunction;
import io.understudy.vmx.softfloat.BinaryFormat;
import io.understudy.vmx.softfloat.Conversions;
import io.understudy.vmx.softfloat.ScalarArithmetic;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Chooses the operation for a floating-point instruction on XMM registers. */
final class FloatOpFactory {
    private static final long LOW = 0xffff_ffffL;

    private static final Map<Opcode, SingleFunction> PACKED_SINGLES =
            Map.ofEntries(
                    entry(Opcode.ADDPS, ScalarArithmetic::addSingle),
                    entry(Opcode.SUBPS, ScalarArithmetic::subtractSingle),
                    entry(Opcode.MULPS, ScalarArithmetic::multiplySingle),
                    entry(Opcode.DIVPS, ScalarArithmetic::divideSingle),
                    entry(Opcode.MINPS, ScalarArithmetic::minSingle),
                    entry(Opcode.MAXPS, ScalarArithmetic::maxSingle),
                    entry(Opcode.SQRTPS, ScalarArithmetic::squareRootSingle),
                    entry(Opcode.RCPPS, (f, a, b) -> Conversions.approximateReciprocal(b)),
                    entry(Opcode.RSQRTPS, (f, a, b) -> Conversions.approximateReciprocalRoot(b)),
                    entry(Opcode.CVTDQ2PS, (f, a, b) -> f.conversions.integerToSingle(b)),
                    entry(Opcode.CVTPS2DQ, (f, a, b) -> toInt32(f, b, false)),
                    entry(Opcode.CVTTPS2DQ, (f, a, b) -> toInt32(f, b, true)));

    private static final Map<Opcode, SingleFunction> SCALAR_SINGLES =
            Map.ofEntries(
                    entry(Opcode.ADDSS, ScalarArithmetic::addSingle),
                    entry(Opcode.SUBSS, ScalarArithmetic::subtractSingle),
                    entry(Opcode.MULSS, ScalarArithmetic::multiplySingle),
                    entry(Opcode.DIVSS, ScalarArithmetic::divideSingle),
                    entry(Opcode.MINSS, ScalarArithmetic::minSingle),
                    entry(Opcode.MAXSS, ScalarArithmetic::maxSingle),
                    entry(Opcode.SQRTSS, ScalarArithmetic::squareRootSingle),
                    entry(Opcode.RCPSS, (f, a, b) -> Conversions.approximateReciprocal(b)),
                    entry(Opcode.RSQRTSS, (f, a, b) -> Conversions.approximateReciprocalRoot(b)));

    private static final Map<Opcode, DoubleFunction> PACKED_DOUBLES =
            Map.of(
                    Opcode.ADDPD, ScalarArithmetic::addDouble,
                    Opcode.SUBPD, ScalarArithmetic::subtractDouble,
                    Opcode.MULPD, ScalarArithmetic::multiplyDouble,
                    Opcode.DIVPD, ScalarArithmetic::divideDouble,
                    Opcode.MINPD, ScalarArithmetic::minDouble,
                    Opcode.MAXPD, ScalarArithmetic::maxDouble,
                    Opcode.SQRTPD, ScalarArithmetic::squareRootDouble);

    private static final Map<Opcode, DoubleFunction> SCALAR_DOUBLES =
            Map.of(
                    Opcode.ADDSD, ScalarArithmetic::addDouble,
                    Opcode.SUBSD, ScalarArithmetic::subtractDouble,
                    Opcode.MULSD, ScalarArithmetic::multiplyDouble,
                    Opcode.DIVSD, ScalarArithmetic::divideDouble,
                    Opcode.MINSD, ScalarArithmetic::minDouble,
                    Opcode.MAXSD, ScalarArithmetic::maxDouble,
                    Opcode.SQRTSD, ScalarArithmetic::squareRootDouble);

    private static final Map<Opcode, WideningFunction> WIDENINGS =
            Map.of(
                    Opcode.CVTPS2PD, (f, x) -> f.conversions.toDouble(x),
                    Opcode.CVTDQ2PD, (f, x) -> f.conversions.integerToDouble(x));

    private static final Map<Opcode, NarrowingFunction> NARROWINGS =
            Map.of(
                    Opcode.CVTPD2PS, (f, x) -> f.conversions.toSingle(x),
                    Opcode.CVTPD2DQ, (f, x) -> f.conversions.toInt32(BinaryFormat.DOUBLE, x, false),
                    Opcode.CVTTPD2DQ,
                            (f, x) -> f.conversions.toInt32(BinaryFormat.DOUBLE, x, true));

    private FloatOpFactory() {}

    private static int toInt32(ScalarArithmetic f, int single, boolean truncate) {
        return f.conversions.toInt32(BinaryFormat.SINGLE, single & LOW, truncate);
    }

    /**
     * @return null if {@code insn} is none of these
     */
    static @Nullable Op of(Insn insn, int endOffset) {
        Op op = fromTables(insn, endOffset);
        if (op == null) {
            op = controlled(insn, endOffset);
        }
        if (op == null) {
            op = convertScalar(insn, endOffset);
        }
        return op != null ? op : other(insn, endOffset);
    }

    private static VectorOperand source(Insn insn, int endOffset) {
        return new VectorOperand(insn, endOffset, true);
    }

    private static @Nullable Op fromTables(Insn insn, int endOffset) {
        Opcode opcode = insn.opcode();
        int d = insn.register0();
        SingleFunction single = PACKED_SINGLES.get(opcode);
        if (single != null) {
            return new FloatOps.PackedSingles(single, d, source(insn, endOffset));
        }
        single = SCALAR_SINGLES.get(opcode);
        if (single != null) {
            return new FloatOps.ScalarSingle(single, d, source(insn, endOffset));
        }
        DoubleFunction function = PACKED_DOUBLES.get(opcode);
        if (function != null) {
            return new FloatOps.PackedDoubles(function, d, source(insn, endOffset));
        }
        function = SCALAR_DOUBLES.get(opcode);
        if (function != null) {
            return new FloatOps.ScalarDouble(function, d, source(insn, endOffset));
        }
        WideningFunction widening = WIDENINGS.get(opcode);
        if (widening != null) {
            return new FloatConversions.WidenPair(widening, d, source(insn, endOffset));
        }
        NarrowingFunction narrowing = NARROWINGS.get(opcode);
        return narrowing == null
                ? null
                : new FloatConversions.NarrowPair(narrowing, d, source(insn, endOffset));
    }

    /** Comparisons and roundings, whose function depends on the immediate. */
    private static @Nullable Op controlled(Insn insn, int endOffset) {
        int control = (int) insn.immediate();
        SingleFunction compareSingles =
                (f, a, b) -> f.test(BinaryFormat.SINGLE, control & 7, a & LOW, b & LOW) ? -1 : 0;
        DoubleFunction compareDoubles =
                (f, a, b) -> f.test(BinaryFormat.DOUBLE, control & 7, a, b) ? -1 : 0;
        SingleFunction roundSingles =
                (f, a, b) ->
                        (int) f.conversions.roundToIntegral(BinaryFormat.SINGLE, b & LOW, control);
        DoubleFunction roundDoubles =
                (f, a, b) -> f.conversions.roundToIntegral(BinaryFormat.DOUBLE, b, control);
        int d = insn.register0();
        return switch (insn.opcode()) {
            case CMPPS -> new FloatOps.PackedSingles(compareSingles, d, source(insn, endOffset));
            case CMPPD -> new FloatOps.PackedDoubles(compareDoubles, d, source(insn, endOffset));
            case CMPSS -> new FloatOps.ScalarSingle(compareSingles, d, source(insn, endOffset));
            case CMPSD -> new FloatOps.ScalarDouble(compareDoubles, d, source(insn, endOffset));
            case ROUNDPS -> new FloatOps.PackedSingles(roundSingles, d, source(insn, endOffset));
            case ROUNDPD -> new FloatOps.PackedDoubles(roundDoubles, d, source(insn, endOffset));
            case ROUNDSS -> new FloatOps.ScalarSingle(roundSingles, d, source(insn, endOffset));
            case ROUNDSD -> new FloatOps.ScalarDouble(roundDoubles, d, source(insn, endOffset));
            case DPPS -> new FloatOps.DotProductSingles(control, d, source(insn, endOffset));
            case DPPD -> new FloatOps.DotProductDoubles(control, d, source(insn, endOffset));
            default -> null;
        };
    }

    private static @Nullable Op convertScalar(Insn insn, int endOffset) {
        int d = insn.register0();
        return switch (insn.opcode()) {
            case CVTSS2SD -> new FloatConversions.WidenScalar(d, source(insn, endOffset));
            case CVTSD2SS -> new FloatConversions.NarrowScalar(d, source(insn, endOffset));
            case CVTSI2SS -> fromInteger(insn, endOffset, BinaryFormat.SINGLE);
            case CVTSI2SD -> fromInteger(insn, endOffset, BinaryFormat.DOUBLE);
            case CVTSS2SI -> toInteger(insn, endOffset, BinaryFormat.SINGLE, false);
            case CVTTSS2SI -> toInteger(insn, endOffset, BinaryFormat.SINGLE, true);
            case CVTSD2SI -> toInteger(insn, endOffset, BinaryFormat.DOUBLE, false);
            case CVTTSD2SI -> toInteger(insn, endOffset, BinaryFormat.DOUBLE, true);
            default -> null;
        };
    }

    private static Op fromInteger(Insn insn, int endOffset, BinaryFormat format) {
        Operand source = Operand.of(insn, 1, insn.sourceBytes(), endOffset);
        return new FloatConversions.FromInteger(format, insn.register0(), source);
    }

    private static Op toInteger(Insn insn, int endOffset, BinaryFormat format, boolean truncate) {
        return new FloatConversions.ToInteger(
                format, truncate, insn.register0(), insn.operandBytes(), source(insn, endOffset));
    }

    private static @Nullable Op other(Insn insn, int endOffset) {
        int d = insn.register0();
        return switch (insn.opcode()) {
            case HADDPS -> neighbours(insn, endOffset, ScalarArithmetic::addSingle);
            case HSUBPS -> neighbours(insn, endOffset, ScalarArithmetic::subtractSingle);
            case HADDPD ->
                    new FloatOps.NeighbouringDoubles(
                            ScalarArithmetic::addDouble, d, source(insn, endOffset));
            case HSUBPD ->
                    new FloatOps.NeighbouringDoubles(
                            ScalarArithmetic::subtractDouble, d, source(insn, endOffset));
            case ADDSUBPS -> new FloatOps.AddSubtractSingles(d, source(insn, endOffset));
            case ADDSUBPD -> new FloatOps.AddSubtractDoubles(d, source(insn, endOffset));
            case COMISS -> compare(insn, endOffset, BinaryFormat.SINGLE, true);
            case COMISD -> compare(insn, endOffset, BinaryFormat.DOUBLE, true);
            case UCOMISS -> compare(insn, endOffset, BinaryFormat.SINGLE, false);
            case UCOMISD -> compare(insn, endOffset, BinaryFormat.DOUBLE, false);
            default -> null;
        };
    }

    private static Op neighbours(Insn insn, int endOffset, SingleFunction function) {
        return new FloatOps.NeighbouringSingles(
                function, insn.register0(), source(insn, endOffset));
    }

    private static Op compare(Insn insn, int endOffset, BinaryFormat format, boolean signaling) {
        return new FloatConversions.Compare(
                format, signaling, insn.register0(), source(insn, endOffset));
    }
}
