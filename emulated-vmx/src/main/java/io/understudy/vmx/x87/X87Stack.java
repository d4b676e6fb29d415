package io.understudy.vmx.x87;

import io.understudy.vmx.softfloat.FloatEnvironment;

/**
 * The register stack with its faults, and the exceptions of one instruction: begun, collected, and
 * committed to the status word.
 *
 * <p>An unmasked invalid operation, denormal operand or division by zero, and a stack fault, leave
 * the registers alone. Any other exception lets the result be stored (SDM volume 1, "x87 FPU
 * Floating-Point Exception Conditions").
 */
final class X87Stack {
    private static final int BEFORE_COMPUTATION =
            FloatEnvironment.INVALID | FloatEnvironment.DENORMAL | FloatEnvironment.ZERO_DIVIDE;

    private final X87State state;
    final FloatEnvironment environment = new FloatEnvironment();

    X87Stack(X87State state) {
        this.state = state;
    }

    void begin() {
        beginKeepingConditions();
        state.setConditions(X87State.C1, 0);
    }

    /** Begins an instruction that leaves C1 alone unless the stack faults. */
    void beginKeepingConditions() {
        environment.beginX87(state.control);
    }

    boolean isEmpty(int index) {
        return state.isEmpty(state.physical(index));
    }

    void get(int index, Extended x) {
        int p = state.physical(index);
        x.set(state.signExponent[p], state.significand[p]);
    }

    void set(int index, Extended x) {
        int p = state.physical(index);
        state.signExponent[p] = x.signExponent;
        state.significand[p] = x.significand;
        state.full |= 1 << p;
    }

    void pop() {
        state.full &= ~(1 << state.top);
        state.top = state.top + 1 & 7;
    }

    void push(Extended x) {
        state.top = state.top - 1 & 7;
        set(0, x);
    }

    /**
     * A register that is read is empty.
     *
     * @return whether the masked response, an indefinite result, follows
     */
    boolean underflow() {
        return stackFault(0);
    }

    /** A register that is pushed onto is not empty; as {@link #underflow}. */
    boolean overflow() {
        return stackFault(X87State.C1);
    }

    private boolean stackFault(int c1) {
        state.setConditions(X87State.C1, c1);
        state.raise(FloatEnvironment.INVALID | X87State.STACK_FAULT);
        return (state.control & FloatEnvironment.INVALID) != 0;
    }

    /** Whether what was raised lets registers change. */
    boolean mayStore() {
        return (environment.raised & ~state.control & BEFORE_COMPUTATION) == 0;
    }

    /** As {@link #mayStore}, for a result in memory, which unmasked range errors hold back too. */
    boolean mayStoreToMemory() {
        int range = FloatEnvironment.OVERFLOW | FloatEnvironment.UNDERFLOW;
        return (environment.raised & ~state.control & (BEFORE_COMPUTATION | range)) == 0;
    }

    /** Sets the flags of what was raised, and C1 if the result was rounded up. */
    void commit() {
        int raised = environment.raised;
        if (!mayStore()) {
            raised &= BEFORE_COMPUTATION;
        }
        if (raised != 0) {
            state.raise(raised);
            if ((raised & FloatEnvironment.PRECISION) != 0 && environment.roundedUp) {
                state.setConditions(X87State.C1, X87State.C1);
            }
        }
    }
}
