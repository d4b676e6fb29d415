package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;

/** Moves between XMM registers, memory and general-purpose registers, and MXCSR. */
final class VectorMoves {
    /** A whole register. */
    private static final int BYTES = 16;

    private VectorMoves() {}

    /** A whole register. */
    static final class Move extends Op {
        private final int destination;
        private final int source;

        Move(int destination, int source) {
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            cpu.xmmLow[destination] = cpu.xmmLow[source];
            cpu.xmmHigh[destination] = cpu.xmmHigh[source];
        }
    }

    /** 16 bytes from memory. */
    static final class Load extends Op {
        private final int destination;
        private final Address address;
        private final boolean aligned;

        Load(int destination, Address address, boolean aligned) {
            this.destination = destination;
            this.address = address;
            this.aligned = aligned;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            long linear = address.linear(cpu, BYTES, false);
            if (aligned) {
                VectorOperand.requireAligned(cpu, linear);
            }
            cpu.loadVector(linear);
            cpu.xmmLow[destination] = cpu.xmmLow[Cpu.XMM_SCRATCH];
            cpu.xmmHigh[destination] = cpu.xmmHigh[Cpu.XMM_SCRATCH];
        }
    }

    /** 16 bytes to memory. */
    static final class Store extends Op {
        private final int source;
        private final Address address;
        private final boolean aligned;

        Store(int source, Address address, boolean aligned) {
            this.source = source;
            this.address = address;
            this.aligned = aligned;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            long linear = address.linear(cpu, BYTES, true);
            if (aligned) {
                VectorOperand.requireAligned(cpu, linear);
            }
            cpu.storeVector(linear, cpu.xmmLow[source], cpu.xmmHigh[source]);
        }
    }

    /** Which part of a register a move of less than all concerns. */
    enum Part {
        LOW,
        HIGH
    }

    /** 1 to 8 bytes of a half to memory. */
    static final class StorePart extends Op {
        private final Part part;
        private final int shift;
        private final int bytes;
        private final int source;
        private final Address address;

        /**
         * @param shift bits of the half below what is stored
         */
        StorePart(Part part, int shift, int bytes, int source, Address address) {
            this.part = part;
            this.shift = shift;
            this.bytes = bytes;
            this.source = source;
            this.address = address;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            long half = part == Part.LOW ? cpu.xmmLow[source] : cpu.xmmHigh[source];
            MemoryAccess.store(cpu, address.linear(cpu, bytes, true), bytes, half >>> shift);
        }
    }

    /** The low bytes of a register or memory, the rest zero. */
    static final class LoadLow extends Op {
        private final int destination;
        private final VectorOperand source;

        LoadLow(int destination, VectorOperand source) {
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            cpu.xmmLow[destination] = cpu.xmmLow[source.fetch(cpu)];
            cpu.xmmHigh[destination] = 0;
        }
    }

    /** The low 4 or 8 bytes of a register, the rest kept. */
    static final class MergeLow extends Op {
        private final int destination;
        private final int source;
        private final long mask;

        MergeLow(int destination, int source, int bytes) {
            this.destination = destination;
            this.source = source;
            this.mask = OperandSize.zeroExtend(-1, bytes);
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            long[] low = cpu.xmmLow;
            low[destination] = (low[destination] & ~mask) | (low[source] & mask);
        }
    }

    /** One half from a half of a register or from memory, the other kept. */
    static final class SetHalf extends Op {
        private final Part to;
        private final Part from;
        private final int destination;
        private final VectorOperand source;

        SetHalf(Part to, Part from, int destination, VectorOperand source) {
            this.to = to;
            this.from = from;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int s = source.fetch(cpu);
            long half = from == Part.LOW ? cpu.xmmLow[s] : cpu.xmmHigh[s];
            if (to == Part.LOW) {
                cpu.xmmLow[destination] = half;
            } else {
                cpu.xmmHigh[destination] = half;
            }
        }
    }

    /** MOVD and MOVQ from a general operand, the rest zero. */
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
            cpu.requireSse();
            cpu.xmmLow[destination] = source.read(cpu);
            cpu.xmmHigh[destination] = 0;
        }
    }

    /** An element to a general operand, zero-extended in a register. */
    static final class ToGeneral extends Op {
        private final Operand destination;
        private final int source;
        private final int index;
        private final int elementBytes;

        ToGeneral(Operand destination, int source, int index, int elementBytes) {
            this.destination = destination;
            this.source = source;
            this.index = index;
            this.elementBytes = elementBytes;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            int bit = (index * elementBytes) << 3;
            long half = bit < 64 ? cpu.xmmLow[source] : cpu.xmmHigh[source];
            destination.write(cpu, OperandSize.zeroExtend(half >>> (bit & 63), elementBytes));
        }
    }

    /** An element from a general operand, the others kept. */
    static final class Insert extends Op {
        private final int destination;
        private final Operand source;
        private final int index;
        private final int elementBytes;

        Insert(int destination, Operand source, int index, int elementBytes) {
            this.destination = destination;
            this.source = source;
            this.index = index;
            this.elementBytes = elementBytes;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            long value = source.read(cpu);
            int bit = (index * elementBytes) << 3;
            long[] half = bit < 64 ? cpu.xmmLow : cpu.xmmHigh;
            long mask = OperandSize.zeroExtend(-1, elementBytes) << (bit & 63);
            half[destination] = (half[destination] & ~mask) | (value << (bit & 63) & mask);
        }
    }

    /** LDMXCSR: reserved bits raise #GP. */
    static final class LoadControl extends Op {
        private static final long RESERVED = ~0xffffL;
        private final Address address;

        LoadControl(Address address) {
            this.address = address;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            long value = cpu.load32(address.linear(cpu, 4, false));
            if ((value & RESERVED) != 0) {
                throw cpu.raise(Vector.GP, 0);
            }
            cpu.mxcsr = (int) value;
        }
    }

    /** STMXCSR. */
    static final class StoreControl extends Op {
        private final Address address;

        StoreControl(Address address) {
            this.address = address;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireSse();
            cpu.store32(address.linear(cpu, 4, true), cpu.mxcsr);
        }
    }

    /**
     * MASKMOVDQU: the bytes whose mask has its top bit set go to memory at RDI.
     *
     * <p>All of the range is probed for writing where a byte is stored at all, so that a fault
     * comes before the first store.
     */
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
            cpu.requireSse();
            long linear =
                    MaskedStore.probe(
                            cpu, segment, addressBytes, cpu.xmmLow[mask], cpu.xmmHigh[mask]);
            MaskedStore.store(cpu, linear, cpu.xmmLow[source], cpu.xmmLow[mask]);
            MaskedStore.store(cpu, linear + 8, cpu.xmmHigh[source], cpu.xmmHigh[mask]);
        }
    }
}
