package io.understudy.vmx.x87;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.vmx.softfloat.FloatEnvironment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Transcendental functions against identities that hold to the last bits of 64, and their special
 * cases; the recorded vectors cover values.
 */
final class TranscendentalsTest {
    private static final long SEED = 42;
    private final FloatEnvironment environment = new FloatEnvironment();
    private final X87Arithmetic arithmetic = new X87Arithmetic(environment);
    private final Transcendentals functions = new Transcendentals(environment, arithmetic);
    private final Extended x = new Extended();
    private final Extended y = new Extended();
    private final Extended result = new Extended();
    private final Extended second = new Extended();

    private static double value(Extended e) {
        double magnitude = Math.scalb((double) (e.significand >>> 1), e.exponent() - 16383 - 62);
        return e.isNegative() ? -magnitude : magnitude;
    }

    private static void set(Extended e, double value) {
        int exponent = Math.getExponent(value);
        long significand = (long) Math.scalb(Math.abs(value), 62 - exponent) << 1;
        e.set(exponent + 16383 | (value < 0 ? 0x8000 : 0), significand);
    }

    @Test
    void agreesWithTheHostWhereItIsGoodToDoubles() {
        SplittableRandom random = new SplittableRandom(SEED);
        for (int i = 0; i < 20_000; i++) {
            environment.beginX87(0x37f);
            double a = random.nextDouble(-3, 3);
            double b = random.nextDouble(-3, 3);
            set(x, a);
            set(y, b);
            functions.trigonometric(X87Unit.Trigonometric.SINE_AND_COSINE, x, result, second);
            close("sin", a, value(result), Math.sin(a));
            close("cos", a, value(second), Math.cos(a));
            functions.arctangent(x, y, result);
            close("atan2", a, value(result), Math.atan2(b, a));
            set(x, Math.abs(a));
            functions.logarithm(x, y, result);
            close("y log2 x", a, value(result), b * (Math.log(Math.abs(a)) / Math.log(2)));
            double small = a / 3;
            set(x, small);
            functions.powerOfTwoMinusOne(x, result);
            close("2^x-1", small, value(result), Math.expm1(small * Math.log(2)));
            functions.logarithmPlusOne(x, y, result);
            close("y log2 x+1", small, value(result), b * (Math.log1p(small) / Math.log(2)));
        }
    }

    private static void close(String what, double argument, double actual, double expected) {
        assertThat(Math.abs(actual - expected))
                .as("seed %d %s of %s: %s, host %s", SEED, what, argument, actual, expected)
                .isLessThanOrEqualTo(1e-14 * Math.max(Math.abs(expected), 1e-2));
    }

    @Test
    void argumentsAreReducedByAPiOf66Bits() {
        // The extended value nearest to pi exceeds that of 66 bits by 2^-64, and pi by less.
        environment.beginX87(0x37f);
        x.set(0x4000, 0xc90f_daa2_2168_c235L);
        functions.trigonometric(X87Unit.Trigonometric.SINE, x, result, second);
        assertThat(result.signExponent).isEqualTo(0x8000 | 16383 - 64);
        assertThat(result.significand).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void argumentsOfTwoToThe63AreLeftAlone() {
        environment.beginX87(0x37f);
        x.set(16383 + 63, Long.MIN_VALUE);
        assertThat(functions.trigonometric(X87Unit.Trigonometric.COSINE, x, result, second))
                .isFalse();
        x.set(16383 + 62, -1L);
        assertThat(functions.trigonometric(X87Unit.Trigonometric.COSINE, x, result, second))
                .isTrue();
    }
}
