package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * Decoded instructions that execute one after the other: a body of one {@link Op} per instruction,
 * then a {@link Terminator} for the rest. {@link Blocks} makes them.
 *
 * <p>Invariants: all bytes lie in one page, or the block is one instruction that crosses into a
 * second; a dropped block is bound to no link and has {@link #cost} {@link #DROPPED}.
 */
abstract class Block {
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

    /** Set by {@link #drop}; ends a run in progress after the current instruction. */
    boolean dropped;

    /** A run in progress ended in the middle of the body because the block was dropped. */
    boolean interrupted;

    /**
     * Instructions of this block that completed in the run in progress or just ended by a fault, a
     * budget or an interruption; not kept up to date by runs that complete.
     */
    int completed;

    /** Links of other blocks (or its own) that are bound to this one. */
    @Nullable Link incoming;

    /** Next in the same bucket of its page. */
    @Nullable Block nextInBucket;

    Block(Parts parts) {
        hpa = parts.hpa();
        secondHpa = parts.secondHpa();
        mode = parts.mode();
        body = parts.body();
        end = parts.end();
        unfused = parts.unfused();
        offsets = parts.offsets();
        instructions = offsets.length - 1;
        cost = instructions;
    }

    /**
     * What a block is made of.
     *
     * @param hpa host-physical address of the first byte
     * @param secondHpa see {@link Block#secondHpa}
     * @param mode 16, 32 or 64
     * @param body one operation per instruction
     * @param end the rest
     * @param unfused see {@link Block#unfused}
     * @param offsets offset of every instruction, then the length in bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    record Parts(
            long hpa,
            long secondHpa,
            int mode,
            Op[] body,
            Terminator end,
            @Nullable Op unfused,
            int[] offsets) {}

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

    /**
     * Executes all instructions.
     *
     * @return the block at the new RIP; null if that is unknown, or if the run was {@link
     *     #interrupted}, in which case RIP is still that of the block
     */
    abstract @Nullable Block run(Cpu cpu);

    /**
     * Executes at most {@code instructions}, fewer than the block has, one by one; {@link
     * #completed} tells how many. RIP is still that of the block.
     */
    final void runPartially(Cpu cpu, long instructions) {
        completed = 0;
        while (completed < instructions && !dropped) {
            Op op = completed < body.length ? body[completed] : unfused;
            if (op == null) {
                return;
            }
            op.execute(cpu);
            completed++;
        }
    }

    /** What {@link #run} returns if it finds itself dropped after an instruction of the body. */
    final @Nullable Block interrupt(int completedInstructions) {
        completed = completedInstructions;
        interrupted = true;
        return null;
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
        dropped = true;
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
