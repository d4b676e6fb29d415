package io.understudy.vmx.x87;

import io.understudy.vmx.x87.X87Arithmetic.Operation;

/**
 * The instructions of the x87 on its registers. Register operands are distances from the top of the
 * stack; operands from memory are set by {@link #loads} first.
 */
public final class X87Unit {
    /** What an arithmetic instruction computes of its destination and its source. */
    public enum Arithmetic {
        ADD(Operation.ADD, false),
        MULTIPLY(Operation.MULTIPLY, false),
        SUBTRACT(Operation.SUBTRACT, false),
        SUBTRACT_REVERSED(Operation.SUBTRACT, true),
        DIVIDE(Operation.DIVIDE, false),
        DIVIDE_REVERSED(Operation.DIVIDE, true);

        private final Operation operation;
        private final boolean reversed;

        Arithmetic(Operation operation, boolean reversed) {
            this.operation = operation;
            this.reversed = reversed;
        }
    }

    private static final int CONDITIONS = X87State.C0 | X87State.C2 | X87State.C3;

    private final X87State state;
    private final X87Stack stack;
    private final X87Arithmetic arithmetic;
    private final PartialRemainder remainder;
    private final Transcendentals transcendentals;

    /** Operands from memory. */
    public final X87Loads loads;

    /** Results for memory. */
    public final X87Stores stores;

    private final Extended x = new Extended();
    private final Extended y = new Extended();
    private final Extended result = new Extended();
    private final Extended second = new Extended();

    public X87Unit(X87State state) {
        this.state = state;
        stack = new X87Stack(state);
        arithmetic = new X87Arithmetic(stack.environment);
        remainder = new PartialRemainder(stack.environment, arithmetic);
        transcendentals = new Transcendentals(stack.environment, arithmetic);
        loads = new X87Loads(stack);
        stores = new X87Stores(state, stack);
    }

    private void begin() {
        stack.begin();
        arithmetic.setPrecision(state.control);
    }

    /** {@code ST(destination) = ST(destination) op ST(source)}, then perhaps a pop. */
    public void arithmetic(Arithmetic op, int destination, int source, boolean pops) {
        begin();
        if (stack.isEmpty(destination) || stack.isEmpty(source)) {
            storeIndefiniteAfterUnderflow(destination, pops);
            return;
        }
        stack.get(destination, x);
        stack.get(source, y);
        apply(op, false);
        if (stack.mayStore()) {
            stack.set(destination, result);
            popIf(pops);
        }
        stack.commit();
    }

    private void apply(Arithmetic op, boolean denormalOperand) {
        arithmetic.apply(
                op.operation, op.reversed ? y : x, op.reversed ? x : y, denormalOperand, result);
    }

    private void storeIndefiniteAfterUnderflow(int destination, boolean pops) {
        if (stack.underflow()) {
            result.setIndefinite();
            stack.set(destination, result);
            popIf(pops);
        }
    }

    private void popIf(boolean pops) {
        if (pops) {
            stack.pop();
        }
    }

    /** {@code ST(0) = ST(0) op memory}. */
    public void arithmeticWithMemory(Arithmetic op) {
        begin();
        if (stack.isEmpty(0)) {
            storeIndefiniteAfterUnderflow(0, false);
            return;
        }
        stack.get(0, x);
        y.set(loads.operand);
        apply(op, loads.isDenormal);
        if (stack.mayStore()) {
            stack.set(0, result);
        }
        stack.commit();
    }

    /**
     * FCOM, FUCOM and their kin: the order of ST(0) and a register in C3, C2 and C0.
     *
     * @param pops how many registers are popped
     */
    public void compare(int with, boolean signaling, int pops) {
        begin();
        boolean empty = stack.isEmpty(0) || stack.isEmpty(with);
        stack.get(0, x);
        stack.get(with, y);
        compareLoaded(empty, false, signaling, pops);
    }

    /** FCOM and FICOM with memory. */
    public void compareWithMemory(int pops) {
        begin();
        stack.get(0, x);
        y.set(loads.operand);
        compareLoaded(stack.isEmpty(0), loads.isDenormal, true, pops);
    }

    /** FTST. */
    public void compareWithZero() {
        begin();
        stack.get(0, x);
        y.setZero(false);
        compareLoaded(stack.isEmpty(0), false, true, 0);
    }

    private void compareLoaded(
            boolean empty, boolean denormalOperand, boolean signaling, int pops) {
        if (empty) {
            if (stack.underflow()) {
                state.setConditions(CONDITIONS, CONDITIONS);
                pop(pops);
            }
            return;
        }
        int order = arithmetic.compare(x, y, denormalOperand, signaling);
        if (stack.mayStore()) {
            state.setConditions(CONDITIONS, orderConditions(order));
            pop(pops);
        }
        stack.commit();
    }

    private void pop(int count) {
        for (int i = 0; i < count; i++) {
            stack.pop();
        }
    }

