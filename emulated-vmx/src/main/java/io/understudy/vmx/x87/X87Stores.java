package io.understudy.vmx.x87;

import static io.understudy.vmx.softfloat.FloatEnvironment.INVALID;
import static io.understudy.vmx.softfloat.FloatEnvironment.TOWARDS_ZERO;

import io.understudy.vmx.softfloat.BinaryFormat;
import io.understudy.vmx.softfloat.FloatEnvironment;
import io.understudy.vmx.softfloat.Unpacked;

/**
 * Stores of ST(0) to memory, in two steps so that the store itself may fault in between: a method
 * named for the format converts to {@link #low} and {@link #high} and tells whether they are to be
 * stored; {@link #finish} then sets flags and pops.
 */
public final class X87Stores {
    /** The largest packed decimal integer. */
    private static final long DECIMAL_MAX = 999_999_999_999_999_999L;

    private static final long DECIMAL_INDEFINITE_LOW = 0xc000_0000_0000_0000L;
    private static final int DECIMAL_INDEFINITE_HIGH = 0xffff;

    private final X87State state;
    private final X87Stack stack;
    private final Unpacked n = new Unpacked();
    private final Extended x = new Extended();

    /** The lower 8 bytes to store. */
    public long low;

    /** Bytes 8 and 9 to store. */
    public int high;

    private boolean stackFault;
    private boolean stores;

    X87Stores(X87State state, X87Stack stack) {
        this.state = state;
        this.stack = stack;
    }

    /** Begins; whether ST(0) is empty, which masked stores an indefinite value. */
    private boolean isEmpty() {
        stackFault = stack.isEmpty(0);
        // An empty register stores, if at all, what an invalid operation does.
        stack.environment.beginX87(state.control);
        stack.get(0, x);
        if (stackFault) {
            stack.environment.raise(INVALID);
        }
        return stackFault;
    }

    private boolean settled() {
        stores = stack.mayStoreToMemory();
        return stores;
    }

    /** FST and FSTP of 32 or 64 bits. */
    public boolean real(BinaryFormat format) {
        if (isEmpty() || x.isUnsupported()) {
            stack.environment.raise(INVALID);
            low = format.defaultNan;
        } else if (x.isNan()) {
            stack.environment.raise(x.isSignalingNan() ? INVALID : 0);
            long payload = x.significand << 1 >>> (65 - format.precision);
            low = format.quieted((x.isNegative() ? format.sign : 0) | format.infinity | payload);
        } else {
            x.unpack(n);
            low = format.pack(stack.environment, n);
        }
        return settled();
    }

    /** FSTP of 80 bits: as it is. */
    public boolean extended() {
        if (isEmpty()) {
            x.setIndefinite();
        }
        low = x.significand;
        high = x.signExponent;
        return settled();
    }

    /** FIST, FISTP and FISTTP of 2, 4 or 8 bytes. */
    public boolean integer(int bytes, boolean truncate) {
        FloatEnvironment environment = stack.environment;
        long most = Long.MAX_VALUE >>> (64 - (bytes << 3));
        boolean fits = !isEmpty() && !x.isUnsupported() && !x.isNan() && !x.isInfinity();
        if (fits) {
            x.unpack(n);
            environment.rounding = truncate ? TOWARDS_ZERO : environment.rounding;
            fits = n.roundToInteger(environment);
            fits &= Long.compareUnsigned(n.high, n.negative ? most + 1 : most) <= 0;
        }
        if (fits) {
            low = n.negative ? -n.high : n.high;
        } else {
            environment.raised = INVALID;
            environment.roundedUp = false;
            low = most + 1;
        }
        return settled();
    }

    /** FBSTP. */
    public boolean packedDecimal() {
        FloatEnvironment environment = stack.environment;
        boolean fits = !isEmpty() && !x.isUnsupported() && !x.isNan() && !x.isInfinity();
        if (fits) {
            x.unpack(n);
            fits = n.roundToInteger(environment);
            fits &= Long.compareUnsigned(n.high, DECIMAL_MAX) <= 0;
        }
        if (fits) {
            long rest = n.high;
            low = 0;
            for (int shift = 0; shift < 64; shift += 4) {
                low |= (rest % 10) << shift;
                rest /= 10;
            }
            high = (int) (rest % 10 | (rest / 10 % 10) << 4) | (x.isNegative() ? 0x8000 : 0);
        } else {
            environment.raised = INVALID;
            environment.roundedUp = false;
            low = DECIMAL_INDEFINITE_LOW;
            high = DECIMAL_INDEFINITE_HIGH;
        }
        return settled();
    }

    /** After the store, or in its place if there is none: flags, and the pop if it was stored. */
    public void finish(boolean pops) {
        state.setConditions(X87State.C1, 0);
        if (stackFault) {
            stack.underflow();
        } else {
            stack.commit();
        }
        if (stores && pops) {
            stack.pop();
        }
    }
}
