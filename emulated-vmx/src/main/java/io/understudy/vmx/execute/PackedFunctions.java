package io.understudy.vmx.execute;

import static java.util.Map.entry;

import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.simd.Aes;
import io.understudy.vmx.simd.PackedArithmetic;
import io.understudy.vmx.simd.PackedShifts;
import io.understudy.vmx.simd.Packing;
import io.understudy.vmx.simd.Sha;
import io.understudy.vmx.simd.Shuffles;
import io.understudy.vmx.simd.VectorFunction;
import java.util.Map;
import java.util.function.LongBinaryOperator;
import java.util.function.LongUnaryOperator;

/**
 * Which function each packed-integer instruction applies, by the shape of its operation ({@link
 * VectorOps}). MMX forms take the same functions.
 */
final class PackedFunctions {
    /** Functions of the same half of both operands. */
    static final Map<Opcode, LongBinaryOperator> HALVES =
            Map.ofEntries(
                    entry(Opcode.PADDB, PackedArithmetic::addBytes),
                    entry(Opcode.PADDW, PackedArithmetic::addWords),
                    entry(Opcode.PADDD, PackedArithmetic::addDwords),
                    entry(Opcode.PADDQ, PackedArithmetic::addQword),
                    entry(Opcode.PSUBB, PackedArithmetic::subtractBytes),
                    entry(Opcode.PSUBW, PackedArithmetic::subtractWords),
                    entry(Opcode.PSUBD, PackedArithmetic::subtractDwords),
                    entry(Opcode.PSUBQ, PackedArithmetic::subtractQword),
                    entry(Opcode.PADDSB, PackedArithmetic::addSaturatedBytes),
                    entry(Opcode.PADDSW, PackedArithmetic::addSaturatedWords),
                    entry(Opcode.PADDUSB, PackedArithmetic::addSaturatedUnsignedBytes),
                    entry(Opcode.PADDUSW, PackedArithmetic::addSaturatedUnsignedWords),
                    entry(Opcode.PSUBSB, PackedArithmetic::subtractSaturatedBytes),
                    entry(Opcode.PSUBSW, PackedArithmetic::subtractSaturatedWords),
                    entry(Opcode.PSUBUSB, PackedArithmetic::subtractSaturatedUnsignedBytes),
                    entry(Opcode.PSUBUSW, PackedArithmetic::subtractSaturatedUnsignedWords),
                    entry(Opcode.PCMPEQB, PackedArithmetic::equalBytes),
                    entry(Opcode.PCMPEQW, PackedArithmetic::equalWords),
                    entry(Opcode.PCMPEQD, PackedArithmetic::equalDwords),
                    entry(Opcode.PCMPEQQ, PackedArithmetic::equalQword),
                    entry(Opcode.PCMPGTB, PackedArithmetic::greaterBytes),
                    entry(Opcode.PCMPGTW, PackedArithmetic::greaterWords),
                    entry(Opcode.PCMPGTD, PackedArithmetic::greaterDwords),
                    entry(Opcode.PCMPGTQ, PackedArithmetic::greaterQword),
                    entry(Opcode.PMINUB, PackedArithmetic::minUnsignedBytes),
                    entry(Opcode.PMINUW, PackedArithmetic::minUnsignedWords),
                    entry(Opcode.PMINUD, PackedArithmetic::minUnsignedDwords),
                    entry(Opcode.PMINSB, PackedArithmetic::minBytes),
                    entry(Opcode.PMINSW, PackedArithmetic::minWords),
                    entry(Opcode.PMINSD, PackedArithmetic::minDwords),
                    entry(Opcode.PMAXUB, PackedArithmetic::maxUnsignedBytes),
                    entry(Opcode.PMAXUW, PackedArithmetic::maxUnsignedWords),
                    entry(Opcode.PMAXUD, PackedArithmetic::maxUnsignedDwords),
                    entry(Opcode.PMAXSB, PackedArithmetic::maxBytes),
                    entry(Opcode.PMAXSW, PackedArithmetic::maxWords),
                    entry(Opcode.PMAXSD, PackedArithmetic::maxDwords),
                    entry(Opcode.PAVGB, PackedArithmetic::averageBytes),
                    entry(Opcode.PAVGW, PackedArithmetic::averageWords),
                    entry(Opcode.PMULLW, PackedArithmetic::multiplyWordsLow),
                    entry(Opcode.PMULHW, PackedArithmetic::multiplyWordsHigh),
                    entry(Opcode.PMULHUW, PackedArithmetic::multiplyUnsignedWordsHigh),
                    entry(Opcode.PMULHRSW, PackedArithmetic::multiplyWordsRounded),
                    entry(Opcode.PMULLD, PackedArithmetic::multiplyDwordsLow),
                    entry(Opcode.PMULUDQ, PackedArithmetic::multiplyUnsignedDwords),
                    entry(Opcode.PMULDQ, PackedArithmetic::multiplyDwords),
                    entry(Opcode.PMADDWD, PackedArithmetic::multiplyAddWords),
                    entry(Opcode.PMADDUBSW, PackedArithmetic::multiplyAddBytes),
                    entry(Opcode.PSADBW, PackedArithmetic::sumOfAbsoluteDifferences),
                    entry(Opcode.PSIGNB, PackedArithmetic::signBytes),
                    entry(Opcode.PSIGNW, PackedArithmetic::signWords),
                    entry(Opcode.PSIGND, PackedArithmetic::signDwords),
                    entry(Opcode.PABSB, PackedArithmetic::absoluteBytes),
                    entry(Opcode.PABSW, PackedArithmetic::absoluteWords),
                    entry(Opcode.PABSD, PackedArithmetic::absoluteDwords),
                    entry(Opcode.PAND, PackedArithmetic::and),
                    entry(Opcode.ANDPS, PackedArithmetic::and),
                    entry(Opcode.ANDPD, PackedArithmetic::and),
                    entry(Opcode.PANDN, PackedArithmetic::andNot),
                    entry(Opcode.ANDNPS, PackedArithmetic::andNot),
                    entry(Opcode.ANDNPD, PackedArithmetic::andNot),
                    entry(Opcode.POR, PackedArithmetic::or),
                    entry(Opcode.ORPS, PackedArithmetic::or),
                    entry(Opcode.ORPD, PackedArithmetic::or),
                    entry(Opcode.PXOR, PackedArithmetic::xor),
                    entry(Opcode.XORPS, PackedArithmetic::xor),
                    entry(Opcode.XORPD, PackedArithmetic::xor));

