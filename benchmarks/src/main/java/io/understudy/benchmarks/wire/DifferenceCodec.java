package io.understudy.benchmarks.wire;

/** A way to send a page to somebody who has its old content. */
interface DifferenceCodec {
    /** The page is best sent whole. */
    int TOO_LONG = -1;

    String name();

    /**
     * Encodes {@code page} against {@code old}, both of the same length.
     *
     * @return bytes written to {@code out}, or {@link #TOO_LONG} if it does not fit there
     */
    int encode(byte[] old, byte[] page, byte[] out);
}
