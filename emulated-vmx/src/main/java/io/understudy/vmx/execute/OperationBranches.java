package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.decode.OperandKind;
import io.understudy.vmx.execute.FlatOp.Place;
import org.jspecify.annotations.Nullable;

/**
 * A comparison with memory or an update of a register, and the Jcc behind it, in one. The condition
 * is looked up in a switch: for these pairs there would be too many classes.
 */
final class OperationBranches {
    private OperationBranches() {}

    /**
     * @param endOffset distance from the block's start to the end of {@code first}
     * @return null if the pair has no form here
     */
    static @Nullable Terminator of(
            Insn first, int endOffset, int condition, Link taken, Link fallThrough) {
        if (first.lock()) {
            return null;
        }
        if (first.opcode() == Opcode.CMP && CompareBranches.supports(condition)) {
            return isMemoryComparison(first)
                    ? new CompareMemory(first, endOffset, condition, taken, fallThrough)
                    : null;
        }
        if (first.opcode() == Opcode.TEST && TestBranches.supports(condition)) {
            return isMemoryComparison(first)
                    ? new TestMemory(first, endOffset, condition, taken, fallThrough)
                    : null;
        }
        return isRegisterUpdate(first) ? new Update(first, condition, taken, fallThrough) : null;
    }

    private static boolean isMemoryComparison(Insn insn) {
        return Address.isFlat(insn)
                && ((insn.kind0() == OperandKind.MEMORY
                                && SpecialisedOps.isRegisterOrImmediate(insn.kind1()))
                        || (insn.kind0() == OperandKind.GPR && insn.kind1() == OperandKind.MEMORY));
    }

    private static boolean isRegisterUpdate(Insn insn) {
        return switch (insn.opcode()) {
            case ADD, SUB, AND, OR, XOR ->
                    insn.kind0() == OperandKind.GPR
                            && SpecialisedOps.isRegisterOrImmediate(insn.kind1())
                            && SpecialisedOps.isWide(insn);
            case INC, DEC -> insn.kind0() == OperandKind.GPR && SpecialisedOps.isWide(insn);
            default -> false;
        };
    }

    /** A memory operand of any size and, on either side of it, a register or an immediate. */
    private abstract static class MemoryForm extends ConditionalBranches.Form {
        final int bytes;
        final int condition;
        final boolean memoryFirst;
        private final int base;
        private final int index;
        private final int scale;
        private final long displacement;
        private final int register;
        private final long immediate;

        MemoryForm(Insn insn, int endOffset, int condition, Link taken, Link fallThrough) {
            super(taken, fallThrough);
            this.condition = condition;
            bytes = insn.operandBytes();
            memoryFirst = insn.kind0() == OperandKind.MEMORY;
            Place place = Place.of(insn, endOffset);
            base = place.base();
            index = place.index();
            scale = place.scale();
            displacement = place.displacement();
            register = memoryFirst ? SpecialisedOps.sourceRegister(insn) : insn.register0();
            immediate = memoryFirst ? SpecialisedOps.sourceImmediate(insn) : 0;
        }

        final long memory(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long linear = gpr[base] + (gpr[index] << scale) + displacement;
            return OperandSize.signExtend(MemoryAccess.load(cpu, linear, bytes), bytes);
        }

        final long other(Cpu cpu) {
            return OperandSize.signExtend(cpu.gpr[register] + immediate, bytes);
        }
    }

    private static final class CompareMemory extends MemoryForm {
        CompareMemory(Insn insn, int endOffset, int condition, Link taken, Link fallThrough) {
            super(insn, endOffset, condition, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            long memory = memory(cpu);
            long other = other(cpu);
            long a = memoryFirst ? memory : other;
            long b = memoryFirst ? other : memory;
            long difference = OperandSize.signExtend(a - b, bytes);
            cpu.ccOp = Flags.SUB;
            cpu.ccResult = difference;
            cpu.ccA = a;
            cpu.ccB = b;
            return branch(cpu, CompareBranches.holds(condition, a, b, difference));
        }
    }

    private static final class TestMemory extends MemoryForm {
        TestMemory(Insn insn, int endOffset, int condition, Link taken, Link fallThrough) {
            super(insn, endOffset, condition, taken, fallThrough);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            long result = memory(cpu) & other(cpu);
            Flags.setLogic(cpu, result);
            return branch(cpu, CompareBranches.holds(condition, result, 0, result));
        }
    }

    /** ADD, SUB, AND, OR, XOR, INC or DEC of a register. */
    private static final class Update extends ConditionalBranches.Form {
        private final Opcode opcode;
        private final int condition;
        private final int bytes;
        private final int destination;
        private final int source;
        private final long immediate;

        Update(Insn insn, int condition, Link taken, Link fallThrough) {
            super(taken, fallThrough);
            this.condition = condition;
            opcode = insn.opcode();
            bytes = insn.operandBytes();
            destination = insn.register0();
            source = SpecialisedOps.sourceRegister(insn);
            immediate = SpecialisedOps.sourceImmediate(insn);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long a = gpr[destination];
            long b = gpr[source] + immediate;
            long result =
                    switch (opcode) {
                        case ADD -> Arithmetic.add(cpu, a, b, bytes);
                        case SUB -> Arithmetic.sub(cpu, a, b, bytes);
                        case AND -> Arithmetic.and(cpu, a, b, bytes);
                        case OR -> Arithmetic.or(cpu, a, b, bytes);
                        case XOR -> Arithmetic.xor(cpu, a, b, bytes);
                        case INC -> Arithmetic.inc(cpu, a, bytes);
                        default -> Arithmetic.dec(cpu, a, bytes);
                    };
            gpr[destination] = OperandSize.zeroExtend(result, bytes);
            return branch(cpu, Flags.holds(cpu, condition));
        }
    }
}
