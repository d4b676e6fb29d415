package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.XsaveLayout;
import io.understudy.vmx.decode.Insn;
import org.jspecify.annotations.Nullable;

/** Saving and restoring the x87 and SSE state as a whole. */
final class StateImageOps {
    private StateImageOps() {}

    static @Nullable Op of(Insn insn, int endOffset) {
        return switch (insn.opcode()) {
            case FXSAVE, FXRSTOR, XSAVE, XSAVEOPT, XRSTOR, FNSTENV, FLDENV, FNSAVE, FRSTOR ->
                    new Image(insn, endOffset);
            default -> null;
        };
    }

    /** An image at a memory operand; {@link StateImage} and {@link EnvironmentImage} know it. */
    static final class Image extends Op {
        private final Insn insn;
        private final Address address;
        private final StateImage image = new StateImage();

        Image(Insn insn, int endOffset) {
            this.insn = insn;
            this.address = new Address(insn, endOffset);
        }

        @Override
        void execute(Cpu cpu) {
            mark(cpu);
            requireEnabled(cpu);
            int bytes = insn.operandBytes();
            boolean small = bytes == 2;
            boolean wide = bytes == 8;
            switch (insn.opcode()) {
                case FXSAVE -> image.fxsave(cpu, store(cpu, XsaveLayout.LEGACY_BYTES), wide);
                case FXRSTOR -> image.fxrstor(cpu, load(cpu, XsaveLayout.LEGACY_BYTES), wide);
                case XSAVE, XSAVEOPT ->
                        image.xsave(cpu, store(cpu, StateImage.requestedBytes(cpu)), wide);
                case XRSTOR -> image.xrstor(cpu, load(cpu, StateImage.requestedBytes(cpu)), wide);
                case FNSTENV ->
                        EnvironmentImage.store(
                                cpu, store(cpu, EnvironmentImage.bytes(small)), small);
                case FLDENV ->
                        EnvironmentImage.load(cpu, load(cpu, EnvironmentImage.bytes(small)), small);
                case FNSAVE ->
                        EnvironmentImage.save(
                                cpu, store(cpu, EnvironmentImage.allBytes(small)), small);
                default ->
                        EnvironmentImage.restore(
                                cpu, load(cpu, EnvironmentImage.allBytes(small)), small);
            }
        }

        /** What disables the instruction comes before what is wrong with its operand. */
        private void requireEnabled(Cpu cpu) {
            switch (insn.opcode()) {
                case XSAVE, XSAVEOPT, XRSTOR -> StateImage.requireEnabled(cpu);
                case FLDENV, FRSTOR -> cpu.requireX87();
                default -> cpu.requireX87NoWait();
            }
        }

        private long store(Cpu cpu, int bytes) {
            return address.linear(cpu, bytes, true);
        }

        private long load(Cpu cpu, int bytes) {
            return address.linear(cpu, bytes, false);
        }
    }
}
