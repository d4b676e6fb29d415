package io.understudy.vmx.simd;

/**
 * PCMPESTRI, PCMPESTRM, PCMPISTRI and PCMPISTRM (SDM volume 1, "Programming with SSE4.2 String
 * Instructions"): compares the bytes or words of two strings and gives a bit per element.
 */
public final class StringCompare {
    private static final int EQUAL_ANY = 0;
    private static final int RANGES = 1;
    private static final int EQUAL_EACH = 2;

    private StringCompare() {}

    /** Elements in a register: 16 bytes or 8 words. */
    public static int elements(int control) {
        return (control & 1) == 0 ? 16 : 8;
    }

    /** Length of a string that ends at the first zero element. */
    public static int implicitLength(long low, long high, int control) {
        int n = elements(control);
        for (int i = 0; i < n; i++) {
            if (element(low, high, i, control) == 0) {
                return i;
            }
        }
        return n;
    }

    /** Length of a string whose length is in EAX or EDX, or with REX.W in RAX or RDX. */
    public static int explicitLength(long register, int control) {
        int n = elements(control);
        return (register > n || register < -n) ? n : (int) Math.abs(register);
    }

    /** Element {@code index}, signed if the control says so. */
    private static int element(long low, long high, int index, int control) {
        boolean signed = (control & 2) != 0;
        if ((control & 1) == 0) {
            long half = index < 8 ? low : high;
            return signed
                    ? Elements.byteAt(half, index & 7)
                    : Elements.unsignedByteAt(half, index & 7);
        }
        long half = index < 4 ? low : high;
        return signed ? Elements.wordAt(half, index & 3) : Elements.unsignedWordAt(half, index & 3);
    }

    /**
     * The intermediate result: a bit for each element of the second string.
     *
     * @param aLow the first operand, of {@code aLength} valid elements
     */
    public static int compare(
            long aLow, long aHigh, int aLength, long bLow, long bHigh, int bLength, int control) {
        int n = elements(control);
        int aggregation = control >> 2 & 3;
        int result = 0;
        for (int j = 0; j < n; j++) {
            boolean bit =
                    switch (aggregation) {
                        case EQUAL_ANY, RANGES ->
                                j < bLength
                                        && isAmong(
                                                aLow,
                                                aHigh,
                                                aLength,
                                                element(bLow, bHigh, j, control),
                                                control);
                        case EQUAL_EACH -> {
                            boolean aEnded = j >= aLength;
                            boolean bEnded = j >= bLength;
                            yield (aEnded || bEnded)
                                    ? aEnded && bEnded
                                    : element(aLow, aHigh, j, control)
                                            == element(bLow, bHigh, j, control);
                        }
                        default -> startsAt(aLow, aHigh, aLength, bLow, bHigh, bLength, j, control);
                    };
            result |= bit ? 1 << j : 0;
        }
        return polarised(result, bLength, control);
    }

    /** Whether the element equals one of the first string or lies in one of its ranges. */
    private static boolean isAmong(long aLow, long aHigh, int aLength, int value, int control) {
        if ((control >> 2 & 3) == EQUAL_ANY) {
            for (int i = 0; i < aLength; i++) {
                if (element(aLow, aHigh, i, control) == value) {
                    return true;
                }
            }
            return false;
        }
        for (int i = 0; i + 1 < aLength; i += 2) {
            if (value >= element(aLow, aHigh, i, control)
                    && value <= element(aLow, aHigh, i + 1, control)) {
                return true;
            }
        }
        return false;
    }

    /** Whether the first string, as far as the register shows it, occurs at {@code at}. */
    private static boolean startsAt(
            long aLow,
            long aHigh,
            int aLength,
            long bLow,
            long bHigh,
            int bLength,
            int at,
            int control) {
        int n = elements(control);
        for (int i = 0; i < aLength && at + i < n; i++) {
            if (at + i >= bLength
                    || element(aLow, aHigh, i, control) != element(bLow, bHigh, at + i, control)) {
                return false;
            }
        }
        return true;
    }

    private static int polarised(int result, int bLength, int control) {
        int all = (1 << elements(control)) - 1;
        int valid = (1 << bLength) - 1;
        return switch (control >> 4 & 3) {
            case 1 -> result ^ all;
            case 3 -> result ^ valid;
            default -> result;
        };
    }

    /** Index of the lowest or the highest set bit, or the number of elements if there is none. */
    public static int index(int result, int control) {
        if (result == 0) {
            return elements(control);
        }
        return (control & 0x40) == 0
                ? Integer.numberOfTrailingZeros(result)
                : 31 - Integer.numberOfLeadingZeros(result);
    }

    /** Half {@code 0} or {@code 1} of the mask that goes to XMM0. */
    public static long mask(int result, int control, int half) {
        if ((control & 0x40) == 0) {
            return half == 0 ? result : 0;
        }
        int perHalf = elements(control) / 2;
        int elementBits = 64 / perHalf;
        long mask = 0;
        long element = (1L << elementBits) - 1;
        for (int i = 0; i < perHalf; i++) {
            mask |= (result >> (half * perHalf + i) & 1) != 0 ? element << (i * elementBits) : 0;
        }
        return mask;
    }
}
