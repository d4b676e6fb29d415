package io.understudy.replication;

import java.util.Locale;

/**
 * Moments at which it matters what a process had done and what it had not: a rehearsal that stops
 * one there names the point and the epoch, not a time. Each is passed by one thread in program
 * order, so "before" means that nothing of the deed has happened and "after" that all of it has.
 */
public enum KillPoint {
    /** The guest stands still, its epoch is not captured. */
    BEFORE_SEAL(false),
    /** The epoch is captured and its output sealed; nobody else knows. */
    AFTER_SEAL(false),
    /** The guest still stands where its epoch was captured; the epoch may be under way. */
    BEFORE_RESUME(false),
    /** The guest ran on after the epoch, and stands still for the first time since. */
    AFTER_RESUME(false),
    /** An acknowledgement of the epoch has arrived and was not looked at. */
    BEFORE_ACKNOWLEDGEMENT(false),
    /** It was, and everything that follows from it was done. */
    AFTER_ACKNOWLEDGEMENT(false),
    /** Output of the epoch may leave, and has not. */
    BEFORE_RELEASE(false),
    /** It has been let out. */
    AFTER_RELEASE(false),
    /** The gate is closed, no PAIR was sent. The epoch is the floor. */
    BEFORE_PAIR(false),
    /** The witness has accepted the PAIR, and this node does not know. */
    AFTER_PAIR(false),
    /** A backup is about to ask for the machine. The epoch is what it acknowledged. */
    BEFORE_PROMOTE(true),
    /** The witness has accepted, and the backup does not know that it has won. */
    AFTER_PROMOTE(true);

    private final boolean isOfBackup;

    KillPoint(boolean isOfBackup) {
        this.isOfBackup = isOfBackup;
    }

    /** Whether a backup passes it; otherwise whoever runs the machine does. */
    public boolean isOfBackup() {
        return isOfBackup;
    }

    /** As people write it: {@code before-release}. */
    public String word() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
