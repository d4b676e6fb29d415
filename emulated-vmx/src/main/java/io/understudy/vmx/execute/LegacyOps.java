package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import org.jspecify.annotations.Nullable;

/**
 * Instructions that 64-bit mode has not: decimal and ASCII adjustments, PUSHA, POPA, BOUND and SALC
 * (SDM volume 2, under their names).
 */
final class LegacyOps {
    private static final int AL_MASK = 0xff;

    private LegacyOps() {}

    /** The operation of {@code insn}, or null if it is none of these. */
    static @Nullable Op of(Insn insn, int endOffset) {
        return switch (insn.opcode()) {
            case DAA, DAS, AAA, AAS, AAD, SALC -> new Adjust(insn);
            case AAM -> new AdjustAfterMultiply((int) insn.immediate() & AL_MASK);
            case PUSHA -> new PushAll(insn.operandBytes());
            case POPA -> new PopAll(insn.operandBytes());
            case BOUND -> new Bound(insn, endOffset);
            default -> null;
        };
    }

    private static int al(Cpu cpu) {
        return (int) cpu.gpr[Cpu.RAX] & AL_MASK;
    }

    /** The adjustments that cannot fault. */
    private static final class Adjust extends RegisterOp {
        private final Opcode opcode;
        private final int base;

        Adjust(Insn insn) {
            opcode = insn.opcode();
            base = (int) insn.immediate() & AL_MASK;
        }

        @Override
        void execute(Cpu cpu) {
            switch (opcode) {
                case DAA -> decimal(cpu, 1);
                case DAS -> decimal(cpu, -1);
                case AAA -> ascii(cpu, 1);
                case AAS -> ascii(cpu, -1);
                case AAD -> {
                    int ah = (int) Registers.readHigh(cpu, Cpu.RAX);
                    int sum = (al(cpu) + ah * base) & AL_MASK;
                    Registers.write(cpu, Cpu.RAX, sum, 2);
                    Arithmetic.or(cpu, sum, sum, 1);
                }
                case SALC -> Registers.write(cpu, Cpu.RAX, Flags.carry(cpu) ? AL_MASK : 0, 1);
                default -> throw new IllegalStateException("no adjustment: " + opcode);
            }
        }

        /** DAA and DAS; OF, which they leave undefined, is cleared. */
        private static void decimal(Cpu cpu, int sign) {
            int old = al(cpu);
            int flags = Flags.status(cpu);
            boolean carry = (flags & Flags.CF) != 0;
            int value = old;
            int result = 0;
            if ((old & 15) > 9 || (flags & Flags.AF) != 0) {
                value += sign * 6;
                // A borrow out of the low digit's correction.
                result = Flags.AF | (carry || value < 0 || value > AL_MASK ? Flags.CF : 0);
            }
            if (old > 0x99 || carry) {
                value += sign * 0x60;
                result |= Flags.CF;
            }
            adjusted(cpu, value, result);
        }

        private static void ascii(Cpu cpu, int sign) {
            int flags = Flags.status(cpu);
            int result = 0;
            if ((al(cpu) & 15) > 9 || (flags & Flags.AF) != 0) {
                long ax = cpu.gpr[Cpu.RAX] + sign * 0x106L;
                Registers.write(cpu, Cpu.RAX, ax, 2);
                result = Flags.AF | Flags.CF;
            }
            adjusted(cpu, al(cpu) & 15, result);
        }

        private static void adjusted(Cpu cpu, int value, int carries) {
            Registers.write(cpu, Cpu.RAX, value, 1);
            Arithmetic.or(cpu, value, value, 1);
            Flags.update(cpu, Flags.CF | Flags.AF, carries);
        }
    }

    /** AAM: #DE if its base is zero. */
    private static final class AdjustAfterMultiply extends Op {
        private final int base;

        AdjustAfterMultiply(int base) {
            this.base = base;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            if (base == 0) {
                throw cpu.raise(Vector.DE);
            }
            int value = al(cpu);
            Registers.write(cpu, Cpu.RAX, (long) (value / base) << 8 | value % base, 2);
            Arithmetic.or(cpu, value % base, value % base, 1);
        }
    }

    /** PUSHA: the old stack pointer is pushed in its place; nothing moves before the last store. */
    private static final class PushAll extends Op {
        private final int bytes;

        PushAll(int bytes) {
            this.bytes = bytes;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long pointer = cpu.gpr[Cpu.RSP];
            for (int r = Cpu.RAX; r <= Cpu.RDI; r++) {
                long at = cpu.stackLinear(pointer - (r + 1L) * bytes, bytes, true);
                MemoryAccess.store(cpu, at, bytes, cpu.gpr[r]);
            }
            cpu.setStackPointer(pointer - 8L * bytes);
        }
    }

    private static final class PopAll extends Op {
        private final int bytes;

        PopAll(int bytes) {
            this.bytes = bytes;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long pointer = cpu.gpr[Cpu.RSP];
            // The last read first: whatever faults does so before a register changes.
            load(cpu, pointer, 7);
            for (int i = 0; i < 8; i++) {
                long value = load(cpu, pointer, i);
                int register = Cpu.RDI - i;
                if (register != Cpu.RSP) {
                    Registers.write(cpu, register, value, bytes);
                }
            }
            cpu.setStackPointer(pointer + 8L * bytes);
        }

        private long load(Cpu cpu, long pointer, int i) {
            long at = cpu.stackLinear(pointer + (long) i * bytes, bytes, false);
            return MemoryAccess.load(cpu, at, bytes);
        }
    }

    private static final class Bound extends Op {
        private final Address address;
        private final int index;
        private final int bytes;

        Bound(Insn insn, int endOffset) {
            address = new Address(insn, endOffset);
            index = insn.register0();
            bytes = insn.operandBytes();
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            long linear = address.linear(cpu, 2 * bytes, false);
            long lower = OperandSize.signExtend(MemoryAccess.load(cpu, linear, bytes), bytes);
            long upper =
                    OperandSize.signExtend(MemoryAccess.load(cpu, linear + bytes, bytes), bytes);
            long value = OperandSize.signExtend(cpu.gpr[index], bytes);
            if (value < lower || value > upper) {
                throw cpu.raise(Vector.BR);
            }
        }
    }
}
