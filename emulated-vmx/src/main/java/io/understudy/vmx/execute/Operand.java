package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;

/**
 * An operand of any kind, for instructions that have no specialised form.
 *
 * <p>{@link #read} gives the low {@link #bytes} zero-extended, {@link #write} takes the low bytes
 * and ignores the rest. A read-modify-write is {@link #readForUpdate}, which raises whatever the
 * write would raise, then {@link #writeBack}, which raises nothing.
 */
abstract class Operand {
    final int bytes;

    Operand(int bytes) {
        this.bytes = bytes;
    }

    /**
     * Operand {@code number} of an instruction.
     *
     * @param endOffset distance from the block's start to the end of the instruction
     */
    static Operand of(Insn insn, int number, int bytes, int endOffset) {
        int register =
                switch (number) {
                    case 0 -> insn.register0();
                    case 1 -> insn.register1();
                    default -> insn.register2();
                };
        var kind =
                switch (number) {
                    case 0 -> insn.kind0();
                    case 1 -> insn.kind1();
                    default -> insn.kind2();
                };
        return switch (kind) {
            case GPR -> new Register(register, bytes);
            case GPR_HIGH -> new HighByte(register);
            case MEMORY -> new Memory(new Address(insn, endOffset), bytes);
            case IMMEDIATE -> new Immediate(insn.immediate(), bytes);
            default ->
                    throw new IllegalArgumentException(
                            "operand " + number + " of " + insn + " is no value");
        };
    }

    abstract long read(Cpu cpu);

    abstract void write(Cpu cpu, long value);

    long readForUpdate(Cpu cpu) {
        return read(cpu);
    }

    void writeBack(Cpu cpu, long value) {
        write(cpu, value);
    }

    /** A general-purpose register, from bit 0. */
    static final class Register extends Operand {
        final int number;

        Register(int number, int bytes) {
            super(bytes);
            this.number = number;
        }

        @Override
        long read(Cpu cpu) {
            return Registers.read(cpu, number, bytes);
        }

        @Override
        void write(Cpu cpu, long value) {
            Registers.write(cpu, number, value, bytes);
        }
    }

    /** AH, CH, DH or BH. */
    static final class HighByte extends Operand {
        final int number;

        HighByte(int number) {
            super(1);
            this.number = number;
        }

        @Override
        long read(Cpu cpu) {
            return Registers.readHigh(cpu, number);
        }

        @Override
        void write(Cpu cpu, long value) {
            Registers.writeHigh(cpu, number, value);
        }
    }

    /** An immediate; never a destination. */
    static final class Immediate extends Operand {
        final long value;

        Immediate(long value, int bytes) {
            super(bytes);
            this.value = OperandSize.zeroExtend(value, bytes);
        }

        @Override
        long read(Cpu cpu) {
            return value;
        }

        @Override
        void write(Cpu cpu, long ignored) {
            throw new IllegalStateException("an immediate is no destination");
        }
    }

    /** A memory operand. */
    static final class Memory extends Operand {
        final Address address;

        Memory(Address address, int bytes) {
            super(bytes);
            this.address = address;
        }

        @Override
        long read(Cpu cpu) {
            return MemoryAccess.load(cpu, address.linear(cpu, bytes, false), bytes);
        }

        @Override
        void write(Cpu cpu, long value) {
            MemoryAccess.store(cpu, address.linear(cpu, bytes, true), bytes, value);
        }

        @Override
        long readForUpdate(Cpu cpu) {
            return MemoryAccess.loadForUpdate(cpu, address.linear(cpu, bytes, true), bytes);
        }

        @Override
        void writeBack(Cpu cpu, long value) {
            MemoryAccess.storeUpdate(cpu, bytes, value);
        }
    }
}
