package io.understudy.vmx.execute;

import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.execute.FlatOp.Place;
import io.understudy.vmx.execute.RegisterArithmetic.Sources;
import org.jspecify.annotations.Nullable;

/**
 * The operations that have a class of their own because compilers emit them all the time: 4- and
 * 8-byte operands, whole registers, flat addresses.
 */
final class SpecialisedOps {
    private SpecialisedOps() {}

    /**
     * @param endOffset distance from the block's start to the end of the instruction
     * @return null if the instruction needs a generic operation
     */
    static @Nullable Op of(Insn insn, int endOffset) {
        if (insn.lock() || (insn.hasMemoryOperand() && !Address.isFlat(insn))) {
            return null;
        }
        return switch (insn.opcode()) {
            case MOV -> mov(insn, endOffset);
            case MOVZX, MOVSX -> extend(insn, endOffset);
            case LEA -> lea(insn, endOffset);
            case ADD, OR, ADC, SBB, AND, SUB, XOR, CMP, TEST, INC, DEC ->
                    arithmetic(insn, endOffset);
            case SHL, SHR, SAR, ROL, ROR -> shift(insn);
            case IMUL -> imul(insn);
            case PUSH -> push(insn);
            case POP ->
                    insn.operandBytes() == 8 && insn.kind0() == OperandKind.GPR
                            ? new StackOps.Pop64(insn.register0())
                            : null;
            case CMOVCC -> cmov(insn);
            default -> null;
        };
    }

    static boolean isWide(Insn insn) {
        return insn.operandBytes() == 8 || insn.operandBytes() == 4;
    }

    static boolean isRegisterOrImmediate(OperandKind kind) {
        return kind == OperandKind.GPR || kind == OperandKind.IMMEDIATE;
    }

    /** Register of operand 1, or the register that reads zero if it is an immediate. */
    static int sourceRegister(Insn insn) {
        return insn.kind1() == OperandKind.GPR ? insn.register1() : Insn.NO_REGISTER;
    }

    /** Immediate of operand 1, or zero if it is a register. */
    static long sourceImmediate(Insn insn) {
        return insn.kind1() == OperandKind.IMMEDIATE ? insn.immediate() : 0;
    }

    private static @Nullable Op mov(Insn insn, int endOffset) {
        int bytes = insn.operandBytes();
        if (insn.kind0() == OperandKind.MEMORY) {
            return isRegisterOrImmediate(insn.kind1()) ? store(insn, endOffset) : null;
        }
        if (insn.kind0() != OperandKind.GPR) {
            return null;
        }
        int to = insn.register0();
        if (insn.kind1() == OperandKind.MEMORY) {
            Place place = Place.of(insn, endOffset);
            return switch (bytes) {
                case 8 -> new MoveOps.Load64(place, to);
                case 4 -> new MoveOps.Load32(place, to);
                case 1 -> new MoveOps.LoadLowByte(place, to);
                default -> null;
            };
        }
        if (!isWide(insn)) {
            return null;
        }
        if (insn.kind1() == OperandKind.IMMEDIATE) {
            return new MoveOps.MoveImmediate(to, OperandSize.zeroExtend(insn.immediate(), bytes));
        }
        if (insn.kind1() != OperandKind.GPR) {
            return null;
        }
        return bytes == 8
                ? new MoveOps.Move64(to, insn.register1())
                : new MoveOps.Move32(to, insn.register1());
    }

    private static Op store(Insn insn, int endOffset) {
        Place place = Place.of(insn, endOffset);
        int source = sourceRegister(insn);
        long immediate = sourceImmediate(insn);
        return switch (insn.operandBytes()) {
            case 8 -> new MoveOps.Store64(place, source, immediate);
            case 4 -> new MoveOps.Store32(place, source, immediate);
            case 2 -> new MoveOps.Store16(place, source, immediate);
            default -> new MoveOps.Store8(place, source, immediate);
        };
    }

    private static @Nullable Op extend(Insn insn, int endOffset) {
        if (!isWide(insn)) {
            return null;
        }
        boolean signed = insn.opcode() == io.understudy.vmx.decode.Opcode.MOVSX;
        int to = insn.register0();
        int sourceBytes = insn.sourceBytes();
        if (insn.kind1() == OperandKind.GPR) {
            return signed
                    ? new MoveOps.ExtendSigned(
                            to, insn.register1(), sourceBytes, insn.operandBytes())
                    : new MoveOps.ExtendZero(to, insn.register1(), sourceBytes);
        }
        if (insn.kind1() != OperandKind.MEMORY) {
            return null;
        }
        Place place = Place.of(insn, endOffset);
        if (signed) {
            return new MoveOps.LoadSigned(place, to, sourceBytes, insn.operandBytes());
        }
        return sourceBytes == 1 ? new MoveOps.Load8(place, to) : new MoveOps.Load16(place, to);
    }

