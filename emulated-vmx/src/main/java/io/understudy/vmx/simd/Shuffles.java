package io.understudy.vmx.simd;

/** Instructions that move elements by an immediate or by a register, across halves. */
public final class Shuffles {
    private Shuffles() {}

    private static int dword(long low, long high, int index) {
        return Elements.dwordAt((index & 2) == 0 ? low : high, index & 1);
    }

    /** PSHUFD: each doubleword is the one that two bits of the control name. */
    public static VectorFunction dwords(int control) {
        return (low, high, d, s) -> {
            long l = low[s];
            long h = high[s];
            low[d] = Elements.pair(dword(l, h, control), dword(l, h, control >> 2));
            high[d] = Elements.pair(dword(l, h, control >> 4), dword(l, h, control >> 6));
        };
    }

    /** PSHUFW, and the half that PSHUFLW and PSHUFHW change. */
    public static long words(long x, int control) {
        return Elements.fourWords(
                Elements.wordAt(x, control & 3),
                Elements.wordAt(x, control >> 2 & 3),
                Elements.wordAt(x, control >> 4 & 3),
                Elements.wordAt(x, control >> 6 & 3));
    }

    /** SHUFPS: two doublewords of the destination, then two of the source. */
    public static VectorFunction singles(int control) {
        return (low, high, d, s) -> {
            long l =
                    Elements.pair(
                            dword(low[d], high[d], control), dword(low[d], high[d], control >> 2));
            long h =
                    Elements.pair(
                            dword(low[s], high[s], control >> 4),
                            dword(low[s], high[s], control >> 6));
            low[d] = l;
            high[d] = h;
        };
    }

    /** SHUFPD. */
    public static VectorFunction doubles(int control) {
        return (low, high, d, s) -> {
            long l = (control & 1) == 0 ? low[d] : high[d];
            long h = (control & 2) == 0 ? low[s] : high[s];
            low[d] = l;
            high[d] = h;
        };
    }

    /** PSHUFB on XMM registers. */
    public static void shuffleBytes(long[] low, long[] high, int d, int s) {
        long l = low[d];
        long h = high[d];
        long controlLow = low[s];
        long controlHigh = high[s];
        low[d] = selectBytes(l, h, controlLow);
        high[d] = selectBytes(l, h, controlHigh);
    }

    private static long selectBytes(long low, long high, long controls) {
        long r = 0;
        for (int i = 0; i < 64; i += 8) {
            int control = (int) (controls >>> i) & 0xff;
            if (control < 0x80) {
                long half = (control & 8) == 0 ? low : high;
                r |= (half >>> ((control & 7) << 3) & 0xff) << i;
            }
        }
        return r;
    }

    /** PSHUFB on MMX registers. */
    public static long bytes(long x, long controls) {
        return selectBytes(x, 0, controls & 0x8787_8787_8787_8787L);
    }

    /** PALIGNR: both registers side by side, shifted right by bytes. */
    public static VectorFunction align(int bytes) {
        return (low, high, d, s) -> {
            long l = shiftedOut(low[s], high[s], low[d], high[d], bytes);
            long h = shiftedOut(low[s], high[s], low[d], high[d], bytes + 8);
            low[d] = l;
            high[d] = h;
        };
    }

    /** Eight bytes from {@code offset} on of four words in a row, zeros behind them. */
    private static long shiftedOut(long w0, long w1, long w2, long w3, int offset) {
        int index = offset >> 3;
        int shift = (offset & 7) << 3;
        long first = pick(w0, w1, w2, w3, index);
        long second = pick(w0, w1, w2, w3, index + 1);
        return shift == 0 ? first : first >>> shift | second << (64 - shift);
    }

    private static long pick(long w0, long w1, long w2, long w3, int index) {
        return switch (index) {
            case 0 -> w0;
            case 1 -> w1;
            case 2 -> w2;
            case 3 -> w3;
            default -> 0;
        };
    }

    /** PALIGNR on MMX registers. */
    public static long align(long a, long b, int bytes) {
        return shiftedOut(b, a, 0, 0, bytes);
    }

