package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.VirtualInterruptFlag;
import io.understudy.vmx.decode.Insn;

/**
 * PUSH, POP, PUSHF, ENTER and LEAVE. The stack pointer is RSP, ESP or SP as the stack segment says,
 * whatever the address size, and changes only after the access succeeded.
 */
final class StackOps {
    private StackOps() {}

    /** PUSH of an 8-byte register or immediate, of which one is zero; in 64-bit mode only. */
    static final class Push64 extends Op {
        private final int source;
        private final long immediate;

        Push64(int source, long immediate) {
            this.source = source;
            this.immediate = immediate;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long rsp = cpu.gpr[Cpu.RSP] - 8;
            cpu.store64(rsp, cpu.gpr[source] + immediate);
            cpu.gpr[Cpu.RSP] = rsp;
        }
    }

    /** POP of an 8-byte register; in 64-bit mode only. */
    static final class Pop64 extends Op {
        private final int register;

        Pop64(int register) {
            this.register = register;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long[] gpr = cpu.gpr;
            long value = cpu.load64(gpr[Cpu.RSP]);
            gpr[Cpu.RSP] += 8;
            gpr[register] = value;
        }
    }

    static final class PushOperand extends Op {
        private final Operand source;

        PushOperand(Operand source) {
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            push(cpu, source.read(cpu), source.bytes);
        }
    }

    /** POP: a destination addressed by RSP uses the incremented RSP. */
    static final class PopOperand extends Op {
        private final Operand destination;

        PopOperand(Operand destination) {
            this.destination = destination;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long rsp = cpu.gpr[Cpu.RSP];
            int bytes = destination.bytes;
            long value = MemoryAccess.load(cpu, cpu.stackLinear(rsp, bytes, false), bytes);
            if (destination instanceof Operand.Memory memory) {
                cpu.setStackPointer(rsp + bytes);
                long offset = memory.address.offset(cpu);
                cpu.gpr[Cpu.RSP] = rsp;
                long linear = memory.address.linearOf(cpu, offset, bytes, true);
                MemoryAccess.store(cpu, linear, bytes, value);
                cpu.setStackPointer(rsp + bytes);
            } else {
                cpu.setStackPointer(rsp + bytes);
                destination.write(cpu, value);
            }
        }
    }

    /** PUSHF: the image has VM and RF clear. */
    static final class PushFlags extends Op {
        private static final long VM_AND_RF = 0x3_0000;
        private final int bytes;

        PushFlags(int bytes) {
            this.bytes = bytes;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            VirtualInterruptFlag.requireFlags(cpu, bytes);
            long image = VirtualInterruptFlag.pushed(cpu, Flags.rflags(cpu));
            push(cpu, image & ~VM_AND_RF, bytes);
        }
    }

    static final class Leave extends Op {
        private final int bytes;

        Leave(int bytes) {
            this.bytes = bytes;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long rbp = cpu.gpr[Cpu.RBP];
            long value = MemoryAccess.load(cpu, cpu.stackLinear(rbp, bytes, false), bytes);
            cpu.setStackPointer(rbp + bytes);
            Registers.write(cpu, Cpu.RBP, value, bytes);
        }
    }

    /** ENTER (SDM volume 2): nothing but memory below RSP changes before the last access. */
    static final class Enter extends Op {
        private final int bytes;
        private final int allocation;
        private final int level;

        Enter(Insn insn) {
            bytes = insn.operandBytes();
            allocation = (int) insn.immediate() & 0xffff;
            level = insn.immediate2() & 31;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long rsp = cpu.gpr[Cpu.RSP] - bytes;
            long rbp = cpu.gpr[Cpu.RBP];
            store(cpu, rsp, rbp);
            long frame = rsp;
            for (int i = 1; i < level; i++) {
                rbp -= bytes;
                rsp -= bytes;
                long at = cpu.stackLinear(rbp, bytes, false);
                store(cpu, rsp, MemoryAccess.load(cpu, at, bytes));
            }
            if (level > 0) {
                rsp -= bytes;
                store(cpu, rsp, frame);
            }
            rsp -= allocation;
            // The processor probes the new top of the stack for a write.
            cpu.hostForWrite(cpu.stackLinear(rsp, bytes, true), bytes);
            cpu.setStackPointer(rsp);
            Registers.write(cpu, Cpu.RBP, frame, bytes);
        }

        private void store(Cpu cpu, long pointer, long value) {
            MemoryAccess.store(cpu, cpu.stackLinear(pointer, bytes, true), bytes, value);
        }
    }

    static void push(Cpu cpu, long value, int bytes) {
        long pointer = cpu.gpr[Cpu.RSP] - bytes;
        MemoryAccess.store(cpu, cpu.stackLinear(pointer, bytes, true), bytes, value);
        cpu.setStackPointer(pointer);
    }
}
