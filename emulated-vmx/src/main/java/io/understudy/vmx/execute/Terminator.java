package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import org.jspecify.annotations.Nullable;

/** The end of a block: sets RIP and finds the next block if it is already known. */
abstract class Terminator {
    /** Where the block goes on, for branches with a fixed target; null for the others. */
    final @Nullable Link taken;

    /** Where the block goes on if nothing is taken; null if it never does. */
    final @Nullable Link fallThrough;

    /** The link that was followed to a block not yet known; the executor binds it. */
    @Nullable Link missed;

    /** The block that this is the end of, once there is one. */
    @Nullable Block block;

    Terminator(@Nullable Link taken, @Nullable Link fallThrough) {
        this.taken = taken;
        this.fallThrough = fallThrough;
    }

    /**
     * Executes the last instructions of the block (none if it merely ran out of room). Only the
     * first of several may raise a fault, and only before it changed anything.
     *
     * @return the block at the new RIP, or null if it must be looked up
     */
    abstract @Nullable Block execute(Cpu cpu);

    /** Whether a store has changed the block's bytes since it began to run. */
    final boolean isStale() {
        Block b = block;
        return b != null && b.dropped;
    }

    /** Moves RIP along {@code link}. */
    final @Nullable Block follow(Cpu cpu, Link link) {
        long rip = cpu.rip + link.delta;
        cpu.rip = rip;
        if (link.always || (link.rip == rip && link.generation == cpu.translationGeneration)) {
            return link.target;
        }
        missed = link;
        return null;
    }
}
