package io.understudy.checkpoint.file;

/** Entries of a segment besides its manifest. Codes are part of the format. */
public enum EntryKind {
    /** What machine, which lineage. */
    HEAD(1),
    /** What changed in an epoch. */
    EPOCH(2),
    /** A part of the full image. */
    IMAGE(3);

    private final int code;

    EntryKind(int code) {
        this.code = code;
    }

    int code() {
        return code;
    }

    /** The only name that an entry of this kind and epoch may have. */
    String nameOf(long epoch) {
        return switch (this) {
            case HEAD -> SegmentFormat.HEAD_NAME;
            case EPOCH -> "epoch-%020d.lz4".formatted(epoch);
            case IMAGE -> "image-%020d.lz4".formatted(epoch);
        };
    }
}
