package io.understudy.hypervisor.tables;

import io.understudy.hypervisor.guard.GuardEventKind;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;

/** The guest's GDTR, IDTR, LDTR and TR, and what an instruction would load into them. */
final class TableRegisters {
    private static final int POINTER_BYTES = 10;
    private static final int SELECTOR_BYTES = 2;
    private static final long RING_MASK = 3L << 5;

    private final LogicalProcessor processor;
    private final GuestWalk walk;
    private final byte[] bytes = new byte[POINTER_BYTES];

    TableRegisters(LogicalProcessor processor, GuestWalk walk) {
        this.processor = processor;
        this.walk = walk;
    }

    long gdtBase() {
        return processor.vmread(VmcsField.GUEST_GDTR_BASE);
    }

    long gdtLimit() {
        return processor.vmread(VmcsField.GUEST_GDTR_LIMIT);
    }

    long idtBase() {
        return processor.vmread(VmcsField.GUEST_IDTR_BASE);
    }

    long idtLimit() {
        return processor.vmread(VmcsField.GUEST_IDTR_LIMIT);
    }

    /** Whether the guest executes a program rather than its operating system. */
    boolean isInRing3() {
        return (processor.vmread(VmcsField.GUEST_SS_ACCESS_RIGHTS) & RING_MASK) == RING_MASK;
    }

    /** Content of the register that an instruction is about. */
    String contentFor(GuardEventKind instruction) {
        return switch (instruction) {
            case LGDT, SGDT -> pointer(gdtBase(), gdtLimit());
            case LIDT, SIDT -> pointer(idtBase(), idtLimit());
            case LLDT, SLDT -> selector(processor.vmread(VmcsField.GUEST_LDTR_SELECTOR));
            case LTR, STR -> selector(processor.vmread(VmcsField.GUEST_TR_SELECTOR));
            case WRITE, REMAP, FOUND -> "";
        };
    }

    /** What a load would load; the content that is there if the operand cannot be read. */
    String contentOf(GuardEventKind load, TableOperand operand) {
        boolean isPointer = load == GuardEventKind.LGDT || load == GuardEventKind.LIDT;
        if (operand.register() >= 0) {
            return selector(TableOperand.gpr(processor, operand.register()) & 0xffff);
        }
        int length = isPointer ? POINTER_BYTES : SELECTOR_BYTES;
        if (!walk.read(operand.linear(), bytes, length)) {
            return contentFor(load);
        }
        long limit = little(0, SELECTOR_BYTES);
        return isPointer
                ? pointer(little(SELECTOR_BYTES, POINTER_BYTES - SELECTOR_BYTES), limit)
                : selector(limit);
    }

    private long little(int at, int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (bytes[at + i] & 0xffL) << (8 * i);
        }
        return value;
    }

    private static String pointer(long base, long limit) {
        return "base %#x limit %#x".formatted(base, limit);
    }

    private static String selector(long value) {
        return "selector %#x".formatted(value);
    }
}
