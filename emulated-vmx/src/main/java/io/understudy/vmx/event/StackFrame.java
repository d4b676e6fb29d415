package io.understudy.vmx.event;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Segmentation;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.translation.Mmu;

/**
 * Values pushed together on a stack that need not be the current one. All slots are checked before
 * the first is stored, so a fault changes nothing.
 *
 * <p>Reused for frame after frame: {@link #begin}, {@link #add} in the order of the pushes, {@link
 * #check}, {@link #store}.
 */
public final class StackFrame {
    /** A call gate copies 31 parameters between SS, ESP and CS, EIP. */
    private static final int SLOTS_MAX = 36;

    private static final long MASK_32 = 0xffff_ffffL;

    /** Bit 0 of an error code: met in the delivery of an event from outside. */
    private static final int EXTERNAL = 1;

    private final Mmu mmu;
    private final long[] values = new long[SLOTS_MAX];
    private int count;
    private int slotBytes;

    // The stack.
    private boolean flat64;
    private long base;
    private int limit;
    private int rights;
    private long mask;
    private long pointer;
    private boolean user;
    private boolean isAlignmentFree;

    public StackFrame(Mmu mmu) {
        this.mmu = mmu;
    }

    /**
     * Starts a frame on the current stack.
     *
     * @param bytes of a slot: 2, 4 or 8
     */
    public StackFrame begin(Cpu cpu, int bytes) {
        SystemState s = cpu.system;
        flat64 = !cpu.legacy;
        base = s.base[SystemState.SS];
        limit = s.limit[SystemState.SS];
        rights = s.accessRights[SystemState.SS];
        mask = cpu.stackMask;
        pointer = cpu.gpr[Cpu.RSP];
        user = s.cpl() == 3;
        slotBytes = bytes;
        count = 0;
        isAlignmentFree = false;
        return this;
    }

    /** Starts a frame on the stack segment of a descriptor. */
    public StackFrame begin(long descriptor, long stackPointer, int bytes, int cpl) {
        flat64 = false;
        base = Segments.base(descriptor);
        limit = Segments.limit(descriptor);
        rights = Segments.accessRights(descriptor);
        mask = (rights & SystemState.AR_BIG) != 0 ? MASK_32 : 0xffff;
        pointer = stackPointer;
        user = cpl == 3;
        slotBytes = bytes;
        count = 0;
        isAlignmentFree = false;
        return this;
    }

    /** Starts a frame of 8-byte slots on a flat stack. */
    public StackFrame begin64(long stackPointer, int cpl) {
        flat64 = true;
        mask = -1;
        pointer = stackPointer;
        user = cpl == 3;
        slotBytes = 8;
        count = 0;
        isAlignmentFree = false;
        return this;
    }

    public StackFrame add(long value) {
        values[count++] = value;
        return this;
    }

    /** The stack pointer above the frame. */
    public long top() {
        return pointer;
    }

    /** The stack pointer below the frame. */
    public long bottom() {
        return pointer - (long) count * slotBytes;
    }

    /**
     * Raises what storing would raise, #AC last: alignment is checked on stacks of CPL 3.
     *
     * @param errorCode of the #SS if a slot lies outside the segment
     */
    public void check(Cpu cpu, int errorCode) {
        for (int i = 0; i < count; i++) {
            long offset = offset(i);
            if (!flat64 && !Segmentation.isInLimit(rights, limit, offset, slotBytes)) {
                throw cpu.raise(Vector.SS, errorCode);
            }
            mmu.probeStack(cpu, linear(offset), slotBytes, user);
        }
        boolean misaligned = (linear(offset(0)) & slotBytes - 1) != 0;
        if (misaligned && user && cpu.alignmentChecked && !isAlignmentFree) {
            throw cpu.raise(Vector.AC, errorCode & EXTERNAL);
        }
    }

    /** The frame of #AC itself may lie anywhere: processors that check it never get further. */
    public void alignAnywhere() {
        isAlignmentFree = true;
    }

    public void store(Cpu cpu) {
        for (int i = 0; i < count; i++) {
            mmu.storeStack(cpu, linear(offset(i)), slotBytes, values[i], user);
        }
    }

    private long offset(int slot) {
        return (pointer - (slot + 1L) * slotBytes) & mask;
    }

    private long linear(long offset) {
        return flat64 ? offset : (base + offset) & MASK_32;
    }
}
