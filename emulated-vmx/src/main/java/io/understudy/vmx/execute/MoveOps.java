package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.execute.FlatOp.Place;

/** MOV, MOVZX, MOVSX and LEA in their frequent forms. */
final class MoveOps {
    private MoveOps() {}

    static final class Move64 extends RegisterOp {
        private final int to;
        private final int from;

        Move64(int to, int from) {
            this.to = to;
            this.from = from;
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = cpu.gpr[from];
        }
    }

    static final class Move32 extends RegisterOp {
        private final int to;
        private final int from;

        Move32(int to, int from) {
            this.to = to;
            this.from = from;
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = cpu.gpr[from] & 0xffff_ffffL;
        }
    }

    /** Two moves between registers, one after the other. */
    static final class MovePair extends RegisterOp {
        private final int to1;
        private final int from1;
        private final long mask1;
        private final int to2;
        private final int from2;
        private final long mask2;

        MovePair(Insn first, Insn second) {
            to1 = first.register0();
            from1 = first.register1();
            mask1 = OperandSize.zeroExtend(-1, first.operandBytes());
            to2 = second.register0();
            from2 = second.register1();
            mask2 = OperandSize.zeroExtend(-1, second.operandBytes());
        }

        @Override
        void execute(Cpu cpu) {
            long[] gpr = cpu.gpr;
            gpr[to1] = gpr[from1] & mask1;
            gpr[to2] = gpr[from2] & mask2;
        }
    }

    /** MOV of an immediate that is extended already. */
    static final class MoveImmediate extends RegisterOp {
        private final int to;
        private final long value;

        MoveImmediate(int to, long value) {
            this.to = to;
            this.value = value;
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = value;
        }
    }

    /** MOVZX, MOVSX and MOVSXD between registers: sign-extends or masks a low part. */
    static final class ExtendSigned extends RegisterOp {
        private final int to;
        private final int from;
        private final int unusedBits;
        private final long mask;

        /**
         * @param sourceBytes 1, 2 or 4
         * @param bytes 4 or 8
         */
        ExtendSigned(int to, int from, int sourceBytes, int bytes) {
            this.to = to;
            this.from = from;
            this.unusedBits = 64 - OperandSize.bits(sourceBytes);
            this.mask = bytes == 8 ? -1 : 0xffff_ffffL;
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = cpu.gpr[from] << unusedBits >> unusedBits & mask;
        }
    }

    static final class ExtendZero extends RegisterOp {
        private final int to;
        private final int from;
        private final long mask;

        ExtendZero(int to, int from, int sourceBytes) {
            this.to = to;
            this.from = from;
            this.mask = OperandSize.zeroExtend(-1, sourceBytes);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = cpu.gpr[from] & mask;
        }
    }

    /** An address that is computed and not used. */
    abstract static class Lea extends RegisterOp {
        final int to;
        private final int base;
        private final int index;
        private final int scale;
        private final long displacement;

        Lea(Place place, int to) {
            this.to = to;
            base = place.base();
            index = place.index();
            scale = place.scale();
            displacement = place.displacement();
        }

        final long sum(Cpu cpu) {
            long[] gpr = cpu.gpr;
            return gpr[base] + (gpr[index] << scale) + displacement;
        }
    }

    static final class Lea64 extends Lea {
        Lea64(Place place, int to) {
            super(place, to);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = sum(cpu);
        }
    }

    static final class Lea32 extends Lea {
        Lea32(Place place, int to) {
            super(place, to);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = sum(cpu) & 0xffff_ffffL;
        }
    }

    static final class Load64 extends FlatOp {
        private final int to;

        Load64(Place place, int to) {
            super(place);
            this.to = to;
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = cpu.load64(linear(cpu));
        }
    }

    static final class Load32 extends FlatOp {
        private final int to;

        Load32(Place place, int to) {
            super(place);
            this.to = to;
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = cpu.load32(linear(cpu));
        }
    }

    /** MOVZX from a word in memory. */
    static final class Load16 extends FlatOp {
        private final int to;

        Load16(Place place, int to) {
            super(place);
            this.to = to;
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = cpu.load16(linear(cpu));
        }
    }

    /** MOVZX from a byte in memory. */
    static final class Load8 extends FlatOp {
        private final int to;

        Load8(Place place, int to) {
            super(place);
            this.to = to;
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = cpu.load8(linear(cpu));
        }
    }

    /** MOV of a byte from memory into the low byte of a register. */
    static final class LoadLowByte extends FlatOp {
        private final int to;

        LoadLowByte(Place place, int to) {
            super(place);
            this.to = to;
        }

        @Override
        void execute(Cpu cpu) {
            long value = cpu.load8(linear(cpu));
            cpu.gpr[to] = (cpu.gpr[to] & ~0xffL) | value;
        }
    }

    /** MOVSX and MOVSXD from memory. */
    static final class LoadSigned extends FlatOp {
        private final int to;
        private final int sourceBytes;
        private final long mask;

        LoadSigned(Place place, int to, int sourceBytes, int bytes) {
            super(place);
            this.to = to;
            this.sourceBytes = sourceBytes;
            this.mask = bytes == 8 ? -1 : 0xffff_ffffL;
        }

        @Override
        void execute(Cpu cpu) {
            long value = MemoryAccess.load(cpu, linear(cpu), sourceBytes);
            cpu.gpr[to] = OperandSize.signExtend(value, sourceBytes) & mask;
        }
    }

    /** A store of a register or an immediate, of which one is zero. */
    abstract static class Store extends FlatOp {
        final int source;
        final long immediate;

        Store(Place place, int source, long immediate) {
            super(place);
            this.source = source;
            this.immediate = immediate;
        }
    }

    static final class Store64 extends Store {
        Store64(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            failIfAny(cpu.tryStore64(linear(cpu), cpu.gpr[source] + immediate));
        }
    }

    static final class Store32 extends Store {
        Store32(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            failIfAny(cpu.tryStore32(linear(cpu), cpu.gpr[source] + immediate));
        }
    }

    static final class Store16 extends Store {
        Store16(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            failIfAny(cpu.tryStore16(linear(cpu), cpu.gpr[source] + immediate));
        }
    }

    static final class Store8 extends Store {
        Store8(Place place, int source, long immediate) {
            super(place, source, immediate);
        }

        @Override
        void execute(Cpu cpu) {
            failIfAny(cpu.tryStore8(linear(cpu), cpu.gpr[source] + immediate));
        }
    }
}
