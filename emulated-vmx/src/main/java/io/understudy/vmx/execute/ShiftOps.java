package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/** SHL, SHR and SAR of a register by a constant other than zero, 4 and 8 bytes. */
final class ShiftOps {
    private ShiftOps() {}

    /** Registers, of which two are one unless a move was merged, and the count. */
    abstract static class Form extends RegisterOp {
        final int to;
        final int from;
        final int count;

        Form(int to, int from, int count) {
            this.to = to;
            this.from = from;
            this.count = count;
        }
    }

    static final class Shl64 extends Form {
        Shl64(int to, int from, int count) {
            super(to, from, count);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = Shifts.shl(cpu, cpu.gpr[from], count, 8);
        }
    }

    static final class Shl32 extends Form {
        Shl32(int to, int from, int count) {
            super(to, from, count);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = Shifts.shl(cpu, cpu.gpr[from], count, 4) & 0xffff_ffffL;
        }
    }

    static final class Shr64 extends Form {
        Shr64(int to, int from, int count) {
            super(to, from, count);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = Shifts.shr(cpu, cpu.gpr[from], count, 8);
        }
    }

    static final class Shr32 extends Form {
        Shr32(int to, int from, int count) {
            super(to, from, count);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = Shifts.shr(cpu, cpu.gpr[from], count, 4) & 0xffff_ffffL;
        }
    }

    static final class Sar64 extends Form {
        Sar64(int to, int from, int count) {
            super(to, from, count);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = Shifts.sar(cpu, cpu.gpr[from], count, 8);
        }
    }

    static final class Sar32 extends Form {
        Sar32(int to, int from, int count) {
            super(to, from, count);
        }

        @Override
        void execute(Cpu cpu) {
            cpu.gpr[to] = Shifts.sar(cpu, cpu.gpr[from], count, 4) & 0xffff_ffffL;
        }
    }

    /** ROL of a register by a constant; ROR is a ROL by the rest. */
    static final class Rotate extends Form {
        private final int bytes;
        private final boolean right;

        Rotate(int to, int from, int count, int bytes, boolean right) {
            super(to, from, count);
            this.bytes = bytes;
            this.right = right;
        }

        @Override
        void execute(Cpu cpu) {
            long value = cpu.gpr[from];
            long result =
                    right
                            ? Shifts.ror(cpu, value, count, bytes)
                            : Shifts.rol(cpu, value, count, bytes);
            cpu.gpr[to] = OperandSize.zeroExtend(result, bytes);
        }
    }
}
