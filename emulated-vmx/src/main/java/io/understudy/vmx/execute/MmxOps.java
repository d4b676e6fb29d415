package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.simd.PackedArithmetic;
import java.util.function.LongBinaryOperator;

/**
 * Operations on MMX registers. All but EMMS make every x87 register valid and its stack's top
 * register 0 (SDM volume 1, "MMX Instructions and the x87 FPU Tag Word"), after what may fault.
 */
final class MmxOps {
    private MmxOps() {}

    /** A function of destination and source. */
    static final class Binary extends Op {
        private final LongBinaryOperator function;
        private final int destination;
        private final MmxOperand source;

        Binary(LongBinaryOperator function, int destination, MmxOperand source) {
            this.function = function;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireMmx();
            long b = source.fetch(cpu);
            long a = cpu.x87.significand[destination];
            cpu.x87.enterMmx();
            cpu.x87.setMmx(destination, function.applyAsLong(a, b));
        }
    }

    /** A function of the destination and a constant: shifts by an immediate. */
    static final class ByConstant extends Op {
        private final LongBinaryOperator function;
        private final int destination;
        private final long constant;

        ByConstant(LongBinaryOperator function, int destination, long constant) {
            this.function = function;
            this.destination = destination;
            this.constant = constant;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireMmx();
            long a = cpu.x87.significand[destination];
            cpu.x87.enterMmx();
            cpu.x87.setMmx(destination, function.applyAsLong(a, constant));
        }
    }

    /** A store of a register. */
    static final class Store extends Op {
        private final int source;
        private final Address address;

        Store(int source, Address address) {
            this.source = source;
            this.address = address;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireMmx();
            cpu.store64(address.linear(cpu, 8, true), cpu.x87.significand[source]);
            cpu.x87.enterMmx();
        }
    }

    /** MOVD and MOVQ from a general operand. */
    static final class FromGeneral extends Op {
        private final int destination;
        private final Operand source;

        FromGeneral(int destination, Operand source) {
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireMmx();
            long value = source.read(cpu);
            cpu.x87.enterMmx();
            cpu.x87.setMmx(destination, value);
        }
    }

    /** An element to a general operand: MOVD, MOVQ, PEXTRW. */
    static final class ToGeneral extends Op {
        private final Operand destination;
        private final int source;
        private final int shift;
        private final int bytes;

        /**
         * @param bytes of the element, zero-extended in a register
         */
        ToGeneral(Operand destination, int source, int shift, int bytes) {
            this.destination = destination;
            this.source = source;
            this.shift = shift;
            this.bytes = bytes;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireMmx();
            long value = OperandSize.zeroExtend(cpu.x87.significand[source] >>> shift, bytes);
            destination.write(cpu, value);
            cpu.x87.enterMmx();
        }
    }

    /** PINSRW. */
    static final class InsertWord extends Op {
        private final int destination;
        private final Operand source;
        private final int shift;

        InsertWord(int destination, Operand source, int index) {
            this.destination = destination;
            this.source = source;
            this.shift = index << 4;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireMmx();
            long value = source.read(cpu) & 0xffff;
            long old = cpu.x87.significand[destination];
            cpu.x87.enterMmx();
            cpu.x87.setMmx(destination, (old & ~(0xffffL << shift)) | value << shift);
        }
    }

    /** PMOVMSKB. */
    static final class TopBits extends Op {
        private final int destination;
        private final int source;

        TopBits(int destination, int source) {
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireMmx();
            cpu.gpr[destination] = PackedArithmetic.topBitsOfBytes(cpu.x87.significand[source]);
            cpu.x87.enterMmx();
        }
    }

    /** MASKMOVQ. */
    static final class StoreMasked extends Op {
        private final int source;
        private final int mask;
        private final int segment;
        private final int addressBytes;

        StoreMasked(Insn insn) {
            source = insn.register0();
            mask = insn.register1();
            segment = insn.segment();
            addressBytes = insn.addressBytes();
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireMmx();
            long chosen = cpu.x87.significand[mask];
            long linear = MaskedStore.probe(cpu, segment, addressBytes, chosen, 0);
            MaskedStore.store(cpu, linear, cpu.x87.significand[source], chosen);
            cpu.x87.enterMmx();
        }
    }

    /** MOVQ2DQ. */
    static final class ToVector extends Op {
        private final int destination;
        private final int source;

        ToVector(int destination, int source) {
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            cpu.requireMmx();
            cpu.xmmLow[destination] = cpu.x87.significand[source];
            cpu.xmmHigh[destination] = 0;
            cpu.x87.enterMmx();
        }
    }

    /** MOVDQ2Q. */
    static final class FromVector extends Op {
        private final int destination;
        private final int source;

        FromVector(int destination, int source) {
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            cpu.requireMmx();
            cpu.x87.enterMmx();
            cpu.x87.setMmx(destination, cpu.xmmLow[source]);
        }
    }

    /** EMMS: all registers empty. */
    static final class Empty extends Op {
        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireMmx();
            cpu.x87.full = 0;
        }
    }
}
