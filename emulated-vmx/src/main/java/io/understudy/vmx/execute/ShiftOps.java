package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/** SHL, SHR and SAR of a register by a constant other than zero, 4 and 8 bytes. */
final class ShiftOps {
    private ShiftOps() {}

    /** Register and count. */
    abstract static class Form extends Op {
        final int register;
        final int count;

        Form(int register, int count) {
            this.register = register;
            this.count = count;
        }
    }

    static final class Shl64 extends Form {
        Shl64(int register, int count) {
            super(register, count);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[register] = Shifts.shl(cpu, cpu.gpr[register], count, 8);
        }
    }

    static final class Shl32 extends Form {
        Shl32(int register, int count) {
            super(register, count);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[register] = Shifts.shl(cpu, cpu.gpr[register], count, 4) & 0xffff_ffffL;
        }
    }

    static final class Shr64 extends Form {
        Shr64(int register, int count) {
            super(register, count);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[register] = Shifts.shr(cpu, cpu.gpr[register], count, 8);
        }
    }

    static final class Shr32 extends Form {
        Shr32(int register, int count) {
            super(register, count);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[register] = Shifts.shr(cpu, cpu.gpr[register], count, 4) & 0xffff_ffffL;
        }
    }

    static final class Sar64 extends Form {
        Sar64(int register, int count) {
            super(register, count);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[register] = Shifts.sar(cpu, cpu.gpr[register], count, 8);
        }
    }

    static final class Sar32 extends Form {
        Sar32(int register, int count) {
            super(register, count);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[register] = Shifts.sar(cpu, cpu.gpr[register], count, 4) & 0xffff_ffffL;
        }
    }

    /** ROL of a register by a constant; ROR is a ROL by the rest. */
    static final class Rotate extends Form {
        private final int bytes;
        private final boolean right;

        Rotate(int register, int count, int bytes, boolean right) {
            super(register, count);
            this.bytes = bytes;
            this.right = right;
        }

        @Override
        void execute(Cpu cpu) {
            long value = cpu.gpr[register];
            long result =
                    right
                            ? Shifts.ror(cpu, value, count, bytes)
                            : Shifts.rol(cpu, value, count, bytes);
            cpu.gpr[register] = OperandSize.zeroExtend(result, bytes);
        }
    }
}
