package io.understudy.vmx.decode;

import io.understudy.vmx.decode.Operand.Place;
import io.understudy.vmx.decode.Operand.Width;
import org.jspecify.annotations.Nullable;

/**
 * Decodes one instruction: prefixes, opcode, ModRM, displacement, immediates, in the order of the
 * bytes.
 *
 * <p>Reading past the bytes at hand yields zeros and is remembered in the {@link InsnBytes}, so the
 * parser runs straight through and asks once, wherever it would give a verdict.
 */
final class InsnParser {
    private static final int CR8 = 8;

    private final InsnBytes bytes;
    private final int codeBits;

    private boolean operandPrefix;
    private boolean addressPrefix;
    private boolean lock;

    /** 0, or the last of F2 and F3. */
    private int repeatPrefix;

    private int segmentPrefix = -1;

    /** The REX byte directly before the opcode, else 0; a VEX prefix sets its four bits. */
    private int rex;

    private boolean vex;
    private int vvvv;

    private int map;
    private int opcodeByte;
    private int modRm;
    private boolean modRmIsRegister;

    private int addressBytes;
    private int base = Insn.NO_REGISTER;
    private int index = Insn.NO_REGISTER;
    private int scale;
    private long displacement;
    private long immediate;
    private int immediate2;
    private boolean immediateSeen;

    InsnParser(byte[] bytes, int offset, int available, int codeBits) {
        this.bytes = new InsnBytes(bytes, offset, available);
        this.codeBits = codeBits;
    }

    Insn parse() {
        prefixes();
        if (!opcode()) {
            return verdict(Opcode.INVALID);
        }
        Form[] forms = OpcodeTable.forms(map, opcodeByte);
        if (forms.length == 0 || bytes.ranOut()) {
            return verdict(Opcode.INVALID);
        }
        if (forms[0].hasModRm()) {
            modRm = bytes.next8();
        }
        Form form = select(forms);
        if (form == null || bytes.ranOut()) {
            return verdict(Opcode.INVALID);
        }
        addressBytes = addressBytes();
        modRmIsRegister = modRm >= 0xc0 || form.modIgnored();
        if (form.hasModRm() && !modRmIsRegister) {
            if (addressBytes == 2) {
                address16();
            } else {
                address32();
            }
        }
        return operation(form);
    }

    private void prefixes() {
        while (true) {
            int b = bytes.peek8();
            if (codeBits == 64 && (b & 0xf0) == 0x40) {
                rex = b;
            } else if (legacyPrefix(b)) {
                rex = 0;
            } else {
                return;
            }
            bytes.next8();
            if (bytes.ranOut()) {
                return;
            }
        }
    }

    private boolean legacyPrefix(int b) {
        switch (b) {
            case 0x66 -> operandPrefix = true;
            case 0x67 -> addressPrefix = true;
            case 0xf0 -> lock = true;
            case 0xf2, 0xf3 -> repeatPrefix = b;
            case 0x64 -> segmentPrefix = Insn.FS;
            case 0x65 -> segmentPrefix = Insn.GS;
            case 0x26, 0x2e, 0x36, 0x3e -> {
                // Null prefixes in 64-bit mode: they do not even undo FS or GS.
                if (codeBits != 64) {
                    segmentPrefix = (b >> 3) & 3;
                }
            }
            default -> {
                return false;
            }
        }
        return true;
    }

    /** Reads the opcode and what selects its map; false if no opcode can follow. */
    private boolean opcode() {
        int b = bytes.next8();
        if ((b == 0xc4 || b == 0xc5) && (codeBits == 64 || bytes.peek8() >= 0xc0)) {
            return vexPrefix(b == 0xc4);
        }
        if (b == 0x0f) {
            b = bytes.next8();
            map = OpcodeTable.MAP_0F;
            if (b == 0x38 || b == 0x3a) {
                map = b == 0x38 ? OpcodeTable.MAP_0F38 : OpcodeTable.MAP_0F3A;
                b = bytes.next8();
            }
        }
        opcodeByte = b;
        return true;
    }

