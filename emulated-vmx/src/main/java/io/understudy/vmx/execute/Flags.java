package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/**
 * The six status flags in their lazy form; the only class that interprets {@link Cpu#ccOp}.
 *
 * <p>Results and inputs are kept sign-extended from the operand size. Carries, borrows and
 * overflows of the operand's top bit then show in bit 63, so that no formula depends on the size.
 *
 * <pre>
 * ccOp       ccResult  ccA                 ccB
 * EXPLICIT   -         all six flags       -
 * LOGIC      result    -                   -           CF = OF = AF = 0
 * ADD        result    first addend        second      with or without carry in
 * SUB        result    minuend             subtrahend  with or without borrow in
 * INC, DEC   result    operand             CF as 0/1
 * RESULT     result    CF, OF, AF          -           ZF, SF, PF from the result
 * </pre>
 */
public final class Flags {
    public static final int CF = 1;
    public static final int PF = 1 << 2;
    public static final int AF = 1 << 4;
    public static final int ZF = 1 << 6;
    public static final int SF = 1 << 7;
    public static final int TF = 1 << 8;
    public static final int IF = 1 << 9;
    public static final int DF = 1 << 10;
    public static final int OF = 1 << 11;

    /** CF, PF, AF, ZF, SF and OF. */
    public static final int STATUS = CF | PF | AF | ZF | SF | OF;

    static final int EXPLICIT = 0;
    static final int LOGIC = 1;
    static final int ADD = 2;
    static final int SUB = 3;
    static final int INC = 4;
    static final int DEC = 5;
    static final int RESULT = 6;

    private Flags() {}

    /** RFLAGS as software sees it. */
    public static long rflags(Cpu cpu) {
        return cpu.systemFlags | status(cpu);
    }

    /** Sets all of RFLAGS; bit 1 reads as 1 whatever is given. */
    public static void setRflags(Cpu cpu, long rflags) {
        cpu.systemFlags = (rflags & ~STATUS) | 2;
        setStatus(cpu, (int) rflags);
    }

    /** The six status flags at their places in RFLAGS, every other bit zero. */
    public static int status(Cpu cpu) {
        if (cpu.ccOp == EXPLICIT) {
            return (int) cpu.ccA;
        }
        return (carry(cpu) ? CF : 0)
                | (parity(cpu) ? PF : 0)
                | (adjust(cpu) ? AF : 0)
                | (cpu.ccResult == 0 ? ZF : 0)
                | (cpu.ccResult < 0 ? SF : 0)
                | (overflow(cpu) ? OF : 0);
    }

    /** Sets the six status flags from their places in {@code flags}; other bits are ignored. */
    public static void setStatus(Cpu cpu, int flags) {
        cpu.ccOp = EXPLICIT;
        cpu.ccA = flags & STATUS;
    }

    /** Sets the flags named by {@code mask} to those in {@code flags} and keeps the others. */
    static void update(Cpu cpu, int mask, int flags) {
        setStatus(cpu, (status(cpu) & ~mask) | (flags & mask));
    }

    /** Sets CF and OF as given and keeps the others, without computing those that are lazy. */
    static void setCarryAndOverflow(Cpu cpu, int carryOverflow) {
        if (cpu.ccOp == EXPLICIT) {
            cpu.ccA = (cpu.ccA & ~(CF | OF)) | carryOverflow;
        } else {
            cpu.ccA = carryOverflow | (adjust(cpu) ? AF : 0);
            cpu.ccOp = RESULT;
        }
    }

    /** Sets CF and keeps the others, without computing those that are lazy. */
    static void setCarry(Cpu cpu, boolean carry) {
        setCarryAndOverflow(cpu, (carry ? CF : 0) | (overflow(cpu) ? OF : 0));
    }

    /** ZF, SF and PF of a sign-extended result; CF, OF and AF as given. */
    static void setResult(Cpu cpu, long result, int carryOverflowAdjust) {
        cpu.ccOp = RESULT;
        cpu.ccResult = result;
        cpu.ccA = carryOverflowAdjust;
    }

    /** ZF, SF and PF of a sign-extended result; CF, OF and AF clear. */
    static void setLogic(Cpu cpu, long result) {
        cpu.ccOp = LOGIC;
        cpu.ccResult = result;
    }

    public static boolean carry(Cpu cpu) {
        long a = cpu.ccA;
        long b = cpu.ccB;
        long r = cpu.ccResult;
        return switch (cpu.ccOp) {
            case LOGIC -> false;
            case ADD -> ((a & b) | ((a | b) & ~r)) < 0;
            case SUB -> ((~a & b) | ((~a | b) & r)) < 0;
            case INC, DEC -> b != 0;
            default -> (a & CF) != 0;
        };
    }

    public static boolean overflow(Cpu cpu) {
        long a = cpu.ccA;
        long b = cpu.ccB;
        long r = cpu.ccResult;
        return switch (cpu.ccOp) {
            case LOGIC -> false;
            case ADD -> ((a ^ r) & (b ^ r)) < 0;
            case SUB -> ((a ^ b) & (a ^ r)) < 0;
            case INC -> (~a & r) < 0;
            case DEC -> (a & ~r) < 0;
            default -> (a & OF) != 0;
        };
    }

    public static boolean adjust(Cpu cpu) {
        return switch (cpu.ccOp) {
            case LOGIC -> false;
            case ADD, SUB -> ((cpu.ccA ^ cpu.ccB ^ cpu.ccResult) & 0x10) != 0;
            case INC, DEC -> ((cpu.ccA ^ cpu.ccResult) & 0x10) != 0;
            default -> (cpu.ccA & AF) != 0;
        };
    }

    public static boolean zero(Cpu cpu) {
        return cpu.ccOp == EXPLICIT ? (cpu.ccA & ZF) != 0 : cpu.ccResult == 0;
    }

    public static boolean sign(Cpu cpu) {
        return cpu.ccOp == EXPLICIT ? (cpu.ccA & SF) != 0 : cpu.ccResult < 0;
    }

    public static boolean parity(Cpu cpu) {
        return cpu.ccOp == EXPLICIT
                ? (cpu.ccA & PF) != 0
                : (Integer.bitCount((int) cpu.ccResult & 0xff) & 1) == 0;
    }

    static boolean belowOrEqual(Cpu cpu) {
        return carry(cpu) || zero(cpu);
    }

    static boolean less(Cpu cpu) {
        return sign(cpu) != overflow(cpu);
    }

    static boolean lessOrEqual(Cpu cpu) {
        return zero(cpu) || sign(cpu) != overflow(cpu);
    }

    /**
     * @param condition condition code 0..15 as encoded in Jcc, SETcc and CMOVcc
     */
    static boolean holds(Cpu cpu, int condition) {
        boolean even =
                switch (condition >> 1) {
                    case 0 -> overflow(cpu);
                    case 1 -> carry(cpu);
                    case 2 -> zero(cpu);
                    case 3 -> belowOrEqual(cpu);
                    case 4 -> sign(cpu);
                    case 5 -> parity(cpu);
                    case 6 -> less(cpu);
                    default -> lessOrEqual(cpu);
                };
        return even != ((condition & 1) != 0);
    }
}
