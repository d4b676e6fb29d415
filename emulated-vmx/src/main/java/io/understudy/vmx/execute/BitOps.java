package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/** BT, BTS, BTR, BTC, BSF and BSR. */
final class BitOps {
    private BitOps() {}

    /** What happens to the bit after it was copied to CF. */
    enum Change {
        NONE,
        SET,
        RESET,
        COMPLEMENT;

        long apply(long value, int index) {
            return switch (this) {
                case NONE -> value;
                case SET -> value | 1L << index;
                case RESET -> value & ~(1L << index);
                case COMPLEMENT -> value ^ 1L << index;
            };
        }
    }

    /** A bit of the operand itself: the index is taken modulo its size. */
    static final class Test extends Op {
        private final Change change;
        private final Operand destination;
        private final Operand index;
        private final boolean locked;

        Test(Change change, Operand destination, Operand index, boolean locked) {
            this.change = change;
            this.destination = destination;
            this.index = index;
            this.locked = locked;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            int bytes = destination.bytes;
            int bit = (int) index.read(cpu) & OperandSize.bits(bytes) - 1;
            if (change == Change.NONE) {
                BitOperations.bt(cpu, destination.read(cpu), bit);
                return;
            }
            long old = destination.readForUpdate(cpu);
            if (locked) {
                while (!MemoryAccess.storeUpdateLocked(cpu, bytes, old, change.apply(old, bit))) {
                    old = destination.readForUpdate(cpu);
                }
            } else {
                destination.writeBack(cpu, change.apply(old, bit));
            }
            BitOperations.bt(cpu, old, bit);
        }
    }

    /** A bit of the string that begins at the address: a register index reaches beyond it. */
    static final class TestString extends Op {
        private final Change change;
        private final Address address;
        private final int index;
        private final int bytes;
        private final boolean locked;

        /**
         * @param index register that holds the signed bit index
         */
        TestString(Change change, Address address, int index, int bytes, boolean locked) {
            this.change = change;
            this.address = address;
            this.index = index;
            this.bytes = bytes;
            this.locked = locked;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long position = OperandSize.signExtend(cpu.gpr[index], bytes);
            int bits = OperandSize.bits(bytes);
            int bit = (int) position & bits - 1;
            boolean write = change != Change.NONE;
            long linear = address.element(cpu, (position - bit) / 8, bytes, write);
            if (change == Change.NONE) {
                BitOperations.bt(cpu, MemoryAccess.load(cpu, linear, bytes), bit);
                return;
            }
            long old = MemoryAccess.loadForUpdate(cpu, linear, bytes);
            if (locked) {
                while (!MemoryAccess.storeUpdateLocked(cpu, bytes, old, change.apply(old, bit))) {
                    old = MemoryAccess.loadForUpdate(cpu, linear, bytes);
                }
            } else {
                MemoryAccess.storeUpdate(cpu, bytes, change.apply(old, bit));
            }
            BitOperations.bt(cpu, old, bit);
        }
    }

    /** BSF and BSR: a zero source leaves the destination alone. */
    static final class Scan extends Op {
        private final boolean reverse;
        private final int destination;
        private final Operand source;

        Scan(boolean reverse, int destination, Operand source) {
            this.reverse = reverse;
            this.destination = destination;
            this.source = source;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long value = source.read(cpu);
            if (value == 0) {
                BitOperations.setScanFlags(cpu, 0);
                return;
            }
            long index = reverse ? BitOperations.bsr(cpu, value) : BitOperations.bsf(cpu, value);
            Registers.write(cpu, destination, index, source.bytes);
        }
    }
}
