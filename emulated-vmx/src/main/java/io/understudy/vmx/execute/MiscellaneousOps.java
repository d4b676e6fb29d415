package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Segmentation;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;

/** Instructions with implicit registers, conditional moves, flag instructions, and nothing. */
final class MiscellaneousOps {
    private MiscellaneousOps() {}

    /** NOP, fences, hints. */
    static final class Nothing extends RegisterOp {
        @Override
        void execute(Cpu cpu) {}
    }

    static final class SetCondition extends Op {
        private final int condition;
        private final Operand destination;

        SetCondition(int condition, Operand destination) {
            this.condition = condition;
            this.destination = destination;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            destination.write(cpu, Flags.holds(cpu, condition) ? 1 : 0);
        }
    }

    /** CMOVcc: reads its source always, and clears the upper half of a 4-byte destination. */
    static final class MoveConditionally extends Op {
        private final int condition;
        private final int destination;
        private final Operand source;

        MoveConditionally(int condition, int destination, Operand source) {
            this.condition = condition;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long value = source.read(cpu);
            long kept = cpu.gpr[destination];
            Registers.write(
                    cpu, destination, Flags.holds(cpu, condition) ? value : kept, source.bytes);
        }
    }

    /** CMOVcc between registers of 4 or 8 bytes. */
    static final class MoveRegisterConditionally extends RegisterOp {
        private final int condition;
        private final int destination;
        private final int source;
        private final long mask;

        MoveRegisterConditionally(int condition, int destination, int source, int bytes) {
            this.condition = condition;
            this.destination = destination;
            this.source = source;
            this.mask = OperandSize.zeroExtend(-1, bytes);
        }

        @Override
        void execute(Cpu cpu) {
            int from = Flags.holds(cpu, condition) ? source : destination;
            cpu.gpr[destination] = cpu.gpr[from] & mask;
        }
    }

    /** CBW, CWDE, CDQE, CWD, CDQ, CQO. */
    static final class ExtendAccumulator extends RegisterOp {
        private final boolean intoRdx;
        private final int bytes;

        ExtendAccumulator(Insn insn) {
            intoRdx = insn.opcode() == Opcode.CWD;
            bytes = insn.operandBytes();
        }

        @Override
        void execute(Cpu cpu) {
            long rax = cpu.gpr[Cpu.RAX];
            if (intoRdx) {
                Registers.write(cpu, Cpu.RDX, OperandSize.signExtend(rax, bytes) >> 63, bytes);
            } else {
                Registers.write(cpu, Cpu.RAX, OperandSize.signExtend(rax, bytes / 2), bytes);
            }
        }
    }

    /** XLAT: AL = byte at RBX + AL. */
    static final class Translate extends Op {
        private final int segment;
        private final int addressBytes;

        Translate(Insn insn) {
            segment = insn.segment();
            addressBytes = insn.addressBytes();
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long sum = cpu.gpr[Cpu.RBX] + (cpu.gpr[Cpu.RAX] & 0xff);
            long offset = OperandSize.zeroExtend(sum, addressBytes);
            long linear = Segmentation.linear(cpu, segment, offset, 1, false);
            Registers.write(cpu, Cpu.RAX, cpu.load8(linear), 1);
        }
    }

    /** LAHF, SAHF, CLC, STC, CMC, CLD and STD. */
    static final class FlagChange extends RegisterOp {
        private static final int IN_AH = Flags.STATUS & ~Flags.OF;
        private final Opcode opcode;

        FlagChange(Opcode opcode) {
            this.opcode = opcode;
        }

        @Override
        void execute(Cpu cpu) {
            switch (opcode) {
                case LAHF -> Registers.writeHigh(cpu, Cpu.RAX, (Flags.status(cpu) & IN_AH) | 2);
                case SAHF -> Flags.update(cpu, IN_AH, (int) Registers.readHigh(cpu, Cpu.RAX));
                case CLC -> Flags.setCarry(cpu, false);
                case STC -> Flags.setCarry(cpu, true);
                case CMC -> Flags.setCarry(cpu, !Flags.carry(cpu));
                case CLD -> cpu.systemFlags &= ~Flags.DF;
                case STD -> cpu.systemFlags |= Flags.DF;
                default -> throw new IllegalStateException("no flag instruction: " + opcode);
            }
        }
    }

    /** MUL, DIV, IDIV and the one-operand IMUL. */
    static final class AccumulatorArithmetic extends Op {
        private final Opcode opcode;
        private final Operand operand;

        AccumulatorArithmetic(Opcode opcode, Operand operand) {
            this.opcode = opcode;
            this.operand = operand;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long value = operand.read(cpu);
            switch (opcode) {
                case MUL -> Multiply.mul(cpu, value, operand.bytes);
                case IMUL -> Multiply.imul(cpu, value, operand.bytes);
                case DIV -> Multiply.div(cpu, value, operand.bytes);
                default -> Multiply.idiv(cpu, value, operand.bytes);
            }
        }
    }

    /** IMUL of registers of 4 or 8 bytes, or of one with an immediate. */
    static final class MultiplyRegisters extends RegisterOp {
        private final int destination;
        private final int first;
        private final int second;
        private final long immediate;
        private final int bytes;

        /**
         * @param second register added to {@code immediate}, of which one is zero
         */
        MultiplyRegisters(int destination, int first, int second, long immediate, int bytes) {
            this.destination = destination;
            this.first = first;
            this.second = second;
            this.immediate = immediate;
            this.bytes = bytes;
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            long product = Multiply.imulTruncated(cpu, gpr[first], gpr[second] + immediate, bytes);
            gpr[destination] = OperandSize.zeroExtend(product, bytes);
        }
    }

    /** MULX: the unsigned product of RDX and the source, without flags. */
    static final class MultiplyWide extends Op {
        private final int high;
        private final int low;
        private final Operand source;

        MultiplyWide(int high, int low, Operand source) {
            this.high = high;
            this.low = low;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            int bytes = source.bytes;
            long a = Registers.read(cpu, Cpu.RDX, bytes);
            long b = source.read(cpu);
            long product = a * b;
            long upper = bytes == 8 ? Math.unsignedMultiplyHigh(a, b) : product >>> 32;
            // The high half last: it wins where both are the same register.
            Registers.write(cpu, low, product, bytes);
            Registers.write(cpu, high, upper, bytes);
        }
    }
}
