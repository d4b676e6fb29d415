package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
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
            long linear = address.linear(cpu);
            int bytes = insn.operandBytes();
            boolean wide = bytes == 8;
            switch (insn.opcode()) {
                case FXSAVE -> image.fxsave(cpu, linear, wide);
                case FXRSTOR -> image.fxrstor(cpu, linear, wide);
                case XSAVE, XSAVEOPT -> image.xsave(cpu, linear, wide);
                case XRSTOR -> image.xrstor(cpu, linear, wide);
                case FNSTENV -> EnvironmentImage.store(cpu, linear, bytes == 2);
                case FLDENV -> EnvironmentImage.load(cpu, linear, bytes == 2);
                case FNSAVE -> EnvironmentImage.save(cpu, linear, bytes == 2);
                default -> EnvironmentImage.restore(cpu, linear, bytes == 2);
            }
        }
    }
}