    /**
     * Reads a VEX prefix: {@code C5 RvvvvLpp} or {@code C4 RXBmmmmm WvvvvLpp}, R, X, B and vvvv
     * inverted.
     */
    private boolean vexPrefix(boolean threeBytes) {
        int first = bytes.next8();
        if (rex != 0 || operandPrefix || repeatPrefix != 0 || lock) {
            return false;
        }
        int vexMap = OpcodeTable.MAP_0F;
        int second = first;
        rex = (~first >> 5) & 4;
        if (threeBytes) {
            rex = (~first >> 5) & 7;
            vexMap = first & 0x1f;
            second = bytes.next8();
            rex |= (second >> 4) & 8;
        }
        if (codeBits != 64) {
            rex = 0;
        }
        vex = true;
        vvvv = (~second >> 3) & (codeBits == 64 ? 15 : 7);
        operandPrefix = (second & 3) == 1;
        repeatPrefix = (second & 2) == 0 ? 0 : (second & 1) == 0 ? 0xf3 : 0xf2;
        if (vexMap < OpcodeTable.MAP_0F || vexMap > OpcodeTable.MAP_0F3A || (second & 4) != 0) {
            return false;
        }
        map = OpcodeTable.VEX + vexMap;
        opcodeByte = bytes.next8();
        return true;
    }

    private @Nullable Form select(Form[] forms) {
        for (Form f : forms) {
            if (fits(f)) {
                return f;
            }
        }
        return null;
    }

    private boolean fits(Form f) {
        boolean prefixFits =
                switch (f.prefix()) {
                    case ANY -> true;
                    case NONE -> repeatPrefix == 0 && !operandPrefix;
                    case NO_REPEAT -> repeatPrefix == 0;
                    case P66 -> repeatPrefix == 0 && operandPrefix;
                    case PF3 -> repeatPrefix == 0xf3;
                    case PF2 -> repeatPrefix == 0xf2;
                };
        boolean modFits =
                switch (f.mod()) {
                    case ANY -> true;
                    case MEMORY -> modRm < 0xc0;
                    case REGISTER -> modRm >= 0xc0;
                };
        boolean modeFits =
                switch (f.modes()) {
                    case ALL -> true;
                    case ONLY_64 -> codeBits == 64;
                    case NOT_64 -> codeBits != 64;
                };
        boolean rexFits =
                switch (f.rex()) {
                    case ANY -> true;
                    case W_SET -> (rex & 8) != 0;
                    case B_CLEAR -> (rex & 1) == 0;
                };
        return prefixFits
                && modFits
                && modeFits
                && rexFits
                && (f.digit() == Form.ANY || f.digit() == ((modRm >> 3) & 7))
                && (f.modRm() == Form.ANY || f.modRm() == modRm);
    }

    private int addressBytes() {
        return switch (codeBits) {
            case 64 -> addressPrefix ? 4 : 8;
            case 32 -> addressPrefix ? 2 : 4;
            default -> addressPrefix ? 4 : 2;
        };
    }

    /** Memory operand of ModRM with 16-bit addresses: BX or BP, SI or DI, displacement. */
    private void address16() {
        int rm = modRm & 7;
        int mod = modRm >> 6;
        base =
                switch (rm) {
                    case 0, 1, 7 -> 3;
                    case 2, 3, 6 -> 5;
                    case 4 -> 6;
                    default -> 7;
                };
        if (rm < 4) {
            index = 6 + (rm & 1);
        }
        if (mod == 0 && rm == 6) {
            base = Insn.NO_REGISTER;
            displacement = bytes.nextSigned(2);
        } else if (mod != 0) {
            displacement = bytes.nextSigned(mod);
        }
    }

    /** Memory operand of ModRM and SIB with 32- and 64-bit addresses. */
    private void address32() {
        int rm = modRm & 7;
        int mod = modRm >> 6;
        int low = rm;
        if (rm == 4) {
            int sib = bytes.next8();
            low = sib & 7;
            int i = ((sib >> 3) & 7) | ((rex & 2) << 2);
            if (i != 4) {
                index = i;
                scale = sib >> 6;
            }
        }
        if (mod == 0 && low == 5) {
            base = (rm == 5 && codeBits == 64) ? Insn.RIP_BASE : Insn.NO_REGISTER;
            displacement = bytes.nextSigned(4);
            return;
        }
        base = low | ((rex & 1) << 3);
        if (mod != 0) {
            displacement = bytes.nextSigned(mod == 1 ? 1 : 4);
        }
    }