    private static int orderConditions(int order) {
        return switch (order) {
            case -1 -> X87State.C0;
            case 0 -> X87State.C3;
            case 1 -> 0;
            default -> CONDITIONS;
        };
    }

    /** {@link #order}: an unmasked exception left it undone. */
    public static final int NO_ORDER = 3;

    /**
     * FCOMI, FUCOMI and their kin.
     *
     * @return -1, 0, 1, 2 for unordered, or {@link #NO_ORDER}
     */
    public int order(int with, boolean signaling, boolean pops) {
        stack.beginKeepingConditions();
        if (stack.isEmpty(0) || stack.isEmpty(with)) {
            if (!stack.underflow()) {
                return NO_ORDER;
            }
            popIf(pops);
            return X87Arithmetic.UNORDERED;
        }
        stack.get(0, x);
        stack.get(with, y);
        int order = arithmetic.compare(x, y, false, signaling);
        boolean done = stack.mayStore();
        stack.commit();
        if (!done) {
            return NO_ORDER;
        }
        popIf(pops);
        return order;
    }

    /** FXAM: the class of ST(0) in C3, C2 and C0, its sign in C1. */
    public void examine() {
        stack.get(0, x);
        int kind;
        if (stack.isEmpty(0)) {
            kind = X87State.C3 | X87State.C0;
        } else if (x.isUnsupported()) {
            kind = 0;
        } else if (x.isNan()) {
            kind = X87State.C0;
        } else if (x.isInfinity()) {
            kind = X87State.C2 | X87State.C0;
        } else if (x.isZero()) {
            kind = X87State.C3;
        } else if (x.isDenormal()) {
            kind = X87State.C3 | X87State.C2;
        } else {
            kind = X87State.C2;
        }
        int sign = x.isNegative() ? X87State.C1 : 0;
        state.setConditions(CONDITIONS | X87State.C1, kind | sign);
    }

    /** FLD of a register. */
    public void loadRegister(int index) {
        begin();
        if (!stack.isEmpty(7)) {
            pushIndefiniteAfterOverflow();
        } else if (stack.isEmpty(index)) {
            if (stack.underflow()) {
                result.setIndefinite();
                stack.push(result);
            }
        } else {
            stack.get(index, x);
            stack.push(x);
        }
    }

    private void pushIndefiniteAfterOverflow() {
        if (stack.overflow()) {
            result.setIndefinite();
            stack.push(result);
        }
    }

    /** FLD, FILD and FBLD from memory. */
    public void load() {
        begin();
        if (!stack.isEmpty(7)) {
            pushIndefiniteAfterOverflow();
            return;
        }
        loads.raise();
        if (stack.mayStore()) {
            y.set(loads.operand);
            if (loads.isReal && y.isSignalingNan()) {
                y.significand |= Extended.QUIET_BIT;
            }
            stack.push(y);
        }
        stack.commit();
    }

    /** FLD1, FLDPI and their kin. */
    public void loadConstant(X87Constant constant) {
        begin();
        if (!stack.isEmpty(7)) {
            pushIndefiniteAfterOverflow();
        } else {
            constant.round(stack.environment.rounding, y);
            stack.push(y);
        }
    }

    /** FST and FSTP to a register. */
    public void storeRegister(int index, boolean pops) {
        begin();
        if (stack.isEmpty(0)) {
            storeIndefiniteAfterUnderflow(index, pops);
            return;
        }
        stack.get(0, x);
        stack.set(index, x);
        popIf(pops);
    }

    /** FXCH. */
    public void exchange(int index) {
        begin();
        boolean topEmpty = stack.isEmpty(0);
        boolean otherEmpty = stack.isEmpty(index);
        stack.get(0, x);
        stack.get(index, y);
        if (topEmpty || otherEmpty) {
            if (!stack.underflow()) {
                return;
            }
            if (topEmpty) {
                x.setIndefinite();
            }
            if (otherEmpty) {
                y.setIndefinite();
            }
        }
        stack.set(0, y);
        stack.set(index, x);
    }

    /** FCMOVcc. */
    public void moveIf(boolean condition, int source) {
        stack.beginKeepingConditions();
        if (stack.isEmpty(0) || stack.isEmpty(source)) {
            storeIndefiniteAfterUnderflow(0, false);
        } else if (condition) {
            stack.get(source, x);
            stack.set(0, x);
        }
    }

    /** FCHS and FABS: neither looks at the value. */
    public void changeSign(boolean toPositive) {
        begin();
        if (stack.isEmpty(0)) {
            storeIndefiniteAfterUnderflow(0, false);
            return;
        }
        stack.get(0, x);
        x.signExponent =
                toPositive ? x.signExponent & ~Extended.SIGN : x.signExponent ^ Extended.SIGN;
        stack.set(0, x);
    }

    /** FSQRT, FRNDINT, F2XM1: a function of ST(0). */
    public enum Unary {
        SQUARE_ROOT,
        ROUND,
        POWER_OF_TWO_MINUS_ONE
    }

