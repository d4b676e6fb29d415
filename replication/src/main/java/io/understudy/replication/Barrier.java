package io.understudy.replication;

/**
 * Where a rehearsal may stop a process exactly at a {@link KillPoint}. Production passes {@link
 * #NONE}, which costs a call that does nothing, a few times an epoch.
 */
@FunctionalInterface
public interface Barrier {
    /** Nobody is stopped. */
    Barrier NONE = (point, epoch) -> {};

    /**
     * Called by the thread that is at the point; it goes on when this returns.
     *
     * @param epoch the one that the point is about
     */
    void reached(KillPoint point, long epoch);
}