    /** Functions of the two halves of one operand, the first operand's result below. */
    static final Map<Opcode, LongBinaryOperator> NARROWINGS =
            Map.ofEntries(
                    entry(Opcode.PACKSSWB, Packing::packWordsToBytes),
                    entry(Opcode.PACKUSWB, Packing::packWordsToUnsignedBytes),
                    entry(Opcode.PACKSSDW, Packing::packDwordsToWords),
                    entry(Opcode.PACKUSDW, Packing::packDwordsToUnsignedWords),
                    entry(Opcode.PHADDW, PackedArithmetic::addNeighbourWords),
                    entry(Opcode.PHADDD, PackedArithmetic::addNeighbourDwords),
                    entry(Opcode.PHADDSW, PackedArithmetic::addNeighbourWordsSaturated),
                    entry(Opcode.PHSUBW, PackedArithmetic::subtractNeighbourWords),
                    entry(Opcode.PHSUBD, PackedArithmetic::subtractNeighbourDwords),
                    entry(Opcode.PHSUBSW, PackedArithmetic::subtractNeighbourWordsSaturated));

    /** Functions of a half and a count. */
    static final Map<Opcode, LongBinaryOperator> SHIFTS =
            Map.ofEntries(
                    entry(Opcode.PSLLW, PackedShifts::leftWords),
                    entry(Opcode.PSLLD, PackedShifts::leftDwords),
                    entry(Opcode.PSLLQ, PackedShifts::leftQword),
                    entry(Opcode.PSRLW, PackedShifts::rightWords),
                    entry(Opcode.PSRLD, PackedShifts::rightDwords),
                    entry(Opcode.PSRLQ, PackedShifts::rightQword),
                    entry(Opcode.PSRAW, PackedShifts::arithmeticRightWords),
                    entry(Opcode.PSRAD, PackedShifts::arithmeticRightDwords));

    /** The lower and the upper half of two halves interleaved. */
    record Interleave(LongBinaryOperator low, LongBinaryOperator high, boolean ofHighHalves) {}

    static final Map<Opcode, Interleave> INTERLEAVES =
            Map.ofEntries(
                    entry(
                            Opcode.PUNPCKLBW,
                            new Interleave(
                                    Packing::interleaveLowBytes,
                                    Packing::interleaveHighBytes,
                                    false)),
                    entry(
                            Opcode.PUNPCKHBW,
                            new Interleave(
                                    Packing::interleaveLowBytes,
                                    Packing::interleaveHighBytes,
                                    true)),
                    entry(
                            Opcode.PUNPCKLWD,
                            new Interleave(
                                    Packing::interleaveLowWords,
                                    Packing::interleaveHighWords,
                                    false)),
                    entry(
                            Opcode.PUNPCKHWD,
                            new Interleave(
                                    Packing::interleaveLowWords,
                                    Packing::interleaveHighWords,
                                    true)),
                    entry(
                            Opcode.PUNPCKLDQ,
                            new Interleave(
                                    Packing::interleaveLowDwords,
                                    Packing::interleaveHighDwords,
                                    false)),
                    entry(
                            Opcode.PUNPCKHDQ,
                            new Interleave(
                                    Packing::interleaveLowDwords,
                                    Packing::interleaveHighDwords,
                                    true)),
                    entry(
                            Opcode.UNPCKLPS,
                            new Interleave(
                                    Packing::interleaveLowDwords,
                                    Packing::interleaveHighDwords,
                                    false)),
                    entry(
                            Opcode.UNPCKHPS,
                            new Interleave(
                                    Packing::interleaveLowDwords,
                                    Packing::interleaveHighDwords,
                                    true)),
                    entry(
                            Opcode.PUNPCKLQDQ,
                            new Interleave(PackedFunctions::first, PackedFunctions::second, false)),
                    entry(
                            Opcode.UNPCKLPD,
                            new Interleave(PackedFunctions::first, PackedFunctions::second, false)),
                    entry(
                            Opcode.PUNPCKHQDQ,
                            new Interleave(PackedFunctions::first, PackedFunctions::second, true)),
                    entry(
                            Opcode.UNPCKHPD,
                            new Interleave(PackedFunctions::first, PackedFunctions::second, true)));