    private static @Nullable Op lea(Insn insn, int endOffset) {
        // The segment does not matter here, but a flat address also has the full address size.
        Place place = Place.of(insn, endOffset);
        return switch (insn.operandBytes()) {
            case 8 -> new MoveOps.Lea64(place, insn.register0());
            case 4 -> new MoveOps.Lea32(place, insn.register0());
            default -> null;
        };
    }

    private static @Nullable Op arithmetic(Insn insn, int endOffset) {
        boolean unary = insn.kind1() == OperandKind.NONE;
        if (insn.kind0() == OperandKind.MEMORY) {
            return isRegisterOrImmediate(insn.kind1()) ? toMemory(insn, endOffset) : null;
        }
        if (insn.kind0() != OperandKind.GPR || !isWide(insn)) {
            return null;
        }
        if (insn.kind1() == OperandKind.MEMORY) {
            return fromMemory(insn, endOffset);
        }
        if (!unary && !isRegisterOrImmediate(insn.kind1())) {
            return null;
        }
        int to = insn.register0();
        Sources s = new Sources(to, to, sourceRegister(insn), sourceImmediate(insn));
        return registers(insn, s);
    }

    /** Arithmetic between registers of 4 or 8 bytes, or with an immediate. */
    static @Nullable Op registers(Insn insn, Sources s) {
        return insn.operandBytes() == 8 ? registers64(insn, s) : registers32(insn, s);
    }

    private static @Nullable Op registers64(Insn insn, Sources s) {
        return switch (insn.opcode()) {
            case ADD -> new RegisterArithmetic.Add64(s);
            case OR -> new RegisterArithmetic.Or64(s);
            case ADC -> new RegisterArithmetic.Adc64(s);
            case SBB -> new RegisterArithmetic.Sbb64(s);
            case AND -> new RegisterArithmetic.And64(s);
            case SUB -> new RegisterArithmetic.Sub64(s);
            case XOR -> new RegisterArithmetic.Xor64(s);
            case CMP -> new RegisterArithmetic.Cmp64(s);
            case TEST -> new RegisterArithmetic.Test64(s);
            case INC -> new RegisterArithmetic.Inc64(s);
            case DEC -> new RegisterArithmetic.Dec64(s);
            default -> null;
        };
    }

    private static @Nullable Op registers32(Insn insn, Sources s) {
        return switch (insn.opcode()) {
            case ADD -> new RegisterArithmetic.Add32(s);
            case OR -> new RegisterArithmetic.Or32(s);
            case ADC -> new RegisterArithmetic.Adc32(s);
            case SBB -> new RegisterArithmetic.Sbb32(s);
            case AND -> new RegisterArithmetic.And32(s);
            case SUB -> new RegisterArithmetic.Sub32(s);
            case XOR -> new RegisterArithmetic.Xor32(s);
            case CMP -> new RegisterArithmetic.Cmp32(s);
            case TEST -> new RegisterArithmetic.Test32(s);
            case INC -> new RegisterArithmetic.Inc32(s);
            case DEC -> new RegisterArithmetic.Dec32(s);
            default -> null;
        };
    }

    private static @Nullable Op fromMemory(Insn insn, int endOffset) {
        Place place = Place.of(insn, endOffset);
        int to = insn.register0();
        boolean wide = insn.operandBytes() == 8;
        return switch (insn.opcode()) {
            case ADD ->
                    wide
                            ? new LoadArithmetic.Add64(place, to)
                            : new LoadArithmetic.Add32(place, to);
            case OR ->
                    wide ? new LoadArithmetic.Or64(place, to) : new LoadArithmetic.Or32(place, to);
            case ADC ->
                    wide
                            ? new LoadArithmetic.Adc64(place, to)
                            : new LoadArithmetic.Adc32(place, to);
            case SBB ->
                    wide
                            ? new LoadArithmetic.Sbb64(place, to)
                            : new LoadArithmetic.Sbb32(place, to);
            case AND ->
                    wide
                            ? new LoadArithmetic.And64(place, to)
                            : new LoadArithmetic.And32(place, to);
            case SUB ->
                    wide
                            ? new LoadArithmetic.Sub64(place, to)
                            : new LoadArithmetic.Sub32(place, to);
            case XOR ->
                    wide
                            ? new LoadArithmetic.Xor64(place, to)
                            : new LoadArithmetic.Xor32(place, to);
            case CMP ->
                    wide
                            ? new LoadArithmetic.Cmp64(place, to)
                            : new LoadArithmetic.Cmp32(place, to);
            default -> null;
        };
    }

