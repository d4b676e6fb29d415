package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;
import org.jspecify.annotations.Nullable;

/** A source on XMM registers: one of them, or memory of 1 to 16 bytes. */
final class VectorOperand {
    private static final int ALIGNMENT = 15;

    private final int register;
    private final @Nullable Address address;
    private final int bytes;
    private final boolean aligned;

    /**
     * The last but destination operand of {@code insn}.
     *
     * @param aligned memory must be aligned to 16 bytes
     */
    VectorOperand(Insn insn, int endOffset, boolean aligned) {
        boolean memory = insn.kind1() == OperandKind.MEMORY;
        this.register = memory ? Cpu.XMM_SCRATCH : insn.register1();
        this.address = memory ? new Address(insn, endOffset) : null;
        this.bytes = insn.sourceBytes();
        this.aligned = aligned && bytes == 16;
    }

    boolean isMemory() {
        return address != null;
    }

    /** Index of the register that now holds the source, zero-extended if it was memory. */
    int fetch(Cpu cpu) {
        if (address != null) {
            load(cpu, address.linear(cpu, bytes, false));
        }
        return register;
    }

    private void load(Cpu cpu, long linear) {
        if (bytes == 16) {
            if (aligned) {
                requireAligned(cpu, linear);
            }
            cpu.loadVector(linear);
        } else {
            cpu.xmmLow[Cpu.XMM_SCRATCH] = MemoryAccess.load(cpu, linear, bytes);
            cpu.xmmHigh[Cpu.XMM_SCRATCH] = 0;
        }
    }

    static void requireAligned(Cpu cpu, long linear) {
        if ((linear & ALIGNMENT) != 0) {
            throw cpu.raise(Vector.GP, 0);
        }
    }
}
