package io.understudy.hypervisor.frame;

/**
 * A run of frames with one owner.
 *
 * @param firstFrame host frame number
 * @param frames number of frames
 * @param kind what they are used for
 * @param view EPT view that maps guest RAM, or {@link #NO_VIEW}
 * @param firstPage page index, inside the machine's RAM region, of the first frame of guest RAM
 */
public record FrameExtent(long firstFrame, long frames, FrameKind kind, int view, long firstPage) {
    public static final int NO_VIEW = -1;

    public long endFrame() {
        return firstFrame + frames;
    }

    /** Host-physical address of the first byte. */
    public long hpa() {
        return firstFrame << 12;
    }
}
