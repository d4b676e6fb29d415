package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.DirtyLog;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.ept.LeafSize;

/** A dirty log, with what its mode asks of the EPT structure and of the exit handler. */
public interface MachineDirtyLog extends DirtyLog {
    DirtyLogMode mode();

    /** Largest mappings with which this mode sees single pages. */
    LeafSize leafSize();

    /**
     * An EPT violation on an address that is mapped.
     *
     * @param qualification exit qualification (SDM volume 3, "Exit Qualification for EPT
     *     Violations")
     * @return whether this mode caused it and the access may be tried again
     */
    boolean onViolation(long gpa, long qualification);
}
