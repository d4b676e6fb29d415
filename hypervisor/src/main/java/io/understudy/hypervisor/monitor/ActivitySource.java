package io.understudy.hypervisor.monitor;

import io.understudy.checkpoint.PageSet;

/** Where activity is read from. Only while the guest is paused. */
public interface ActivitySource extends AutoCloseable {
    /** Adds the pages used since the last call and begins anew. */
    void collect(PageSet accessed, PageSet modified);

    /** Leaf entries of EPT that were looked at so far, by whoever. */
    long leavesRead();

    @Override
    void close();
}
