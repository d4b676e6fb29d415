package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.Opcode;
import org.jspecify.annotations.Nullable;

/**
 * Instructions that touch more than registers, flags and memory: privileged state, segments, ports,
 * VMX.
 */
public interface SystemInstructions {
    /** What executes instructions of {@code opcode}; asked once, when one is decoded. */
    Operation of(Opcode opcode);

    /** VMREAD and VMWRITE between registers; null if there are none. */
    default @Nullable FieldAccess fieldAccess() {
        return null;
    }

    /** Executes instructions of one opcode. */
    @FunctionalInterface
    interface Operation {
        /**
         * Each instruction forms a block of its own, so on entry {@link Cpu#rip} is the RIP of the
         * instruction and the retired count is exact. The implementation advances RIP, or throws,
         * or returns after {@link Cpu#fail}.
         */
        void execute(Cpu cpu, Insn insn);
    }

    /**
     * Instructions that hypervisors execute by the dozen, and that neither depend on RIP nor on the
     * retired count, so that they need no block of their own. They may raise a fault or exit.
     */
    interface FieldAccess {
        void read(Cpu cpu, Insn insn);

        void write(Cpu cpu, Insn insn);
    }
}
