package io.understudy.checkpoint.keep;

/**
 * How keeping is going.
 *
 * @param folder where the segments are
 * @param segments segments in the folder
 * @param bytes of these segments
 * @param epochs epochs that this process kept in closed segments and that can be restored
 * @param lastEpoch newest of them, 0 for none
 * @param epochsLeftOut epochs that no segment has because the disk was too slow
 * @param segmentsPruned segments that made room for newer ones
 * @param detail one sentence on why it is in its state, or empty
 */
public record KeepStatus(
        State state,
        String folder,
        int segments,
        long bytes,
        long epochs,
        long lastEpoch,
        long epochsLeftOut,
        int segmentsPruned,
        String detail) {

    /** What becomes of the next epoch. */
    public enum State {
        /** There is no whole image to keep yet, or none any more. */
        WAITING,
        /** It will be kept. */
        KEEPING,
        /** It is left out: the disk has to catch up first. */
        BEHIND,
        /** Nothing is kept any more. */
        STOPPED
    }
}
