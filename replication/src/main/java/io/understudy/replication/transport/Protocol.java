package io.understudy.replication.transport;

/** Version and limits of the wire; docs/formats/checkpoint-stream.md has the same numbers. */
public final class Protocol {
    /** Both sides must have the same; said in the first frame each way. */
    public static final int VERSION = 3;

    /** A page batch of its largest size, and the frame around it. */
    public static final int MESSAGE_BYTES_MAX = (1 << 20) + (64 << 10);

    /** Frames that a receiver lets come before it has dealt with the first of them. */
    static final int FRAMES_UNDER_WAY_MAX = 8;

    /** Bytes under way per stream: so fixed, a slow reader stops its writer. */
    public static final int WINDOW_BYTES = 8 << 20;

    /** A stream counts as ready for more while less than this waits in it. */
    static final int READY_BYTES = 1 << 20;

    static final int REGIONS_MAX = 64;
    static final int COMPONENTS_MAX = 1024;
    static final int NAME_CHARS_MAX = 255;

    private Protocol() {}
}
