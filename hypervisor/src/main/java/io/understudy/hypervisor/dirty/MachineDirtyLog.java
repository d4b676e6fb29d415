package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.ept.MappingRules;

/**
 * One way to find the pages that the guest wrote. {@link DirtyLogSwitch} calls: {@link #arm} once
 * the view follows {@link #rules}, then per epoch any number of the exits and one {@link #harvest},
 * at last {@link #disarm}. All but the exits happen while the guest is paused.
 *
 * <p>Every harvest drops the cached translations, also where this log would not need it: runs under
 * every log then see the same page walks at the same instructions.
 */
interface MachineDirtyLog {
    DirtyLogMode mode();

    /** What this log asks of the EPT structure. */
    MappingRules rules();

    /** Nothing is dirty; from now on writes are tracked. */
    void arm();

    /** Writes need not be tracked any more; what was not harvested is forgotten. */
    void disarm();

    /** Adds the pages that the guest wrote since the last harvest, and begins the next epoch. */
    void harvest(PageSet into);

    /**
     * An EPT violation of a write to an address that is mapped.
     *
     * @return whether this log forbade the write and it may be tried again
     */
    default boolean onWriteViolation(long gpa) {
        return false;
    }

    /** The page-modification log is full. */
    default void onLogFull() {
        throw new IllegalStateException("page-modification logging is off under " + mode());
    }
}
