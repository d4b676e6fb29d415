package io.understudy.hypervisor.dirty;

/** What dirty tracking did to EPT and bitmaps since the machine was built, in events. */
public final class TrackingCounters {
    long leavesRead;
    long leavesCleared;
    long nonLeavesRead;
    long nonLeavesCleared;
    long bitmapWords;

    /** Leaf entries looked at. */
    public long leavesRead() {
        return leavesRead;
    }

    /** Leaf entries in which a flag or a right was cleared. */
    public long leavesCleared() {
        return leavesCleared;
    }

    /** Table entries looked at. */
    public long nonLeavesRead() {
        return nonLeavesRead;
    }

    /** Table entries in which a flag or a right was cleared. */
    public long nonLeavesCleared() {
        return nonLeavesCleared;
    }

    /** Words of 64 pages moved between bitmaps. */
    public long bitmapWords() {
        return bitmapWords;
    }
}
