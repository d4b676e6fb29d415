package io.understudy.vmx.softfloat;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * The host's arithmetic and the integers' give the same bits and the same flags, whatever the
 * operands.
 */
final class HostArithmeticTest {
    private static final long SEED = Long.getLong("understudy.float.seed", 20261122);
    private static final int PAIRS = Integer.getInteger("understudy.float.pairs", 400_000);
    private static final int MASKED = 0x1f80;
    private static final int PRECISION_SEEN = MASKED | FloatEnvironment.PRECISION;

    private final SplittableRandom random = new SplittableRandom(SEED);
    private final ScalarArithmetic host = new ScalarArithmetic();
    private final ScalarArithmetic integers = new ScalarArithmetic();

    /** Exponents near each other and near both ends, sparse and dense fractions. */
    private long pattern(BinaryFormat f, long near) {
        long r = random.nextLong() >>> (64 - f.bits);
        long fractionMask = (1L << (f.precision - 1)) - 1;
        return switch (random.nextInt(8)) {
            case 0 -> r & f.sign;
            case 1 -> r & (f.sign | fractionMask);
            case 2 ->
                    (r & f.sign) | f.infinity - (random.nextInt(3) << (f.precision - 1)) | (r & 7);
            case 3 -> near ^ random.nextInt(4);
            case 4 -> near ^ f.sign;
            case 5 -> (near & ~(fractionMask >>> random.nextInt(f.precision))) ^ (r & f.sign);
            case 6 -> near + (random.nextLong(-60, 60) << (f.precision - 1)) & f.sign * 2 - 1;
            default -> r;
        };
    }

    @Test
    void doublesAgree() {
        System.out.println("HostArithmeticTest seed " + SEED);
        BinaryFormat f = BinaryFormat.DOUBLE;
        long x = 0x3ff0_0000_0000_0000L;
        for (int i = 0; i < PAIRS; i++) {
            long y = pattern(f, x);
            int mxcsr = (i & 1) == 0 ? MASKED : PRECISION_SEEN;
            begin(mxcsr);
            check("+", x, y, host.addDouble(x, y), integers.add(f, x, y, false), mxcsr);
            begin(mxcsr);
            check("-", x, y, host.subtractDouble(x, y), integers.add(f, x, y, true), mxcsr);
            begin(mxcsr);
            check("*", x, y, host.multiplyDouble(x, y), integers.multiply(f, x, y), mxcsr);
            begin(mxcsr);
            check("/", x, y, host.divideDouble(x, y), integers.divide(f, x, y), mxcsr);
            begin(mxcsr);
            check("root", x, y, host.squareRootDouble(x, y), integers.squareRoot(f, y), mxcsr);
            x = y;
        }
    }

    @Test
    void singlesAgree() {
        BinaryFormat f = BinaryFormat.SINGLE;
        long x = 0x3f80_0000L;
        for (int i = 0; i < PAIRS; i++) {
            long y = pattern(f, x) & 0xffff_ffffL;
            int a = (int) x;
            int b = (int) y;
            int mxcsr = (i & 1) == 0 ? MASKED : PRECISION_SEEN;
            begin(mxcsr);
            check("+", x, y, wide(host.addSingle(a, b)), integers.add(f, x, y, false), mxcsr);
            begin(mxcsr);
            check("-", x, y, wide(host.subtractSingle(a, b)), integers.add(f, x, y, true), mxcsr);
            begin(mxcsr);
            check("*", x, y, wide(host.multiplySingle(a, b)), integers.multiply(f, x, y), mxcsr);
            begin(mxcsr);
            check("/", x, y, wide(host.divideSingle(a, b)), integers.divide(f, x, y), mxcsr);
            begin(mxcsr);
            check(
                    "root",
                    x,
                    y,
                    wide(host.squareRootSingle(a, b)),
                    integers.squareRoot(f, y),
                    mxcsr);
            x = y;
        }
    }

    private static long wide(int bits) {
        return bits & 0xffff_ffffL;
    }

    private void begin(int mxcsr) {
        host.environment.beginSse(mxcsr);
        integers.environment.beginSse(mxcsr);
    }

    private void check(String operation, long x, long y, long fast, long exact, int mxcsr) {
        int hostFlags = host.environment.raised | (mxcsr & FloatEnvironment.PRECISION);
        int exactFlags = integers.environment.raised | (mxcsr & FloatEnvironment.PRECISION);
        if (fast != exact || hostFlags != exactFlags) {
            assertThat("%x flags %x".formatted(fast, hostFlags))
                    .as("seed %d: %x %s %x", SEED, x, operation, y)
                    .isEqualTo("%x flags %x".formatted(exact, exactFlags));
        }
    }
}
