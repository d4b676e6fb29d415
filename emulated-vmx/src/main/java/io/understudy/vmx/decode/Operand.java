package io.understudy.vmx.decode;

/**
 * One operand of an opcode form, parsed from the SDM's letters (appendix "Opcode Map", section "Key
 * to Abbreviations").
 *
 * <pre>
 * where: E ModRM.rm   M ModRM.rm, memory only   R ModRM.rm, register only   G ModRM.reg   B VEX.vvvv
 *        S, C, D segment, control, debug register in ModRM.reg   Z low three bits of the opcode
 *        I immediate   sI the same, sign-extended from a byte   J branch displacement   O offset
 *        A far pointer   X, Y source and destination of a string instruction
 *        V, W, U XMM register in ModRM.reg, in ModRM.rm or memory, in ModRM.rm only
 *        P, Q, N MMX register likewise   ST top of the x87 stack   STi x87 register in ModRM.rm
 *        AL CL DX rAX 1 ES CS SS DS FS GS themselves
 * width: b w d q t dq bytes 1 2 4 8 10 16   v operand size   z operand size, at most 4   y 4 or 8 by W
 *        n native: 8 in 64-bit mode, else 4   p far pointer   s table register   none
 * Rv/Mw: operand size in a register, a word in memory
 * </pre>
 */
record Operand(Place place, Width width, int number) {
    /** Where the operand is found. */
    enum Place {
        RM,
        RM_MEMORY,
        RM_REGISTER,
        REG,
        VVVV,
        OPCODE_REGISTER,
        FIXED_GPR,
        PORT,
        SEGMENT_REG,
        FIXED_SEGMENT,
        CONTROL_REG,
        DEBUG_REG,
        IMMEDIATE,
        IMMEDIATE_SIGNED,
        ONE,
        RELATIVE,
        OFFSET,
        FAR_POINTER,
        STRING_SOURCE,
        STRING_DESTINATION,
        XMM_REG,
        XMM_RM,
        XMM_RM_REGISTER,
        MMX_REG,
        MMX_RM,
        MMX_RM_REGISTER,
        X87_TOP,
        X87_RM;

        /** Whether ModRM.rm must name a register. */
        boolean needsRegister() {
            return switch (this) {
                case RM_REGISTER, XMM_RM_REGISTER, MMX_RM_REGISTER, X87_RM -> true;
                default -> false;
            };
        }

        boolean needsModRm() {
            return switch (this) {
                case RM,
                        RM_MEMORY,
                        RM_REGISTER,
                        REG,
                        SEGMENT_REG,
                        CONTROL_REG,
                        DEBUG_REG,
                        XMM_REG,
                        XMM_RM,
                        XMM_RM_REGISTER,
                        MMX_REG,
                        MMX_RM,
                        MMX_RM_REGISTER,
                        X87_RM ->
                        true;
                default -> false;
            };
        }

        /** Whether the width of such an operand, if it comes first, is that of the operation. */
        boolean sizesOperation() {
            return switch (this) {
                case IMMEDIATE,
                        IMMEDIATE_SIGNED,
                        ONE,
                        RELATIVE,
                        PORT,
                        FIXED_SEGMENT,
                        X87_TOP,
                        X87_RM ->
                        false;
                default -> true;
            };
        }
    }

    /** How wide it is. */
    enum Width {
        NONE,
        B,
        W,
        D,
        Q,
        T,
        DQ,
        V,
        Z,
        Y,
        N,
        P,
        S,
        V_IN_REGISTER_W_IN_MEMORY
    }

    private static final String SEGMENTS = "ES CS SS DS FS GS";

    static Operand parse(String text) {
        return switch (text) {
            case "AL" -> new Operand(Place.FIXED_GPR, Width.B, 0);
            case "CL" -> new Operand(Place.FIXED_GPR, Width.B, 1);
            case "rAX" -> new Operand(Place.FIXED_GPR, Width.V, 0);
            case "eAX" -> new Operand(Place.FIXED_GPR, Width.Z, 0);
            case "DX" -> new Operand(Place.PORT, Width.W, 2);
            case "1" -> new Operand(Place.ONE, Width.NONE, 0);
            case "ES", "CS", "SS", "DS", "FS", "GS" ->
                    new Operand(Place.FIXED_SEGMENT, Width.W, SEGMENTS.indexOf(text) / 3);
            case "ST" -> new Operand(Place.X87_TOP, Width.NONE, 0);
            case "STi" -> new Operand(Place.X87_RM, Width.NONE, 0);
            case "Rv/Mw" -> new Operand(Place.RM, Width.V_IN_REGISTER_W_IN_MEMORY, 0);
            case "sIb" -> new Operand(Place.IMMEDIATE_SIGNED, Width.B, 0);
            default -> new Operand(place(text.charAt(0)), width(text.substring(1)), 0);
        };
    }

    private static Place place(char letter) {
        return switch (letter) {
            case 'E' -> Place.RM;
            case 'M' -> Place.RM_MEMORY;
            case 'R' -> Place.RM_REGISTER;
            case 'G' -> Place.REG;
            case 'B' -> Place.VVVV;
            case 'Z' -> Place.OPCODE_REGISTER;
            case 'S' -> Place.SEGMENT_REG;
            case 'C' -> Place.CONTROL_REG;
            case 'D' -> Place.DEBUG_REG;
            case 'I' -> Place.IMMEDIATE;
            case 'J' -> Place.RELATIVE;
            case 'O' -> Place.OFFSET;
            case 'A' -> Place.FAR_POINTER;
            case 'X' -> Place.STRING_SOURCE;
            case 'Y' -> Place.STRING_DESTINATION;
            case 'V' -> Place.XMM_REG;
            case 'W' -> Place.XMM_RM;
            case 'U' -> Place.XMM_RM_REGISTER;
            case 'P' -> Place.MMX_REG;
            case 'Q' -> Place.MMX_RM;
            case 'N' -> Place.MMX_RM_REGISTER;
            default -> throw new IllegalArgumentException("no operand letter " + letter);
        };
    }

    private static Width width(String letters) {
        return letters.isEmpty()
                ? Width.NONE
                : Width.valueOf(letters.toUpperCase(java.util.Locale.ROOT));
    }
}
