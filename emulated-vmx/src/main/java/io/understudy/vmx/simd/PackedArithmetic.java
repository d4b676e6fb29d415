package io.understudy.vmx.simd;

import static io.understudy.vmx.simd.Elements.bytes;
import static io.understudy.vmx.simd.Elements.dwords;
import static io.understudy.vmx.simd.Elements.unsignedBytes;
import static io.understudy.vmx.simd.Elements.unsignedWords;
import static io.understudy.vmx.simd.Elements.words;

/**
 * Arithmetic, comparisons, minima and maxima of the elements of a half (SDM volume 1, "MMX
 * Instructions", "SSE2 128-Bit SIMD Integer Instructions"). Where compiled code lives on one it
 * works on all elements at once, with the top bits of the elements apart.
 */
public final class PackedArithmetic {
    private static final long TOP_OF_BYTES = 0x8080_8080_8080_8080L;
    private static final long TOP_OF_WORDS = 0x8000_8000_8000_8000L;
    private static final long TOP_OF_DWORDS = 0x8000_0000_8000_0000L;
    private static final long LOW_OF_BYTES = 0x0101_0101_0101_0101L;
    private static final long LOW_BYTES_OF_WORDS = 0x00ff_00ff_00ff_00ffL;
    private static final long LOW_OF_WORDS = 0x0001_0001_0001_0001L;

    private PackedArithmetic() {}

    private static long add(long a, long b, long top) {
        return (a & ~top) + (b & ~top) ^ ((a ^ b) & top);
    }

    private static long subtract(long a, long b, long top) {
        return (a | top) - (b & ~top) ^ (~(a ^ b) & top);
    }

    public static long addBytes(long a, long b) {
        return add(a, b, TOP_OF_BYTES);
    }

    public static long addWords(long a, long b) {
        return add(a, b, TOP_OF_WORDS);
    }

    public static long addDwords(long a, long b) {
        return add(a, b, TOP_OF_DWORDS);
    }

    public static long addQword(long a, long b) {
        return a + b;
    }

    public static long subtractBytes(long a, long b) {
        return subtract(a, b, TOP_OF_BYTES);
    }

    public static long subtractWords(long a, long b) {
        return subtract(a, b, TOP_OF_WORDS);
    }

    public static long subtractDwords(long a, long b) {
        return subtract(a, b, TOP_OF_DWORDS);
    }

    public static long subtractQword(long a, long b) {
        return a - b;
    }

    /** All ones in the elements whose top bit is set in {@code tops}, which has no other bits. */
    private static long spreadBytes(long tops) {
        return (tops >>> 7) * 0xff;
    }

    private static long spreadWords(long tops) {
        return (tops >>> 15) * 0xffff;
    }

    /** The top bits of the elements that are zero. */
    private static long zeroTops(long x, long top) {
        return ~((x & ~top) + ~top | x | ~top);
    }

    public static long equalBytes(long a, long b) {
        return spreadBytes(zeroTops(a ^ b, TOP_OF_BYTES));
    }

    public static long equalWords(long a, long b) {
        return spreadWords(zeroTops(a ^ b, TOP_OF_WORDS));
    }

    public static long equalDwords(long a, long b) {
        return dwords(a, b, (x, y) -> x == y ? -1 : 0);
    }

    public static long equalQword(long a, long b) {
        return a == b ? -1 : 0;
    }

    /**
     * The top bits of the elements of {@code a} that are not below those of {@code b}, unsigned.
     */
    private static long notBelow(long a, long b, long top) {
        long difference = (a | top) - (b & ~top);
        return ((a & ~b) | (~(a ^ b) & difference)) & top;
    }

    public static long greaterBytes(long a, long b) {
        return spreadBytes(
                ~notBelow(b ^ TOP_OF_BYTES, a ^ TOP_OF_BYTES, TOP_OF_BYTES) & TOP_OF_BYTES);
    }

    public static long greaterWords(long a, long b) {
        return spreadWords(
                ~notBelow(b ^ TOP_OF_WORDS, a ^ TOP_OF_WORDS, TOP_OF_WORDS) & TOP_OF_WORDS);
    }

    public static long greaterDwords(long a, long b) {
        return dwords(a, b, (x, y) -> x > y ? -1 : 0);
    }

    public static long greaterQword(long a, long b) {
        return a > b ? -1 : 0;
    }

    public static long minUnsignedBytes(long a, long b) {
        long aIsGreater = spreadBytes(notBelow(a, b, TOP_OF_BYTES));
        return (b & aIsGreater) | (a & ~aIsGreater);
    }

