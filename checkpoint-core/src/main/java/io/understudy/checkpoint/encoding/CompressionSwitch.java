package io.understudy.checkpoint.encoding;

/**
 * Decides from epoch to epoch whether whole pages are worth compressing. They are, unless encoding
 * takes most of the time there is and the link would have taken more: then LZ4 only delays the
 * acknowledgement, and with it the guest's output.
 *
 * <p>Turned off when encoding was busy for more than {@value #BUSY_SHARE_OFF} of the time between
 * epochs and waited for the link for less than {@value #BLOCKED_SHARE_OFF} of it, {@value
 * #EPOCHS_OFF} epochs in a row. Turned on again as soon as the link made encoding wait, or when
 * compression would take little enough.
 */
final class CompressionSwitch {
    private static final double BUSY_SHARE_OFF = 0.5;
    private static final double BLOCKED_SHARE_OFF = 0.05;
    private static final int EPOCHS_OFF = 4;
    private static final double BLOCKED_SHARE_ON = 0.25;
    private static final double BUSY_SHARE_ON = 0.25;
    private static final int EPOCHS_ON = 16;

    /** Until it is known: LZ4 of a page on a slow core. */
    private static final double PAGE_NS_FIRST = 10_000;

    private static final double SMOOTHING = 0.1;

    private boolean isOn = true;
    private int inARow;
    private double pageNs = PAGE_NS_FIRST;

    /** Whether the next epoch's pages are compressed. */
    boolean isOn() {
        return isOn;
    }

    /**
     * An epoch was encoded.
     *
     * @param periodNs since the encoding of the epoch before began
     * @param encodeNs from its first page to its trailer
     * @param blockedNs of these, waiting for the link
     * @param pages that went through LZ4, or would have
     */
    void encoded(long periodNs, long encodeNs, long blockedNs, long pages) {
        if (periodNs <= 0 || pages == 0) {
            return;
        }
        double busyShare = (double) (encodeNs - blockedNs) / periodNs;
        double blockedShare = (double) blockedNs / periodNs;
        if (isOn) {
            pageNs += ((double) (encodeNs - blockedNs) / pages - pageNs) * SMOOTHING;
            count(busyShare > BUSY_SHARE_OFF && blockedShare < BLOCKED_SHARE_OFF, EPOCHS_OFF);
        } else if (blockedShare > BLOCKED_SHARE_ON) {
            turn();
        } else {
            count(pages * pageNs / periodNs < BUSY_SHARE_ON, EPOCHS_ON);
        }
    }

    private void count(boolean speaksForTurning, int epochs) {
        inARow = speaksForTurning ? inARow + 1 : 0;
        if (inARow == epochs) {
            turn();
        }
    }

    private void turn() {
        isOn = !isOn;
        inARow = 0;
    }
}