    /** PSLLDQ. */
    public static VectorFunction shiftLeftBytes(int count) {
        return (low, high, d, s) -> {
            long l = low[d];
            long h = high[d];
            int n = Math.min(count, 16);
            low[d] = shiftedOut(0, 0, l, h, 16 - n);
            high[d] = shiftedOut(0, 0, l, h, 24 - n);
        };
    }

    /** PSRLDQ. */
    public static VectorFunction shiftRightBytes(int count) {
        return (low, high, d, s) -> {
            long l = low[d];
            long h = high[d];
            int n = Math.min(count, 16);
            low[d] = shiftedOut(l, h, 0, 0, n);
            high[d] = shiftedOut(l, h, 0, 0, n + 8);
        };
    }

    /** PBLENDW, BLENDPS and BLENDPD: elements of the source where the control has a bit. */
    public static VectorFunction blend(int control, int elementBytes) {
        long lowMask = blendMask(control, elementBytes);
        long highMask = blendMask(control >> (8 / elementBytes), elementBytes);
        return (low, high, d, s) -> {
            low[d] = (low[d] & ~lowMask) | (low[s] & lowMask);
            high[d] = (high[d] & ~highMask) | (high[s] & highMask);
        };
    }

    private static long blendMask(int control, int elementBytes) {
        long mask = 0;
        long element = elementBytes == 8 ? -1 : (1L << (elementBytes << 3)) - 1;
        for (int i = 0; i < 8 / elementBytes; i++) {
            mask |= (control >> i & 1) != 0 ? element << ((i * elementBytes) << 3) : 0;
        }
        return mask;
    }

    /** PBLENDVB, BLENDVPS and BLENDVPD: as {@link #blend}, by the top bits of XMM0's elements. */
    public static VectorFunction blendByXmm0(int elementBytes) {
        return (low, high, d, s) -> {
            long lowMask = topBitMask(low[0], elementBytes);
            long highMask = topBitMask(high[0], elementBytes);
            low[d] = (low[d] & ~lowMask) | (low[s] & lowMask);
            high[d] = (high[d] & ~highMask) | (high[s] & highMask);
        };
    }

    private static long topBitMask(long x, int elementBytes) {
        return switch (elementBytes) {
            case 1 -> PackedArithmetic.greaterBytes(0, x);
            case 4 -> PackedArithmetic.greaterDwords(0, x);
            default -> x >> 63;
        };
    }

    /** INSERTPS: the control names where to and what becomes zero. */
    public static VectorFunction insertSingle(int control, boolean fromMemory) {
        int from = fromMemory ? 0 : control >> 6 & 3;
        int to = control >> 4 & 3;
        return (low, high, d, s) -> {
            long value = dword(low[s], high[s], from) & 0xffff_ffffL;
            long[] half = to < 2 ? low : high;
            int shift = (to & 1) << 5;
            half[d] = (half[d] & ~(0xffff_ffffL << shift)) | value << shift;
            low[d] &= ~blendMask(control, 4);
            high[d] &= ~blendMask(control >> 2, 4);
        };
    }

    /** PHMINPOSUW: the smallest word and its index. */
    public static void minimumPosition(long[] low, long[] high, int d, int s) {
        int least = Elements.unsignedWordAt(low[s], 0);
        int index = 0;
        for (int i = 1; i < 8; i++) {
            int word = Elements.unsignedWordAt(i < 4 ? low[s] : high[s], i & 3);
            if (word < least) {
                least = word;
                index = i;
            }
        }
        low[d] = least | index << 16;
        high[d] = 0;
    }

    /** MPSADBW: eight sums of absolute differences of four bytes. */
    public static VectorFunction sumsOfDifferences(int control) {
        int sourceOffset = (control & 3) << 2;
        int destinationOffset = control & 4;
        return (low, high, d, s) -> {
            long block = shiftedOut(low[s], high[s], 0, 0, sourceOffset) & 0xffff_ffffL;
            long l = 0;
            long h = 0;
            for (int i = 0; i < 8; i++) {
                long bytes =
                        shiftedOut(low[d], high[d], 0, 0, destinationOffset + i) & 0xffff_ffffL;
                long sum = PackedArithmetic.sumOfAbsoluteDifferences(bytes, block);
                if (i < 4) {
                    l |= sum << (i << 4);
                } else {
                    h |= sum << ((i & 3) << 4);
                }
            }
            low[d] = l;
            high[d] = h;
        };
    }
}
