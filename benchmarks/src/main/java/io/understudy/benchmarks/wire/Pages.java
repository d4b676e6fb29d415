package io.understudy.benchmarks.wire;

import io.understudy.checkpoint.PageId;
import java.util.Arrays;

/** What every method here knows of pages. */
final class Pages {
    static final int BYTES = PageId.PAGE_BYTES;

    /** Record header and page id, as in a page batch. */
    static final int RECORD_BYTES = 12;

    private static final byte[] ZERO = new byte[BYTES];

    private Pages() {}

    static boolean isZero(byte[] page) {
        return Arrays.equals(page, ZERO);
    }
}
