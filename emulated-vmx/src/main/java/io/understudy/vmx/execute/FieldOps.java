package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import io.understudy.vmx.decode.OperandKind;
import org.jspecify.annotations.Nullable;

/** VMREAD and VMWRITE between registers, in the middle of a block. */
final class FieldOps {
    private FieldOps() {}

    /** The operation for {@code insn}, or null if it is another instruction. */
    static @Nullable Op of(Insn insn, SystemInstructions system) {
        boolean reads = insn.opcode() == Opcode.VMREAD;
        if ((!reads && insn.opcode() != Opcode.VMWRITE)
                || insn.kind0() != OperandKind.GPR
                || insn.kind1() != OperandKind.GPR) {
            return null;
        }
        SystemInstructions.FieldAccess fields = system.fieldAccess();
        if (fields == null) {
            return null;
        }
        return reads ? new Read(fields, insn) : new Write(fields, insn);
    }

    static final class Read extends Op {
        private final SystemInstructions.FieldAccess fields;
        private final Insn insn;

        Read(SystemInstructions.FieldAccess fields, Insn insn) {
            this.fields = fields;
            this.insn = insn;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            fields.read(cpu, insn);
        }
    }

    static final class Write extends Op {
        private final SystemInstructions.FieldAccess fields;
        private final Insn insn;

        Write(SystemInstructions.FieldAccess fields, Insn insn) {
            this.fields = fields;
            this.insn = insn;
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            fields.write(cpu, insn);
        }
    }
}
