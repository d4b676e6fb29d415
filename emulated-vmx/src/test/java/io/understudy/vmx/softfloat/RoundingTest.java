package io.understudy.vmx.softfloat;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Results in every rounding mode against exact decimal arithmetic: the result is the neighbour of
 * the exact value that the mode names, and precision is raised iff it is not the value itself.
 */
final class RoundingTest {
    private static final long SEED = 77;
    private static final int CASES = 20_000;

    private final ScalarArithmetic f = new ScalarArithmetic();

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void sumsAndProductsAreTheNeighbourThatTheModeNames(int mode) {
        SplittableRandom random = new SplittableRandom(SEED + mode);
        for (int i = 0; i < CASES; i++) {
            long x = near(random);
            long y = near(random);
            BigDecimal a = new BigDecimal(Double.longBitsToDouble(x));
            BigDecimal b = new BigDecimal(Double.longBitsToDouble(y));
            f.environment.beginSse(0x1f80 | mode << 13);
            check(mode, a.add(b), f.addDouble(x, y), i);
            f.environment.beginSse(0x1f80 | mode << 13);
            check(mode, a.multiply(b), f.multiplyDouble(x, y), i);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 2, 3})
    void quotientsAndRootsLieOnTheSideThatTheModeNames(int mode) {
        SplittableRandom random = new SplittableRandom(SEED + mode);
        for (int i = 0; i < CASES; i++) {
            long x = near(random);
            long y = near(random);
            BigDecimal a = new BigDecimal(Double.longBitsToDouble(x));
            BigDecimal b = new BigDecimal(Double.longBitsToDouble(y));
            f.environment.beginSse(0x1f80 | mode << 13);
            double q = Double.longBitsToDouble(f.divideDouble(x, y));
            // q against a / b, without dividing: q b against a, turned round for a negative b.
            int order = new BigDecimal(q).multiply(b).compareTo(a) * b.signum();
            checkSide(mode, order, q < 0, i);
            long p = x & Long.MAX_VALUE;
            f.environment.beginSse(0x1f80 | mode << 13);
            double root = Double.longBitsToDouble(f.squareRootDouble(0, p));
            BigDecimal r = new BigDecimal(root);
            checkSide(mode, r.multiply(r).compareTo(a.abs()), false, i);
        }
    }

    /** A double of middling size: fractions full or almost empty. */
    private static long near(SplittableRandom random) {
        long fraction = random.nextLong() & (1L << 52) - 1;
        if (random.nextInt(3) == 0) {
            fraction &= -1L << random.nextInt(52);
        }
        return (long) random.nextInt(0x3ff - 60, 0x3ff + 60) << 52
                | fraction
                | (random.nextLong() & Long.MIN_VALUE);
    }

    private void check(int mode, BigDecimal exact, long bits, int i) {
        double result = Double.longBitsToDouble(bits);
        int order = new BigDecimal(result).compareTo(exact);
        boolean raised = (f.environment.raised & FloatEnvironment.PRECISION) != 0;
        assertThat(raised).as("seed %d case %d", SEED, i).isEqualTo(order != 0);
        if (mode == FloatEnvironment.NEAREST) {
            assertThat(result).as("seed %d case %d", SEED, i).isEqualTo(exact.doubleValue());
            return;
        }
        checkSide(mode, order, exact.signum() < 0, i);
        double inward = order > 0 ? Math.nextDown(result) : Math.nextUp(result);
        if (order != 0) {
            // The neighbour on the other side is beyond the exact value: nothing lies between.
            assertThat(new BigDecimal(inward).compareTo(exact)).isEqualTo(-order);
        }
    }

    /**
     * @param order of the result against the exact value
     */
    private static void checkSide(int mode, int order, boolean negative, int i) {
        boolean right =
                switch (mode) {
                    case FloatEnvironment.DOWN -> order <= 0;
                    case FloatEnvironment.UP -> order >= 0;
                    case FloatEnvironment.TOWARDS_ZERO -> negative ? order >= 0 : order <= 0;
                    default -> true;
                };
        assertThat(right).as("seed %d case %d order %d", SEED, i, order).isTrue();
    }

    @Test
    void tinyIsToldAfterRounding() {
        // (1 - 2^-53) 2^-1022 rounds to the smallest normal number; x86 calls it tiny only if
        // rounding without bounds on the exponent leaves it below.
        long smallest = 0x0010_0000_0000_0000L;
        long justBelowOne = 0x3fef_ffff_ffff_ffffL;
        f.environment.beginSse(0x1f80);
        assertThat(f.multiplyDouble(smallest, justBelowOne)).isEqualTo(smallest);
        assertThat(f.environment.raised)
                .isEqualTo(FloatEnvironment.UNDERFLOW | FloatEnvironment.PRECISION);
        long second = 0x0010_0000_0000_0001L;
        f.environment.beginSse(0x1f80);
        assertThat(f.multiplyDouble(second, justBelowOne)).isEqualTo(smallest);
        assertThat(f.environment.raised).isEqualTo(FloatEnvironment.PRECISION);
    }

    @Test
    void flushedResultsKeepTheirSignAndRaiseUnderflow() {
        f.environment.beginSse(0x1f80 | 1 << 15);
        long result = f.multiplyDouble(0x8010_0000_0000_0000L, 0x3fe0_0000_0000_0000L);
        assertThat(result).isEqualTo(Long.MIN_VALUE);
        assertThat(f.environment.raised)
                .isEqualTo(FloatEnvironment.UNDERFLOW | FloatEnvironment.PRECISION);
    }
}
