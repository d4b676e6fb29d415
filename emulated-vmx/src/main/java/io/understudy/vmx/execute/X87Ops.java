package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.softfloat.BinaryFormat;
import io.understudy.vmx.x87.X87Loads;
import io.understudy.vmx.x87.X87State;
import io.understudy.vmx.x87.X87Stores;
import io.understudy.vmx.x87.X87Unit;

/**
 * Operations of the x87: checks, memory, and the pointers to the last instruction; what they
 * compute is in {@link X87Unit}. The pointer to the last operand is written only where an unmasked
 * exception is pending, as CPUID says.
 */
final class X87Ops {
    private X87Ops() {}

    /** What an instruction does once its operand from memory, if any, is loaded. */
    interface Action {
        void apply(Cpu cpu, X87Unit unit);
    }

    /** Formats of operands in memory. */
    enum Format {
        REAL_32(4),
        REAL_64(8),
        REAL_80(10),
        INTEGER_16(2),
        INTEGER_32(4),
        INTEGER_64(8),
        DECIMAL(10);

        final int bytes;

        Format(int bytes) {
            this.bytes = bytes;
        }
    }

    /** A waiting instruction on registers. */
    static final class OnRegisters extends Op {
        private final Action action;
        private final int offset;

        /**
         * @param offset distance from the block's start to the instruction
         */
        OnRegisters(Action action, int offset) {
            this.action = action;
            this.offset = offset;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireX87();
            action.apply(cpu, cpu.x87Unit);
            cpu.x87.lastInstruction = cpu.gpr[Insn.RIP_BASE] + offset;
        }
    }

    /** A waiting instruction with an operand from memory. */
    static final class WithMemory extends Op {
        private final Action action;
        private final Format format;
        private final Address address;
        private final int offset;

        WithMemory(Action action, Format format, Address address, int offset) {
            this.action = action;
            this.format = format;
            this.address = address;
            this.offset = offset;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireX87();
            long linear = address.linear(cpu, format.bytes, false);
            X87Loads loads = cpu.x87Unit.loads;
            switch (format) {
                case REAL_32 -> loads.real(BinaryFormat.SINGLE, cpu.load32(linear));
                case REAL_64 -> loads.real(BinaryFormat.DOUBLE, cpu.load64(linear));
                case INTEGER_16 -> loads.integer(OperandSize.signExtend(cpu.load16(linear), 2));
                case INTEGER_32 -> loads.integer(OperandSize.signExtend(cpu.load32(linear), 4));
                case INTEGER_64 -> loads.integer(cpu.load64(linear));
                case REAL_80, DECIMAL -> {
                    long low = cpu.load64(linear);
                    int high = (int) cpu.load16(linear + 8);
                    if (format == Format.DECIMAL) {
                        loads.packedDecimal(low, high);
                    } else {
                        loads.extended(high, low);
                    }
                }
            }
            action.apply(cpu, cpu.x87Unit);
            remember(cpu, offset, address);
        }
    }

    private static void remember(Cpu cpu, int offset, Address address) {
        cpu.x87.lastInstruction = cpu.gpr[Insn.RIP_BASE] + offset;
        if (cpu.x87.isExceptionPending()) {
            cpu.x87.lastOperand = address.offset(cpu);
        }
    }

    /** A store of ST(0). */
    static final class ToMemory extends Op {
        private final Format format;
        private final boolean truncates;
        private final boolean pops;
        private final Address address;
        private final int offset;

        ToMemory(Format format, boolean truncates, boolean pops, Address address, int offset) {
            this.format = format;
            this.truncates = truncates;
            this.pops = pops;
            this.address = address;
            this.offset = offset;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireX87();
            X87Stores stores = cpu.x87Unit.stores;
            if (convert(stores)) {
                store(cpu, stores, address.linear(cpu, format.bytes, true));
            }
            stores.finish(pops);
            remember(cpu, offset, address);
        }

        private boolean convert(X87Stores stores) {
            return switch (format) {
                case REAL_32 -> stores.real(BinaryFormat.SINGLE);
                case REAL_64 -> stores.real(BinaryFormat.DOUBLE);
                case REAL_80 -> stores.extended();
                case INTEGER_16 -> stores.integer(2, truncates);
                case INTEGER_32 -> stores.integer(4, truncates);
                case INTEGER_64 -> stores.integer(8, truncates);
                case DECIMAL -> stores.packedDecimal();
            };
        }

        private void store(Cpu cpu, X87Stores stores, long linear) {
            switch (format) {
                case REAL_32, INTEGER_32 -> cpu.store32(linear, stores.low);
                case REAL_64, INTEGER_64 -> cpu.store64(linear, stores.low);
                case INTEGER_16 -> cpu.store16(linear, stores.low);
                case REAL_80, DECIMAL -> {
                    cpu.probeWrite(linear, 10);
                    cpu.store64(linear, stores.low);
                    cpu.store16(linear + 8, stores.high);
                }
            }
        }
    }

    /** FNCLEX, FNINIT and FNSTSW AX: they do not wait for a pending exception. */
    static final class NotWaiting extends Op {
        private final Action action;

        NotWaiting(Action action) {
            this.action = action;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireX87NoWait();
            action.apply(cpu, cpu.x87Unit);
        }
    }

    /** FWAIT: raises what is pending. */
    static final class Wait extends Op {
        private static final long WAITS = ControlBits.CR0_TS | ControlBits.CR0_MP;

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            if ((cpu.system.cr0 & WAITS) == WAITS) {
                throw cpu.raise(Vector.NM);
            }
            cpu.requireNoX87Exception();
        }
    }

    /** FNSTCW and FNSTSW to memory. */
    static final class StoreWord extends Op {
        private final boolean status;
        private final Address address;

        StoreWord(boolean status, Address address) {
            this.status = status;
            this.address = address;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireX87NoWait();
            X87State x87 = cpu.x87;
            cpu.store16(address.linear(cpu, 2, true), status ? x87.statusWord() : x87.control);
        }
    }

    /** FLDCW. */
    static final class LoadControl extends Op {
        private final Address address;

        LoadControl(Address address) {
            this.address = address;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            cpu.requireX87();
            cpu.x87.setControl((int) cpu.load16(address.linear(cpu, 2, false)));
        }
    }
}