    /** A half from the low bits of a source, of which it uses {@code sourceBits}. */
    record Widening(LongUnaryOperator function, int sourceBits) {}

    static final Map<Opcode, Widening> WIDENINGS =
            Map.ofEntries(
                    entry(Opcode.PMOVSXBW, new Widening(Packing::signExtendBytesToWords, 32)),
                    entry(Opcode.PMOVSXBD, new Widening(Packing::signExtendBytesToDwords, 16)),
                    entry(Opcode.PMOVSXBQ, new Widening(Packing::signExtendByteToQword, 8)),
                    entry(Opcode.PMOVSXWD, new Widening(Packing::signExtendWordsToDwords, 32)),
                    entry(Opcode.PMOVSXWQ, new Widening(Packing::signExtendWordToQword, 16)),
                    entry(Opcode.PMOVSXDQ, new Widening(Packing::signExtendDwordToQword, 32)),
                    entry(Opcode.PMOVZXBW, new Widening(Packing::zeroExtendBytesToWords, 32)),
                    entry(Opcode.PMOVZXBD, new Widening(Packing::zeroExtendBytesToDwords, 16)),
                    entry(Opcode.PMOVZXBQ, new Widening(Packing::zeroExtendByteToQword, 8)),
                    entry(Opcode.PMOVZXWD, new Widening(Packing::zeroExtendWordsToDwords, 32)),
                    entry(Opcode.PMOVZXWQ, new Widening(Packing::zeroExtendWordToQword, 16)),
                    entry(Opcode.PMOVZXDQ, new Widening(Packing::zeroExtendDwordToQword, 32)));

    /** Functions of whole registers. */
    static final Map<Opcode, VectorFunction> WHOLE =
            Map.ofEntries(
                    entry(Opcode.PSHUFB, Shuffles::shuffleBytes),
                    entry(Opcode.PHMINPOSUW, Shuffles::minimumPosition),
                    entry(Opcode.AESENC, Aes::encrypt),
                    entry(Opcode.AESENCLAST, Aes::encryptLast),
                    entry(Opcode.AESDEC, Aes::decrypt),
                    entry(Opcode.AESDECLAST, Aes::decryptLast),
                    entry(Opcode.AESIMC, Aes::inverseMixColumns),
                    entry(Opcode.SHA1NEXTE, Sha::sha1NextE),
                    entry(Opcode.SHA1MSG1, Sha::sha1Message1),
                    entry(Opcode.SHA1MSG2, Sha::sha1Message2),
                    entry(Opcode.SHA256RNDS2, Sha::sha256Rounds),
                    entry(Opcode.SHA256MSG1, Sha::sha256Message1),
                    entry(Opcode.SHA256MSG2, Sha::sha256Message2),
                    entry(Opcode.PBLENDVB, Shuffles.blendByXmm0(1)),
                    entry(Opcode.BLENDVPS, Shuffles.blendByXmm0(4)),
                    entry(Opcode.BLENDVPD, Shuffles.blendByXmm0(8)),
                    entry(Opcode.MOVDDUP, PackedFunctions::duplicateLow),
                    entry(Opcode.MOVSLDUP, PackedFunctions::duplicateEven),
                    entry(Opcode.MOVSHDUP, PackedFunctions::duplicateOdd));

    private PackedFunctions() {}

    private static long first(long a, long b) {
        return a;
    }

    private static long second(long a, long b) {
        return b;
    }

    private static void duplicateLow(long[] low, long[] high, int d, int s) {
        low[d] = low[s];
        high[d] = low[s];
    }

    private static void duplicateEven(long[] low, long[] high, int d, int s) {
        low[d] = Packing.interleaveLowDwords(low[s], low[s]);
        high[d] = Packing.interleaveLowDwords(high[s], high[s]);
    }

    private static void duplicateOdd(long[] low, long[] high, int d, int s) {
        low[d] = Packing.interleaveHighDwords(low[s], low[s]);
        high[d] = Packing.interleaveHighDwords(high[s], high[s]);
    }
}
