package io.understudy.vmx.execute;

import org.jspecify.annotations.Nullable;

/**
 * A direct edge from a block to its successor.
 *
 * <p>Within one page the successor follows from the block alone: whoever executes the block has the
 * page mapped. Across pages it also depends on the linear address and on the translations in force,
 * which {@link #generation} names. A dropped block leaves no bound link behind.
 */
final class Link {
    /** Distance from the block's first instruction to the target, in bytes. */
    final long delta;

    /** Whether source and target lie in one page. */
    final boolean samePage;

    /** Bound, and valid whatever the linear address and the translations. */
    boolean always;

    /** Valid for this RIP of the target... */
    long rip;

    /** ...under these translations. Generation 0 names none. */
    long generation;

    @Nullable Block target;

    /** Neighbours among the links bound to the same target. */
    private @Nullable Link previous;

    private @Nullable Link next;

    Link(long delta, boolean samePage) {
        this.delta = delta;
        this.samePage = samePage;
    }

    void bind(Block block, long targetRip, long translationGeneration) {
        unbind();
        target = block;
        rip = targetRip;
        generation = translationGeneration;
        always = samePage && !block.crossesPage();
        next = block.incoming;
        if (next != null) {
            next.previous = this;
        }
        block.incoming = this;
    }

    void unbind() {
        Block block = target;
        if (block == null) {
            return;
        }
        if (previous != null) {
            previous.next = next;
        } else {
            block.incoming = next;
        }
        if (next != null) {
            next.previous = previous;
        }
        previous = null;
        next = null;
        target = null;
        always = false;
        generation = 0;
    }
}
