package io.understudy.hypervisor.pager;

import io.understudy.checkpoint.PageSet;

/** Chooses pages that leave. Deterministic: depends on the calls alone. */
interface VictimPolicy {
    /** The page has got a frame. */
    void broughtIn(long page);

    /**
     * A page that shall leave; it is taken as gone.
     *
     * @param resident the pages that have a frame; never empty
     */
    long victim(PageSet resident);

    /** Whether {@link #age} is wanted. */
    boolean usesAccessedFlags();

    /**
     * Pages used since the last call.
     *
     * @param resident the pages that have a frame
     */
    void age(PageSet accessed, PageSet resident);
}
