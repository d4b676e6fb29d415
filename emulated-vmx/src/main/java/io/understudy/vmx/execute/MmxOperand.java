package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.decode.OperandKind;
import org.jspecify.annotations.Nullable;

/** A source on MMX registers: one of them, or memory of 4 or 8 bytes. */
final class MmxOperand {
    private final int register;
    private final @Nullable Address address;
    private final int bytes;

    /** Operand 1 of {@code insn}. */
    MmxOperand(Insn insn, int endOffset) {
        register = insn.register1();
        address = insn.kind1() == OperandKind.MEMORY ? new Address(insn, endOffset) : null;
        bytes = insn.sourceBytes();
    }

    boolean isMemory() {
        return address != null;
    }

    long fetch(Cpu cpu) {
        return address == null
                ? cpu.x87.significand[register]
                : MemoryAccess.load(cpu, address.linear(cpu, bytes, false), bytes);
    }
}
