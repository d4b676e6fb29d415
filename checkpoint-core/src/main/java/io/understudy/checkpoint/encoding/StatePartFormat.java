package io.understudy.checkpoint.encoding;

/**
 * Constants of {@code docs/formats/state-part.md}, revision 1. Little-endian.
 *
 * <pre>
 * part   0 encoding u8 | 1 reserved u8 = 0 | 2 length u16 | 4 payload bytes u16 | 6 payload
 * </pre>
 */
final class StatePartFormat {
    static final int HEADER_BYTES = 6;

    /** Machine state that one part stands for, at most. */
    static final int LENGTH_MAX = 8 << 10;

    static final int BLOCK_BYTES_MAX = LENGTH_MAX + LENGTH_MAX / 255 + 16;

    static final int SAME = 1;
    static final int RAW = 2;
    static final int LZ4 = 3;
    static final int DELTA = 4;

    private StatePartFormat() {}
}
