package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.decode.OperandKind;
import org.jspecify.annotations.Nullable;

/**
 * Ends of blocks outside 64-bit mode: targets are truncated to the operand size and checked against
 * the limit of CS, and the stack has a segment.
 *
 * <p>They follow no links. A successor found by the jump cache is one for the same code segment.
 */
final class LegacyBranches {
    private LegacyBranches() {}

    /**
     * @param endOffset distance from the block's start to the end of the branch
     */
    static Terminator of(Insn insn, int endOffset, JumpCache cache) {
        return switch (insn.opcode()) {
            case CALL -> new Call(insn, endOffset, cache);
            case RET -> new Return(insn, cache);
            case JMP -> new Jump(insn, endOffset, cache);
            default -> new Conditional(insn, endOffset, cache);
        };
    }

    /** Moves RIP to {@code target}, which lies in CS. */
    private static @Nullable Block jump(Cpu cpu, long target, JumpCache cache) {
        cpu.rip = target;
        return cache.find(cpu);
    }

    /** The target of a branch; the branch itself faults if that is beyond the limit of CS. */
    private static long checked(Cpu cpu, long target, int operandBytes) {
        long offset = OperandSize.zeroExtend(target, operandBytes);
        if (offset > Integer.toUnsignedLong(cpu.system.limit[Insn.CS])) {
            throw cpu.raise(Vector.GP, 0);
        }
        return offset;
    }

    /** The end of a block that merely stops before the instruction at {@code endOffset}. */
    static final class GoOn extends Terminator {
        private final int endOffset;
        private final JumpCache cache;

        GoOn(int endOffset, JumpCache cache) {
            super(null, null);
            this.endOffset = endOffset;
            this.cache = cache;
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return jump(cpu, cpu.rip + endOffset & 0xffff_ffffL, cache);
        }
    }

    /** What the branches have in common. */
    private abstract static class Form extends Terminator {
        final int bytes;
        final int endOffset;
        final JumpCache cache;
        private final long displacement;
        private final @Nullable Operand indirect;

        Form(Insn insn, int endOffset, JumpCache cache) {
            super(null, null);
            this.bytes = insn.operandBytes();
            this.endOffset = endOffset;
            this.cache = cache;
            boolean relative = insn.kind0() == OperandKind.RELATIVE;
            this.displacement = relative ? insn.immediate() : 0;
            this.indirect = relative ? null : Operand.of(insn, 0, bytes, endOffset);
        }

        final long target(Cpu cpu) {
            long to = indirect == null ? cpu.rip + endOffset + displacement : indirect.read(cpu);
            return checked(cpu, to, bytes);
        }
    }

    private static final class Jump extends Form {
        Jump(Insn insn, int endOffset, JumpCache cache) {
            super(insn, endOffset, cache);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return jump(cpu, target(cpu), cache);
        }
    }

    private static final class Call extends Form {
        Call(Insn insn, int endOffset, JumpCache cache) {
            super(insn, endOffset, cache);
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            long target = target(cpu);
            StackOps.push(cpu, cpu.rip + endOffset, bytes);
            return jump(cpu, target, cache);
        }
    }

    private static final class Return extends Terminator {
        private final int bytes;
        private final int released;
        private final JumpCache cache;

        Return(Insn insn, JumpCache cache) {
            super(null, null);
            this.bytes = insn.operandBytes();
            this.released =
                    insn.kind0() == OperandKind.IMMEDIATE ? (int) insn.immediate() & 0xffff : 0;
            this.cache = cache;
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            long pointer = cpu.gpr[Cpu.RSP];
            long at = cpu.stackLinear(pointer, bytes, false);
            long target = checked(cpu, MemoryAccess.load(cpu, at, bytes), bytes);
            cpu.setStackPointer(pointer + bytes + released);
            return jump(cpu, target, cache);
        }
    }

    /** Jcc, LOOPcc and JCXZ. */
    private static final class Conditional extends Terminator {
        private final Opcode opcode;
        private final int condition;
        private final int bytes;
        private final int countBytes;
        private final int endOffset;
        private final long displacement;
        private final JumpCache cache;

        Conditional(Insn insn, int endOffset, JumpCache cache) {
            super(null, null);
            this.opcode = insn.opcode();
            this.condition = insn.condition();
            this.bytes = insn.operandBytes();
            this.countBytes = insn.addressBytes();
            this.endOffset = endOffset;
            this.displacement = insn.immediate();
            this.cache = cache;
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            boolean counts = opcode != Opcode.JCC && opcode != Opcode.JRCXZ;
            long count = Registers.read(cpu, Cpu.RCX, countBytes) - (counts ? 1 : 0);
            boolean more = OperandSize.zeroExtend(count, countBytes) != 0;
            boolean taken =
                    switch (opcode) {
                        case JCC -> Flags.holds(cpu, condition);
                        case JRCXZ -> !more;
                        case LOOPE -> more && Flags.zero(cpu);
                        case LOOPNE -> more && !Flags.zero(cpu);
                        default -> more;
                    };
            long next = cpu.rip + endOffset;
            long target = taken ? checked(cpu, next + displacement, bytes) : next & 0xffff_ffffL;
            if (counts) {
                Registers.write(cpu, Cpu.RCX, count, countBytes);
            }
            return jump(cpu, target, cache);
        }
    }
}
