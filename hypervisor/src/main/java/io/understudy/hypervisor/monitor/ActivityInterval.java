package io.understudy.hypervisor.monitor;

/**
 * What the guest did with its memory between two scans.
 *
 * @param index from 1
 * @param startInstruction guest instructions when it began
 * @param endInstruction guest instructions when it ended
 * @param lengthHostNs host time from the end of one scan to the beginning of the next
 * @param accessed memory read, written or executed; with large mappings, whole mappings
 * @param modified memory written
 * @param scanHostNs host time of the scan that ended it
 * @param leavesRead leaf entries of EPT that this scan looked at
 * @param heat the same activity by address
 */
public record ActivityInterval(
        long index,
        long startInstruction,
        long endInstruction,
        long lengthHostNs,
        ActivityCount accessed,
        ActivityCount modified,
        long scanHostNs,
        long leavesRead,
        HeatRow heat) {
    /** The working set, as far as accessed flags tell: pages used during the interval. */
    public long workingSetPages() {
        return accessed.pages();
    }
}