    private static @Nullable Op toMemory(Insn insn, int endOffset) {
        Place p = Place.of(insn, endOffset);
        int s = sourceRegister(insn);
        long i = sourceImmediate(insn);
        int bytes = insn.operandBytes();
        return switch (insn.opcode()) {
            case CMP ->
                    switch (bytes) {
                        case 8 -> new StoreArithmetic.Cmp64(p, s, i);
                        case 4 -> new StoreArithmetic.Cmp32(p, s, i);
                        case 1 -> new StoreArithmetic.Cmp8(p, s, i);
                        default -> null;
                    };
            case TEST ->
                    switch (bytes) {
                        case 8 -> new StoreArithmetic.Test64(p, s, i);
                        case 4 -> new StoreArithmetic.Test32(p, s, i);
                        case 1 -> new StoreArithmetic.Test8(p, s, i);
                        default -> null;
                    };
            default -> isWide(insn) ? update(insn, p, s, i) : null;
        };
    }

    private static @Nullable Op update(Insn insn, Place p, int s, long i) {
        boolean wide = insn.operandBytes() == 8;
        return switch (insn.opcode()) {
            case ADD ->
                    wide ? new StoreArithmetic.Add64(p, s, i) : new StoreArithmetic.Add32(p, s, i);
            case OR -> wide ? new StoreArithmetic.Or64(p, s, i) : new StoreArithmetic.Or32(p, s, i);
            case AND ->
                    wide ? new StoreArithmetic.And64(p, s, i) : new StoreArithmetic.And32(p, s, i);
            case SUB ->
                    wide ? new StoreArithmetic.Sub64(p, s, i) : new StoreArithmetic.Sub32(p, s, i);
            case XOR ->
                    wide ? new StoreArithmetic.Xor64(p, s, i) : new StoreArithmetic.Xor32(p, s, i);
            default -> null;
        };
    }

    private static @Nullable Op shift(Insn insn) {
        return insn.kind0() == OperandKind.GPR ? shift(insn, insn.register0(), false) : null;
    }

    /**
     * A shift or rotate by a constant of register {@code from} into operand 0, a register.
     *
     * @param quiet without its flags
     */
    static @Nullable Op shift(Insn insn, int from, boolean quiet) {
        int bytes = insn.operandBytes();
        int count = (int) insn.immediate() & OperandSize.countMask(bytes);
        if (insn.kind1() != OperandKind.IMMEDIATE || !isWide(insn) || count == 0) {
            return null;
        }
        int to = insn.register0();
        if (quiet) {
            return QuietArithmetic.shift(insn, to, from, count);
        }
        boolean wide = bytes == 8;
        return switch (insn.opcode()) {
            case SHL ->
                    wide
                            ? new ShiftOps.Shl64(to, from, count)
                            : new ShiftOps.Shl32(to, from, count);
            case SHR ->
                    wide
                            ? new ShiftOps.Shr64(to, from, count)
                            : new ShiftOps.Shr32(to, from, count);
            case SAR ->
                    wide
                            ? new ShiftOps.Sar64(to, from, count)
                            : new ShiftOps.Sar32(to, from, count);
            case ROL -> new ShiftOps.Rotate(to, from, count, bytes, false);
            case ROR -> new ShiftOps.Rotate(to, from, count, bytes, true);
            default -> null;
        };
    }

    private static @Nullable Op imul(Insn insn) {
        if (!isWide(insn) || insn.kind1() != OperandKind.GPR) {
            return null;
        }
        int to = insn.register0();
        int bytes = insn.operandBytes();
        return switch (insn.kind2()) {
            case NONE -> new MiscellaneousOps.MultiplyRegisters(to, to, insn.register1(), 0, bytes);
            case IMMEDIATE ->
                    new MiscellaneousOps.MultiplyRegisters(
                            to, insn.register1(), Insn.NO_REGISTER, insn.immediate(), bytes);
            default -> null;
        };
    }

    private static @Nullable Op push(Insn insn) {
        if (insn.operandBytes() != 8) {
            return null;
        }
        return switch (insn.kind0()) {
            case GPR -> new StackOps.Push64(insn.register0(), 0);
            case IMMEDIATE -> new StackOps.Push64(Insn.NO_REGISTER, insn.immediate());
            default -> null;
        };
    }

    private static @Nullable Op cmov(Insn insn) {
        if (!isWide(insn) || insn.kind1() != OperandKind.GPR) {
            return null;
        }
        return new MiscellaneousOps.MoveRegisterConditionally(
                insn.condition(), insn.register0(), insn.register1(), insn.operandBytes());
    }
}
