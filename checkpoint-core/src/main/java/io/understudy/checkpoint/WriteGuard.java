package io.understudy.checkpoint;

/**
 * Optional port of a machine: tells of the first write to a page before it happens, so that a
 * checkpoint need not copy the page at the pause. On a processor with EPT: write protection.
 *
 * <p>Contract: from {@link #guard} until the listener was told of it, a guarded page does not
 * change, whoever wants to write it: guest, page walk, device, hypervisor. The listener is called
 * on the writing thread, which waits for it; afterwards the page is guarded no longer and the write
 * goes on. The dirty log sees that write as any other.
 */
public interface WriteGuard {
    /** Hears of first writes. */
    @FunctionalInterface
    interface Listener {
        /** A guarded page is about to change. */
        void beforeWrite(long pageId);
    }

    /** Who is told from now on. Only while the machine is paused. */
    void tell(Listener listener);

    /** Guards these pages besides those guarded before. Only while the machine is paused. */
    void guard(PageSet pages);

    /** Guards nothing any more. Only while the machine is paused. */
    void lift();
}
