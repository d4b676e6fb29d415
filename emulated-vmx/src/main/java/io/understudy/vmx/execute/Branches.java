package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import org.jspecify.annotations.Nullable;

/** JMP, CALL, RET, LOOPcc and JRCXZ; and the end of a block that merely ran out of room. */
final class Branches {
    private Branches() {}

    /** JMP to a fixed target, or no instruction at all. */
    static final class Direct extends Terminator {
        private final Link to;

        Direct(Link to) {
            super(to, null);
            this.to = to;
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            return follow(cpu, to);
        }
    }

    static final class CallDirect extends Terminator {
        private final Link to;
        private final int endOffset;

        CallDirect(Link to, int endOffset) {
            super(to, null);
            this.to = to;
            this.endOffset = endOffset;
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            long rsp = cpu.gpr[Cpu.RSP] - 8;
            cpu.store64(rsp, cpu.rip + endOffset);
            cpu.gpr[Cpu.RSP] = rsp;
            return follow(cpu, to);
        }
    }

    static final class JumpIndirect extends Terminator {
        private final Operand target;
        private final JumpCache cache;

        JumpIndirect(Operand target, JumpCache cache) {
            super(null, null);
            this.target = target;
            this.cache = cache;
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            cpu.rip = canonical(cpu, target.read(cpu));
            return cache.find(cpu);
        }
    }

    static final class CallIndirect extends Terminator {
        private final Operand target;
        private final int endOffset;
        private final JumpCache cache;

        CallIndirect(Operand target, int endOffset, JumpCache cache) {
            super(null, null);
            this.target = target;
            this.endOffset = endOffset;
            this.cache = cache;
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            long rip = canonical(cpu, target.read(cpu));
            long rsp = cpu.gpr[Cpu.RSP] - 8;
            cpu.store64(rsp, cpu.rip + endOffset);
            cpu.gpr[Cpu.RSP] = rsp;
            cpu.rip = rip;
            return cache.find(cpu);
        }
    }

    static final class Return extends Terminator {
        private final int released;
        private final JumpCache cache;

        /**
         * @param released bytes of arguments that the return takes off the stack
         */
        Return(int released, JumpCache cache) {
            super(null, null);
            this.released = released;
            this.cache = cache;
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            long rsp = cpu.gpr[Cpu.RSP];
            cpu.rip = canonical(cpu, cpu.load64(rsp));
            cpu.gpr[Cpu.RSP] = rsp + 8 + released;
            return cache.find(cpu);
        }
    }

    /** LOOP, LOOPE, LOOPNE and JRCXZ; the count register has the address size. */
    static final class CountBranch extends ConditionalBranches.Form {
        private final Opcode opcode;
        private final int countBytes;

        CountBranch(Insn insn, Link taken, Link fallThrough) {
            super(taken, fallThrough);
            opcode = insn.opcode();
            countBytes = insn.addressBytes();
        }

        @Override
        @Nullable Block execute(Cpu cpu) {
            long count = Registers.read(cpu, Cpu.RCX, countBytes);
            if (opcode == Opcode.JRCXZ) {
                return branch(cpu, count == 0);
            }
            Registers.write(cpu, Cpu.RCX, count - 1, countBytes);
            boolean more = OperandSize.zeroExtend(count - 1, countBytes) != 0;
            return branch(
                    cpu,
                    switch (opcode) {
                        case LOOPE -> more && Flags.zero(cpu);
                        case LOOPNE -> more && !Flags.zero(cpu);
                        default -> more;
                    });
        }
    }

    /** The target of a branch; RIP must stay canonical, and the branch itself faults if not. */
    static long canonical(Cpu cpu, long target) {
        if (target << 16 >> 16 != target) {
            throw cpu.raise(Vector.GP, 0);
        }
        return target;
    }
}
