package io.understudy.vmx.x87;

/**
 * Power series in {@link Wide} numbers, each summed from its smallest term and good to about 110
 * bits. Owns the numbers that it works with.
 */
final class Series {
    // Terms after which the rest is below 2^-115 for the largest argument.
    private static final int SINE_TERMS = 15;
    private static final int EXPONENTIAL_TERMS = 32;
    private static final int LOGARITHM_TERMS = 25;

    private static final Wide ONE = new Wide(0, Long.MIN_VALUE, 0);

    private final Wide square = new Wide();
    private final Wide sum = new Wide();
    private final Wide term = new Wide();

    /** {@code result = sin(x)} for a magnitude up to pi / 4. */
    void sine(Wide x, Wide result) {
        square.multiply(x, x);
        alternating(1);
        result.multiply(x, sum);
    }

    /** {@code result = cos(x)} for a magnitude up to pi / 4. */
    void cosine(Wide x, Wide result) {
        square.multiply(x, x);
        alternating(0);
        result.set(sum);
    }

    /** {@code 1 - z / (1 2) (1 - z / (3 4) (...))}, the factors one higher for {@code first} 1. */
    private void alternating(int first) {
        sum.set(ONE);
        for (int k = SINE_TERMS; k > 0; k--) {
            term.multiply(square, sum);
            term.divide(term, (2 * k - 1 + first) * (2 * k + first));
            sum.subtract(ONE, term);
        }
    }

    /** {@code result = e^x - 1} for a magnitude up to ln 2. */
    void exponentialMinusOne(Wide x, Wide result) {
        sum.set(ONE);
        for (int k = EXPONENTIAL_TERMS; k > 1; k--) {
            term.multiply(x, sum);
            term.divide(term, k);
            sum.add(ONE, term);
        }
        result.multiply(x, sum);
    }

    /** {@code result = ln((1 + z) / (1 - z))} for a magnitude up to 0.1716, its value at sqrt 2. */
    void logarithmOfRatio(Wide z, Wide result) {
        square.multiply(z, z);
        sum.setZero();
        for (int k = LOGARITHM_TERMS; k >= 0; k--) {
            term.divide(ONE, 2 * k + 1);
            sum.multiply(sum, square);
            sum.add(sum, term);
        }
        result.multiply(z, sum);
        result.scale(1);
    }
}