    private Insn operation(Form form) {
        int size = operandSize(form.size());
        OperandKind[] kinds = {OperandKind.NONE, OperandKind.NONE, OperandKind.NONE};
        int[] registers = new int[3];
        boolean valid = !lock || (form.lockable() && !modRmIsRegister);
        boolean usesVvvv = false;
        for (int i = 0; i < form.operands().size(); i++) {
            Operand o = form.operands().get(i);
            int width = bytesOf(o.width(), size);
            kinds[i] = kind(form, o);
            registers[i] = register(o);
            valid &=
                    registers[i] >= 0
                            && !(form.opcode() == Opcode.MOV_TO_SEG && registers[0] == Insn.CS);
            usesVvvv |= o.place() == Place.VVVV;
            if (width == 1 && kinds[i] == OperandKind.GPR && rex == 0 && !vex && registers[i] > 3) {
                kinds[i] = OperandKind.GPR_HIGH;
                registers[i] -= 4;
            }
            constant(o, width);
            if (o.place() == Place.IMMEDIATE && kinds[0] == OperandKind.IMMEDIATE && i == 1) {
                kinds[1] = OperandKind.NONE;
            }
        }
        if (bytes.ranOut() || !valid || (vex && !usesVvvv && vvvv != 0)) {
            return verdict(Opcode.INVALID);
        }
        int operandBytes = bytesOf(form.width(), size);
        boolean comparing = form.string() == Form.Repeat.COMPARE;
        return new Insn(
                form.opcode(),
                bytes.length(),
                operandBytes,
                addressBytes,
                form.condition(),
                kinds[0],
                registers[0],
                kinds[1],
                registers[1],
                kinds[2],
                registers[2],
                sourceBytes(form, size, operandBytes),
                segment(),
                base,
                index,
                scale,
                displacement,
                immediate,
                immediate2,
                lock,
                form.string() != Form.Repeat.NONE
                        && (repeatPrefix == 0xf3 || (repeatPrefix != 0 && !comparing)),
                comparing && repeatPrefix == 0xf2);
    }

    private int operandSize(Form.Size rule) {
        if (codeBits != 64) {
            return (codeBits == 32) == operandPrefix ? 2 : 4;
        }
        if (rule == Form.Size.FORCED_64 || (rex & 8) != 0) {
            return 8;
        }
        return operandPrefix ? 2 : rule == Form.Size.DEFAULT_64 ? 8 : 4;
    }

    private int bytesOf(Width width, int size) {
        return switch (width) {
            case B -> 1;
            case W -> 2;
            case D -> 4;
            case Q -> 8;
            case T -> 10;
            case DQ -> 16;
            case NONE, V, P -> size;
            case Z -> Math.min(size, 4);
            case Y -> (rex & 8) != 0 ? 8 : 4;
            case N -> codeBits == 64 ? 8 : 4;
            case S -> codeBits == 64 ? 8 : size;
            case V_IN_REGISTER_W_IN_MEMORY -> modRmIsRegister ? size : 2;
        };
    }

    private OperandKind kind(Form form, Operand o) {
        return switch (o.place()) {
            case RM, RM_MEMORY, RM_REGISTER ->
                    modRmIsRegister ? OperandKind.GPR : OperandKind.MEMORY;
            case REG, VVVV, OPCODE_REGISTER, FIXED_GPR -> OperandKind.GPR;
            case XMM_REG -> OperandKind.XMM;
            case XMM_RM, XMM_RM_REGISTER -> modRmIsRegister ? OperandKind.XMM : OperandKind.MEMORY;
            case MMX_REG -> OperandKind.MMX;
            case MMX_RM, MMX_RM_REGISTER -> modRmIsRegister ? OperandKind.MMX : OperandKind.MEMORY;
            case X87_TOP, X87_RM -> OperandKind.X87;
            case PORT -> form.string() == Form.Repeat.NONE ? OperandKind.GPR : OperandKind.NONE;
            case SEGMENT_REG, FIXED_SEGMENT -> OperandKind.SEGMENT;
            case CONTROL_REG -> OperandKind.CONTROL_REGISTER;
            case DEBUG_REG -> OperandKind.DEBUG_REGISTER;
            case IMMEDIATE, IMMEDIATE_SIGNED, ONE, FAR_POINTER -> OperandKind.IMMEDIATE;
            case RELATIVE -> OperandKind.RELATIVE;
            case OFFSET -> OperandKind.MEMORY;
            case STRING_SOURCE, STRING_DESTINATION -> OperandKind.NONE;
        };
    }

