package io.understudy.hypervisor.pager;

import io.understudy.checkpoint.PageSet;

/** What a pager asks of the EPT views of its machine. */
public interface PageMappings {
    /**
     * Maps a page nowhere any more; the flags of its mapping go to everyone who collects flags.
     * {@link #invalidate} must follow before its frame is reused.
     */
    void unmap(long page);

    /** Drops cached translations, on every processor. */
    void invalidate();

    /** Collects and clears all flags. Drops cached translations. */
    void scan(PageSet accessed, PageSet dirty);

    /** Adds the pages found dirty since the last call, by whomever. */
    void drainDirty(PageSet dirty);
}
