package io.understudy.replication.role;

/**
 * When a primary without a backup dials one: one call at a time, and a pause after each. Calls are
 * numbered, so that one that comes late is known as such (docs/PROTOCOL.md rule 14).
 */
final class BackupSearch {
    private final RoleTiming timing;
    private boolean mayDial;
    private boolean isDialling;
    private long calls;
    private long dialAtNs;

    /**
     * @param mayDial whether there is anybody to dial
     */
    BackupSearch(RoleTiming timing, boolean mayDial) {
        this.timing = timing;
        this.mayDial = mayDial;
    }

    /** The same, with everything due at 0. */
    BackupSearch copy() {
        BackupSearch copy = new BackupSearch(timing, mayDial);
        copy.isDialling = isDialling;
        copy.calls = calls;
        return copy;
    }

    void encode(StateSink out) {
        out.flag(isDialling);
        out.flag(mayDial);
        out.number(calls);
    }

    /** Returns whether to dial now; the call counts as made. */
    boolean dials(long nowNs) {
        boolean isTime = mayDial && !isDialling && nowNs >= dialAtNs;
        isDialling |= isTime;
        calls += isTime ? 1 : 0;
        return isTime;
    }

    /** Number of the last call, from 1. */
    long call() {
        return calls;
    }

    /** The call was answered. */
    void answered() {
        isDialling = false;
    }

    /** The call failed, or what came of it did. */
    void failed(long nowNs) {
        isDialling = false;
        pause(nowNs);
    }

    void pause(long nowNs) {
        dialAtNs = nowNs + timing.retryNs();
    }

    void at(long whenNs) {
        dialAtNs = whenNs;
    }

    /** Nobody is dialled any more. */
    void giveUp() {
        mayDial = false;
    }
}
