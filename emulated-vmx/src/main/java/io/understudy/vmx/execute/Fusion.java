package io.understudy.vmx.execute;

import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.execute.RegisterArithmetic.Sources;
import org.jspecify.annotations.Nullable;

/**
 * Two neighbouring instructions of a block's body as one operation, and operations that leave out
 * flags that nobody sees.
 *
 * <p>Only instructions that touch nothing but registers and flags: they cannot fault, so no state
 * between them is ever visible, except where a budget ends there, and then the block executes them
 * one by one.
 */
final class Fusion {
    private Fusion() {}

    /**
     * One operation for {@code first} and then {@code second}, or null.
     *
     * @param quiet whether nobody sees the flags of {@code second}
     */
    static @Nullable Op pair(Insn first, Insn second, boolean quiet) {
        if (!isMove(first)) {
            return null;
        }
        if (isMove(second)) {
            return new MoveOps.MovePair(first, second);
        }
        // The second reads no more of the destination than the first has copied.
        return second.operandBytes() <= first.operandBytes()
                        && second.register0() == first.register0()
                ? operation(second, first.register1(), quiet)
                : null;
    }

    /** An operation that does {@code insn} without its flags, or null. */
    static @Nullable Op quiet(Insn insn) {
        return operation(insn, insn.register0(), true);
    }

    /** {@code insn} with {@code input} in the place of the register that it reads and writes. */
    private static @Nullable Op operation(Insn insn, int input, boolean quiet) {
        if (insn.kind0() != OperandKind.GPR || !SpecialisedOps.isWide(insn)) {
            return null;
        }
        return switch (insn.opcode()) {
            case ADD, OR, ADC, SBB, AND, SUB, XOR, INC, DEC -> arithmetic(insn, input, quiet);
            case SHL, SHR, SAR, ROL, ROR -> SpecialisedOps.shift(insn, input, quiet);
            default -> null;
        };
    }

    private static @Nullable Op arithmetic(Insn insn, int input, boolean quiet) {
        if (insn.kind1() != OperandKind.NONE
                && !SpecialisedOps.isRegisterOrImmediate(insn.kind1())) {
            return null;
        }
        int destination = insn.register0();
        int source = SpecialisedOps.sourceRegister(insn);
        Sources s =
                new Sources(
                        destination,
                        input,
                        source == destination ? input : source,
                        SpecialisedOps.sourceImmediate(insn));
        Op silent = quiet ? QuietArithmetic.of(insn, s) : null;
        return silent != null ? silent : SpecialisedOps.registers(insn, s);
    }

    private static boolean isMove(Insn insn) {
        return insn.opcode() == Opcode.MOV
                && insn.kind0() == OperandKind.GPR
                && insn.kind1() == OperandKind.GPR
                && SpecialisedOps.isWide(insn);
    }
}
