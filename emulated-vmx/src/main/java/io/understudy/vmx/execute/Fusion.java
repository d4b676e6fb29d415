package io.understudy.vmx.execute;

import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.execute.RegisterArithmetic.Sources;
import org.jspecify.annotations.Nullable;

/**
 * Two neighbouring instructions of a block's body as one operation.
 *
 * <p>Only instructions that touch nothing but registers and flags: neither can fault, so no state
 * between the two is ever visible, except where a budget ends there, and then the block executes
 * them one by one.
 */
final class Fusion {
    private Fusion() {}

    /** One operation for {@code first} and then {@code second}, or null. */
    static @Nullable Op of(Insn first, Insn second) {
        if (!isMove(first)) {
            return null;
        }
        if (isMove(second)) {
            return new MoveOps.MovePair(first, second);
        }
        // The second reads no more of the destination than the first has copied.
        if (second.kind0() != OperandKind.GPR
                || second.register0() != first.register0()
                || !SpecialisedOps.isWide(second)
                || second.operandBytes() > first.operandBytes()) {
            return null;
        }
        return switch (second.opcode()) {
            case ADD, OR, ADC, SBB, AND, SUB, XOR, INC, DEC -> arithmetic(first, second);
            case SHL, SHR, SAR, ROL, ROR -> SpecialisedOps.shift(second, first.register1());
            default -> null;
        };
    }

    private static @Nullable Op arithmetic(Insn move, Insn insn) {
        if (insn.kind1() != OperandKind.NONE
                && !SpecialisedOps.isRegisterOrImmediate(insn.kind1())) {
            return null;
        }
        int source = SpecialisedOps.sourceRegister(insn);
        return SpecialisedOps.registers(
                insn,
                new Sources(
                        insn.register0(),
                        move.register1(),
                        source == move.register0() ? move.register1() : source,
                        SpecialisedOps.sourceImmediate(insn)));
    }

    private static boolean isMove(Insn insn) {
        return insn.opcode() == Opcode.MOV
                && insn.kind0() == OperandKind.GPR
                && insn.kind1() == OperandKind.GPR
                && SpecialisedOps.isWide(insn);
    }
}