    /** Register number of an operand, 0 if it is none, -1 if there is no such register. */
    private int register(Operand o) {
        int reg = (modRm >> 3) & 7;
        int wideReg = reg | ((rex & 4) << 1);
        return switch (o.place()) {
            case RM, RM_REGISTER, XMM_RM, XMM_RM_REGISTER ->
                    modRmIsRegister ? (modRm & 7) | ((rex & 1) << 3) : 0;
            case MMX_RM, MMX_RM_REGISTER -> modRmIsRegister ? modRm & 7 : 0;
            case X87_RM -> modRm & 7;
            case REG, XMM_REG -> wideReg;
            case MMX_REG -> reg;
            case VVVV -> vvvv;
            case OPCODE_REGISTER -> (opcodeByte & 7) | ((rex & 1) << 3);
            case FIXED_GPR, PORT, FIXED_SEGMENT -> o.number();
            case SEGMENT_REG -> reg <= Insn.GS ? reg : -1;
            case CONTROL_REG ->
                    (wideReg == 0 || (wideReg >= 2 && wideReg <= 4) || wideReg == CR8)
                            ? wideReg
                            : -1;
            case DEBUG_REG -> wideReg < 8 ? wideReg : -1;
            default -> 0;
        };
    }

    /** Reads what follows ModRM and its displacement. */
    private void constant(Operand o, int width) {
        switch (o.place()) {
            case IMMEDIATE -> {
                if (immediateSeen) {
                    immediate2 = (int) bytes.nextUnsigned(width);
                } else if (o.width() == Width.Z) {
                    immediate = bytes.nextSigned(width);
                } else {
                    immediate = bytes.nextUnsigned(width);
                }
                immediateSeen = true;
            }
            case IMMEDIATE_SIGNED, RELATIVE -> immediate = bytes.nextSigned(width);
            case ONE -> immediate = 1;
            case OFFSET -> displacement = bytes.nextUnsigned(addressBytes);
            case FAR_POINTER -> {
                immediate = bytes.nextUnsigned(width);
                immediate2 = (int) bytes.nextUnsigned(2);
            }
            default -> {}
        }
    }

    private int sourceBytes(Form form, int size, int operandBytes) {
        if (form.operands().size() < 2 || form.operands().get(1).width() == Width.NONE) {
            return operandBytes;
        }
        return switch (form.operands().get(1).place()) {
            case RM, RM_MEMORY, RM_REGISTER, XMM_RM, XMM_RM_REGISTER, MMX_RM, MMX_RM_REGISTER ->
                    bytesOf(form.operands().get(1).width(), size);
            default -> operandBytes;
        };
    }

    private int segment() {
        if (segmentPrefix >= 0) {
            return segmentPrefix;
        }
        // RSP and RBP address the stack; an index does not.
        return (base == 4 || base == 5) ? Insn.SS : Insn.DS;
    }

    private Insn verdict(Opcode invalid) {
        Opcode opcode =
                bytes.tooLong() ? Opcode.TOO_LONG : bytes.ranOut() ? Opcode.INCOMPLETE : invalid;
        return new Insn(
                opcode,
                bytes.length(),
                0,
                codeBits / 8,
                0,
                OperandKind.NONE,
                0,
                OperandKind.NONE,
                0,
                OperandKind.NONE,
                0,
                0,
                Insn.DS,
                Insn.NO_REGISTER,
                Insn.NO_REGISTER,
                0,
                0,
                0,
                0,
                lock,
                false,
                false);
    }
}