    public void unary(Unary function) {
        begin();
        if (stack.isEmpty(0)) {
            storeIndefiniteAfterUnderflow(0, false);
            return;
        }
        stack.get(0, x);
        switch (function) {
            case SQUARE_ROOT -> arithmetic.squareRoot(x, result);
            case ROUND -> arithmetic.roundToInteger(x, result);
            case POWER_OF_TWO_MINUS_ONE -> transcendentals.powerOfTwoMinusOne(x, result);
        }
        if (stack.mayStore()) {
            stack.set(0, result);
        }
        stack.commit();
    }

    /** FSCALE. */
    public void scale() {
        begin();
        if (stack.isEmpty(0) || stack.isEmpty(1)) {
            storeIndefiniteAfterUnderflow(0, false);
            return;
        }
        stack.get(0, x);
        stack.get(1, y);
        arithmetic.scale(x, y, result);
        if (stack.mayStore()) {
            stack.set(0, result);
        }
        stack.commit();
    }

    /** FPREM and FPREM1: the remainder, and the low bits of the quotient in C0, C3 and C1. */
    public void partialRemainder(boolean toNearest) {
        begin();
        state.setConditions(X87State.C2, 0);
        if (stack.isEmpty(0) || stack.isEmpty(1)) {
            storeIndefiniteAfterUnderflow(0, false);
            return;
        }
        stack.get(0, x);
        stack.get(1, y);
        remainder.apply(x, y, toNearest, result);
        boolean done = stack.mayStore();
        if (done) {
            stack.set(0, result);
        }
        stack.commit();
        if (done && remainder.hasQuotient) {
            long q = remainder.quotient;
            int bits =
                    ((q & 1) != 0 ? X87State.C1 : 0)
                            | ((q & 2) != 0 ? X87State.C3 : 0)
                            | ((q & 4) != 0 ? X87State.C0 : 0);
            state.setConditions(CONDITIONS | X87State.C1, remainder.isPartial ? X87State.C2 : bits);
        }
    }

    /** FXTRACT: the exponent replaces ST(0), the significand is pushed. */
    public void extract() {
        begin();
        if (isPushImpossible()) {
            return;
        }
        stack.get(0, x);
        arithmetic.extract(x, result, second);
        if (stack.mayStore()) {
            stack.set(0, result);
            stack.push(second);
        }
        stack.commit();
    }

    /** Whether ST(0) is empty or there is no room above it; then two indefinites are stored. */
    private boolean isPushImpossible() {
        boolean empty = stack.isEmpty(0);
        boolean full = !stack.isEmpty(7);
        if (!empty && !full) {
            return false;
        }
        boolean masked = (full && !empty) ? stack.overflow() : stack.underflow();
        if (masked) {
            result.setIndefinite();
            stack.set(0, result);
            stack.push(result);
        }
        return true;
    }

    /** FSIN, FCOS, FPTAN and FSINCOS. */
    public enum Trigonometric {
        SINE,
        COSINE,
        TANGENT,
        SINE_AND_COSINE;

        boolean pushes() {
            return this == TANGENT || this == SINE_AND_COSINE;
        }
    }

    /** C2 tells that the operand was out of range and is left alone. */
    public void trigonometric(Trigonometric function) {
        begin();
        state.setConditions(X87State.C2, 0);
        if (function.pushes() ? isPushImpossible() : stack.isEmpty(0)) {
            if (!function.pushes()) {
                storeIndefiniteAfterUnderflow(0, false);
            }
            return;
        }
        stack.get(0, x);
        if (!transcendentals.trigonometric(function, x, result, second)) {
            state.setConditions(X87State.C2, X87State.C2);
            return;
        }
        if (stack.mayStore()) {
            stack.set(0, result);
            if (function.pushes()) {
                stack.push(second);
            }
        }
        stack.commit();
    }

    /** FPATAN, FYL2X and FYL2XP1: of ST(0) and ST(1) into ST(1), then a pop. */
    public enum Binary {
        ARCTANGENT,
        LOGARITHM,
        LOGARITHM_PLUS_ONE
    }

    public void binary(Binary function) {
        begin();
        if (stack.isEmpty(0) || stack.isEmpty(1)) {
            storeIndefiniteAfterUnderflow(1, true);
            return;
        }
        stack.get(0, x);
        stack.get(1, y);
        switch (function) {
            case ARCTANGENT -> transcendentals.arctangent(x, y, result);
            case LOGARITHM -> transcendentals.logarithm(x, y, result);
            case LOGARITHM_PLUS_ONE -> transcendentals.logarithmPlusOne(x, y, result);
        }
        if (stack.mayStore()) {
            stack.set(1, result);
            stack.pop();
        }
        stack.commit();
    }

    /** FINCSTP and FDECSTP. */
    public void rotate(int by) {
        state.setConditions(X87State.C1, 0);
        state.top = state.top + by & 7;
    }

    /** FFREE, and FFREEP if it pops. */
    public void free(int index, boolean pops) {
        state.full &= ~(1 << state.physical(index));
        popIf(pops);
    }
}