    public static long maxUnsignedBytes(long a, long b) {
        long aIsGreater = spreadBytes(notBelow(a, b, TOP_OF_BYTES));
        return (a & aIsGreater) | (b & ~aIsGreater);
    }

    public static long minBytes(long a, long b) {
        return minUnsignedBytes(a ^ TOP_OF_BYTES, b ^ TOP_OF_BYTES) ^ TOP_OF_BYTES;
    }

    public static long maxBytes(long a, long b) {
        return maxUnsignedBytes(a ^ TOP_OF_BYTES, b ^ TOP_OF_BYTES) ^ TOP_OF_BYTES;
    }

    public static long minUnsignedWords(long a, long b) {
        long aIsGreater = spreadWords(notBelow(a, b, TOP_OF_WORDS));
        return (b & aIsGreater) | (a & ~aIsGreater);
    }

    public static long maxUnsignedWords(long a, long b) {
        long aIsGreater = spreadWords(notBelow(a, b, TOP_OF_WORDS));
        return (a & aIsGreater) | (b & ~aIsGreater);
    }

    public static long minWords(long a, long b) {
        return minUnsignedWords(a ^ TOP_OF_WORDS, b ^ TOP_OF_WORDS) ^ TOP_OF_WORDS;
    }

    public static long maxWords(long a, long b) {
        return maxUnsignedWords(a ^ TOP_OF_WORDS, b ^ TOP_OF_WORDS) ^ TOP_OF_WORDS;
    }

    public static long minDwords(long a, long b) {
        return dwords(a, b, Math::min);
    }

    public static long maxDwords(long a, long b) {
        return dwords(a, b, Math::max);
    }

    public static long minUnsignedDwords(long a, long b) {
        return dwords(a, b, (x, y) -> Integer.compareUnsigned(x, y) < 0 ? x : y);
    }

    public static long maxUnsignedDwords(long a, long b) {
        return dwords(a, b, (x, y) -> Integer.compareUnsigned(x, y) > 0 ? x : y);
    }

    public static long addSaturatedBytes(long a, long b) {
        return bytes(a, b, (x, y) -> Elements.saturateByte(x + y));
    }

    public static long addSaturatedWords(long a, long b) {
        return words(a, b, (x, y) -> Elements.saturateWord(x + y));
    }

    public static long addSaturatedUnsignedBytes(long a, long b) {
        return unsignedBytes(a, b, (x, y) -> Elements.saturateUnsignedByte(x + y));
    }

    public static long addSaturatedUnsignedWords(long a, long b) {
        return unsignedWords(a, b, (x, y) -> Elements.saturateUnsignedWord(x + y));
    }

    public static long subtractSaturatedBytes(long a, long b) {
        return bytes(a, b, (x, y) -> Elements.saturateByte(x - y));
    }

    public static long subtractSaturatedWords(long a, long b) {
        return words(a, b, (x, y) -> Elements.saturateWord(x - y));
    }

    public static long subtractSaturatedUnsignedBytes(long a, long b) {
        return maxUnsignedBytes(a, b) - b;
    }

    public static long subtractSaturatedUnsignedWords(long a, long b) {
        return maxUnsignedWords(a, b) - b;
    }

    /** Rounded averages, {@code (a + b + 1) / 2} = {@code (a | b) - (a ^ b) / 2}. */
    public static long averageBytes(long a, long b) {
        return (a | b) - ((a ^ b) >>> 1 & ~TOP_OF_BYTES);
    }

    public static long averageWords(long a, long b) {
        return (a | b) - ((a ^ b) >>> 1 & ~TOP_OF_WORDS);
    }

    public static long multiplyWordsLow(long a, long b) {
        return words(a, b, (x, y) -> x * y);
    }

    public static long multiplyWordsHigh(long a, long b) {
        return words(a, b, (x, y) -> (x * y) >> 16);
    }

    public static long multiplyUnsignedWordsHigh(long a, long b) {
        return unsignedWords(a, b, (x, y) -> (x * y) >>> 16);
    }

    /** PMULHRSW: the product of fractions of 15 bits, rounded. */
    public static long multiplyWordsRounded(long a, long b) {
        return words(a, b, (x, y) -> (((x * y) >> 14) + 1) >> 1);
    }

    public static long multiplyDwordsLow(long a, long b) {
        return dwords(a, b, (x, y) -> x * y);
    }

