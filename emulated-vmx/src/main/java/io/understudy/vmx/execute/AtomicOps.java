package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;

/**
 * XCHG, XADD, CMPXCHG, CMPXCHG8B and CMPXCHG16B. Each probes its destination for a write before it
 * changes anything, and writes it even if the comparison fails.
 */
final class AtomicOps {
    private AtomicOps() {}

    /** XCHG; with memory it is locked whatever the prefix. */
    static final class Exchange extends Op {
        private final Operand first;
        private final Operand second;

        /**
         * @param first the memory operand if there is one
         */
        Exchange(Operand first, Operand second) {
            this.first = first;
            this.second = second;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long b = second.read(cpu);
            long a;
            if (first instanceof Operand.Memory) {
                do {
                    a = first.readForUpdate(cpu);
                } while (!MemoryAccess.storeUpdateLocked(cpu, first.bytes, a, b));
            } else {
                a = first.read(cpu);
                first.write(cpu, b);
            }
            second.write(cpu, a);
        }
    }

    static final class ExchangeAdd extends Op {
        private final Operand destination;
        private final Operand source;
        private final boolean locked;

        ExchangeAdd(Operand destination, Operand source, boolean locked) {
            this.destination = destination;
            this.source = source;
            this.locked = locked;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            int bytes = destination.bytes;
            if (locked) {
                long a;
                long sum;
                do {
                    a = destination.readForUpdate(cpu);
                    sum = Arithmetic.add(cpu, a, source.read(cpu), bytes);
                } while (!MemoryAccess.storeUpdateLocked(cpu, bytes, a, sum));
                source.write(cpu, a);
                return;
            }
            long a = destination.readForUpdate(cpu);
            long sum = Arithmetic.add(cpu, a, source.read(cpu), bytes);
            // The destination last: it wins where both are the same register.
            source.write(cpu, a);
            destination.writeBack(cpu, sum);
        }
    }

    static final class CompareExchange extends Op {
        private final Operand destination;
        private final Operand source;
        private final boolean locked;

        CompareExchange(Operand destination, Operand source, boolean locked) {
            this.destination = destination;
            this.source = source;
            this.locked = locked;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            int bytes = destination.bytes;
            long accumulator = Registers.read(cpu, Cpu.RAX, bytes);
            long replacement = source.read(cpu);
            long old = destination.readForUpdate(cpu);
            if (locked) {
                long value = old == accumulator ? replacement : old;
                while (!MemoryAccess.storeUpdateLocked(cpu, bytes, old, value)) {
                    old = destination.readForUpdate(cpu);
                    value = old == accumulator ? replacement : old;
                }
            } else if (old == accumulator) {
                destination.writeBack(cpu, replacement);
            } else if (destination instanceof Operand.Memory) {
                destination.writeBack(cpu, old);
            }
            Arithmetic.sub(cpu, accumulator, old, bytes);
            if (old != accumulator) {
                Registers.write(cpu, Cpu.RAX, old, bytes);
            }
        }
    }

    /** CMPXCHG8B and CMPXCHG16B: ZF alone tells the outcome, the other flags stay. */
    static final class CompareExchangePair extends Op {
        private final Address address;
        private final int halfBytes;

        /**
         * @param halfBytes 4 or 8
         */
        CompareExchangePair(Address address, int halfBytes) {
            this.address = address;
            this.halfBytes = halfBytes;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long linear = address.linear(cpu, 2 * halfBytes, true);
            if (halfBytes == 8) {
                exchange16(cpu, linear);
            } else {
                exchange8(cpu, linear);
            }
        }

        private static void exchange8(Cpu cpu, long linear) {
            long[] gpr = cpu.gpr;
            long expected = gpr[Cpu.RDX] << 32 | (gpr[Cpu.RAX] & 0xffff_ffffL);
            long replacement = gpr[Cpu.RCX] << 32 | (gpr[Cpu.RBX] & 0xffff_ffffL);
            long old;
            long value;
            do {
                old = MemoryAccess.loadForUpdate(cpu, linear, 8);
                value = old == expected ? replacement : old;
            } while (!MemoryAccess.storeUpdateLocked(cpu, 8, old, value));
            if (old == expected) {
                Flags.update(cpu, Flags.ZF, Flags.ZF);
            } else {
                Flags.update(cpu, Flags.ZF, 0);
                gpr[Cpu.RAX] = old & 0xffff_ffffL;
                gpr[Cpu.RDX] = old >>> 32;
            }
        }

        private static void exchange16(Cpu cpu, long linear) {
            if ((linear & 15) != 0) {
                throw cpu.raise(Vector.GP, 0);
            }
            long[] gpr = cpu.gpr;
            // One probe covers both halves: 16 aligned bytes lie in one page.
            long host = cpu.hostForUpdate(linear, 16);
            long low = host != 0 ? MemoryAccess.loadHost(host, 8) : cpu.load64(linear);
            long high = host != 0 ? MemoryAccess.loadHost(host + 8, 8) : cpu.load64(linear + 8);
            boolean equal = low == gpr[Cpu.RAX] && high == gpr[Cpu.RDX];
            long newLow = equal ? gpr[Cpu.RBX] : low;
            long newHigh = equal ? gpr[Cpu.RCX] : high;
            if (host != 0) {
                MemoryAccess.storeHost(host, 8, newLow);
                MemoryAccess.storeHost(host + 8, 8, newHigh);
            } else {
                cpu.store64(linear, newLow);
                cpu.store64(linear + 8, newHigh);
            }
            Flags.update(cpu, Flags.ZF, equal ? Flags.ZF : 0);
            gpr[Cpu.RAX] = low;
            gpr[Cpu.RDX] = high;
        }
    }
}
