package io.understudy.vmx.execute;

import io.understudy.vmx.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * Decoded instructions that execute one after the other: a body of one {@link Op} per instruction,
 * then a {@link Terminator} for the rest.
 *
 * <p>Invariants: all bytes lie in one page, or the block is one instruction that crosses into a
 * second; a dropped block is bound to no link and has {@link #cost} {@link #DROPPED}.
 */
final class Block {
    /** Cost of a dropped block: more than any budget, so that it never starts again. */
    static final long DROPPED = Long.MAX_VALUE;

    /** Host-physical address of the first byte. */
    final long hpa;

    /** Host-physical address of the rest of an instruction that crosses a page, else -1. */
    final long secondHpa;

    final int mode;
    final Op[] body;
    final Terminator end;

    /**
     * The first instruction of an end that stands for several, on its own; null for an end of one
     * or none.
     */
    final @Nullable Op unfused;

    /** Offset of every instruction, then the length of the block in bytes. */
    private final int[] offsets;

    /** Instructions that one complete run retires. */
    final int instructions;

    /** {@link #instructions}, or {@link #DROPPED}. */
    long cost;

    /** Operations of the body to execute; zero once dropped, which ends a run in its middle. */
    int count;

    /** Links of other blocks (or its own) that are bound to this one. */
    @Nullable Link incoming;

    /** Next in the same bucket of its page. */
    @Nullable Block nextInBucket;

    Block(
            long hpa,
            long secondHpa,
            int mode,
            Op[] body,
            Terminator end,
            @Nullable Op unfused,
            int[] offsets) {
        this.hpa = hpa;
        this.secondHpa = secondHpa;
        this.mode = mode;
        this.body = body;
        this.end = end;
        this.unfused = unfused;
        this.offsets = offsets;
        this.instructions = offsets.length - 1;
        this.cost = instructions;
        this.count = body.length;
    }

    /** Offset from the block's start of instruction {@code index}, or of what follows the last. */
    int offset(int index) {
        return offsets[index];
    }

    int lengthBytes() {
        return offsets[offsets.length - 1];
    }

    boolean crossesPage() {
        return secondHpa >= 0;
    }

    boolean isDropped() {
        return cost == DROPPED;
    }

    /** Whether the block decodes any byte of {@code from..to-1}, which lie in one page. */
    boolean overlaps(long from, long to) {
        if (!crossesPage()) {
            return hpa < to && from < hpa + lengthBytes();
        }
        long inFirst = PhysicalMemory.PAGE_BYTES - (hpa & PhysicalMemory.PAGE_BYTES - 1);
        return (hpa < to && from < hpa + inFirst)
                || (secondHpa < to && from < secondHpa + lengthBytes() - inFirst);
    }

    /** Ends a run in progress after the current instruction and unties the block. */
    void drop() {
        cost = DROPPED;
        count = 0;
        while (incoming != null) {
            incoming.unbind();
        }
        if (end.taken != null) {
            end.taken.unbind();
        }
        if (end.fallThrough != null) {
            end.fallThrough.unbind();
        }
    }
}