    public static long multiplyUnsignedDwords(long a, long b) {
        return (a & 0xffff_ffffL) * (b & 0xffff_ffffL);
    }

    public static long multiplyDwords(long a, long b) {
        return (long) (int) a * (int) b;
    }

    /** PMADDWD: sums of the products of neighbouring words. */
    public static long multiplyAddWords(long a, long b) {
        int low =
                Elements.wordAt(a, 0) * Elements.wordAt(b, 0)
                        + Elements.wordAt(a, 1) * Elements.wordAt(b, 1);
        int high =
                Elements.wordAt(a, 2) * Elements.wordAt(b, 2)
                        + Elements.wordAt(a, 3) * Elements.wordAt(b, 3);
        return Elements.pair(low, high);
    }

    /** PMADDUBSW: saturated sums of the products of unsigned bytes of a with signed ones of b. */
    public static long multiplyAddBytes(long a, long b) {
        long r = 0;
        for (int i = 0; i < 8; i += 2) {
            int sum =
                    Elements.unsignedByteAt(a, i) * Elements.byteAt(b, i)
                            + Elements.unsignedByteAt(a, i + 1) * Elements.byteAt(b, i + 1);
            r |= (Elements.saturateWord(sum) & 0xffffL) << (i << 3);
        }
        return r;
    }

    /** PSADBW: the sum of the absolute differences of all bytes. */
    public static long sumOfAbsoluteDifferences(long a, long b) {
        long differences = maxUnsignedBytes(a, b) - minUnsignedBytes(a, b);
        long inWords =
                (differences & LOW_BYTES_OF_WORDS) + (differences >>> 8 & LOW_BYTES_OF_WORDS);
        return (inWords * LOW_OF_WORDS) >>> 48;
    }

    public static long signBytes(long a, long b) {
        return bytes(a, b, (x, y) -> x * Integer.signum(y));
    }

    public static long signWords(long a, long b) {
        return words(a, b, (x, y) -> x * Integer.signum(y));
    }

    public static long signDwords(long a, long b) {
        return dwords(a, b, (x, y) -> x * Integer.signum(y));
    }

    public static long absoluteBytes(long ignored, long b) {
        return bytes(b, b, (x, y) -> Math.abs(x));
    }

    public static long absoluteWords(long ignored, long b) {
        return words(b, b, (x, y) -> Math.abs(x));
    }

    public static long absoluteDwords(long ignored, long b) {
        return dwords(b, b, (x, y) -> Math.abs(x));
    }

    public static long and(long a, long b) {
        return a & b;
    }

    public static long andNot(long a, long b) {
        return ~a & b;
    }

    public static long or(long a, long b) {
        return a | b;
    }

    public static long xor(long a, long b) {
        return a ^ b;
    }

    /** PMOVMSKB: the top bits of the eight bytes of a half. */
    public static int topBitsOfBytes(long x) {
        return (int) (((x >>> 7 & LOW_OF_BYTES) * 0x0102_0408_1020_4080L) >>> 56);
    }

    /** Horizontal: sums of neighbouring elements, those of {@code a} below those of {@code b}. */
    public static long addNeighbourWords(long a, long b) {
        return neighbourWords(a, b, Integer::sum);
    }

    public static long addNeighbourWordsSaturated(long a, long b) {
        return neighbourWords(a, b, (x, y) -> Elements.saturateWord(x + y));
    }

    public static long subtractNeighbourWords(long a, long b) {
        return neighbourWords(a, b, (x, y) -> x - y);
    }

    public static long subtractNeighbourWordsSaturated(long a, long b) {
        return neighbourWords(a, b, (x, y) -> Elements.saturateWord(x - y));
    }

    private static long neighbourWords(long a, long b, Elements.Binary f) {
        return Elements.fourWords(
                f.apply(Elements.wordAt(a, 0), Elements.wordAt(a, 1)),
                f.apply(Elements.wordAt(a, 2), Elements.wordAt(a, 3)),
                f.apply(Elements.wordAt(b, 0), Elements.wordAt(b, 1)),
                f.apply(Elements.wordAt(b, 2), Elements.wordAt(b, 3)));
    }

    public static long addNeighbourDwords(long a, long b) {
        return Elements.pair((int) a + (int) (a >>> 32), (int) b + (int) (b >>> 32));
    }

    public static long subtractNeighbourDwords(long a, long b) {
        return Elements.pair((int) a - (int) (a >>> 32), (int) b - (int) (b >>> 32));
    }
}
