package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * Decoded instructions that execute one after the other: a body of {@link Op}s, each for one
 * instruction or for several that cannot fault, then a {@link Terminator} for the rest. {@link
 * Blocks} makes them.
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

    /** Operations that execute one instruction each, for all but the last where it has none. */
    private final Op[] singles;

    /** Index of the first instruction of every operation of the body, then of the end. */
    private final int[] starts;

    /** Offset of every instruction, then the length of the block in bytes. */
    private final int[] offsets;

    /** Instructions that one complete run retires. */
    final int instructions;

    /** {@link #instructions}, or {@link #DROPPED}. */
    long cost;

    /** Set by {@link #drop} and {@link #stop}; ends a run in progress after the operation. */
    boolean dropped;

    /** Why the operation that ended the run did not complete. */
    private @Nullable RuntimeException signal;

    /** A run in progress ended in the middle of the body because the block was dropped. */
    boolean interrupted;

    /** Instructions that a run one by one has completed, or -1. */
    private int completedSingles = -1;

    /** Times that a budget was found to end here: a sample of where instructions are spent. */
    int samples;

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
        singles = parts.singles();
        starts = parts.starts();
        offsets = parts.offsets();
        instructions = offsets.length - 1;
        cost = instructions;
        end.block = this;
        for (int i = 0; i < body.length; i++) {
            body[i].place(this, i);
        }
    }

    /**
     * What a block is made of.
     *
     * @param hpa host-physical address of the first byte
     * @param secondHpa see {@link Block#secondHpa}
     * @param mode 16, 32 or 64
     * @param body operations for one or more instructions each
     * @param end the rest
     * @param singles operations for one instruction each; none for a branch at the end
     * @param starts index of the first instruction of each operation, then of the end
     * @param offsets offset of every instruction, then the length in bytes
     */
    @SuppressWarnings("ArrayRecordComponent") // Handed over, never compared.
    record Parts(
            long hpa,
            long secondHpa,
            int mode,
            Op[] body,
            Terminator end,
            Op[] singles,
            int[] starts,
            int[] offsets) {}

    Parts parts() {
        return new Parts(hpa, secondHpa, mode, body, end, singles, starts, offsets);
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

    /**
     * Executes all instructions and takes them off the budget; again and again while the block
     * branches to itself and the budget lasts.
     *
     * @return the block at the new RIP; null if that is unknown, or if the run was {@link
     *     #interrupted}, in which case RIP is still that of the block
     */
    abstract @Nullable Block run(Cpu cpu);

    /**
     * Executes at most {@code instructions}, fewer than the block has, one by one. RIP stays that
     * of the block.
     */
    final void runPartially(Cpu cpu, long instructions) {
        completedSingles = 0;
        while (completedSingles < instructions && !dropped) {
            singles[completedSingles].execute(cpu);
            if (signal != null) {
                return;
            }
            completedSingles++;
        }
    }

    /**
     * Takes a complete run off the budget.
     *
     * @param next the block at the new RIP, if it is known
     * @return whether that is this block once more and the budget lasts
     */
    @SuppressWarnings("ReferenceEquality") // A block is equal to itself alone.
    final boolean goesRound(Cpu cpu, @Nullable Block next) {
        cpu.budget -= instructions;
        if (next != this || cost > cpu.budget) {
            return false;
        }
        // The same bytes, but perhaps at another linear address.
        cpu.gpr[Insn.RIP_BASE] = cpu.rip;
        return true;
    }

    /** What {@link #run} returns if it finds itself dropped after an operation of the body. */
    final @Nullable Block interrupt(Cpu cpu, int completedOperations) {
        if (signal == null) {
            cpu.operation = completedOperations;
            interrupted = true;
        }
        return null;
    }

    /**
     * Ends the run in progress, as a throw from the present operation would: that costs a lookup in
     * the code cache for each method that it passes, more than a VM exit does.
     */
    final void stop(RuntimeException reason) {
        signal = reason;
        dropped = true;
    }

    /** What a run was stopped by, asked once; then {@link #takeCompleted} tells how far it came. */
    final @Nullable RuntimeException takeSignal() {
        RuntimeException taken = signal;
        if (taken != null) {
            signal = null;
            dropped = cost == DROPPED;
        }
        return taken;
    }

    /** Instructions that completed in a run that ended before its end; asked once per such run. */
    final int takeCompleted(Cpu cpu) {
        int completed = completedSingles >= 0 ? completedSingles : starts[cpu.operation];
        completedSingles = -1;
        return completed;
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
