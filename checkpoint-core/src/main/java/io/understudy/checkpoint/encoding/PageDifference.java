package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.PageId;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;

/**
 * The exclusive or of a page and a reference copy of it, in a buffer of its own. Taking it brings
 * the reference up to date in the same pass, and writes only the lines of it that changed: a few
 * changed words cost two reads of memory and next to no write.
 */
final class PageDifference {
    private static final int LINE_BYTES = 64;

    private final ByteBuffer bytes = ByteBuffer.allocateDirect(PageId.PAGE_BYTES);
    private final MemorySegment segment = MemorySegment.ofBuffer(bytes);

    /** Afterwards {@link #bytes} is the difference and the reference equals the page. */
    void take(MemorySegment page, long pageAt, MemorySegment reference, long referenceAt) {
        for (long at = 0; at < PageId.PAGE_BYTES; at += LINE_BYTES) {
            long changed = 0;
            for (int i = 0; i < LINE_BYTES; i += Long.BYTES) {
                long difference =
                        page.get(ValueLayout.JAVA_LONG, pageAt + at + i)
                                ^ reference.get(ValueLayout.JAVA_LONG, referenceAt + at + i);
                segment.set(ValueLayout.JAVA_LONG_UNALIGNED, at + i, difference);
                changed |= difference;
            }
            if (changed != 0) {
                MemorySegment.copy(page, pageAt + at, reference, referenceAt + at, LINE_BYTES);
            }
        }
    }

    /** The page at {@code at} in {@code to} is the reference; it becomes the page. */
    void applyTo(MemorySegment to, long at) {
        for (int i = 0; i < PageId.PAGE_BYTES; i += Long.BYTES) {
            long word =
                    to.get(ValueLayout.JAVA_LONG, at + i)
                            ^ segment.get(ValueLayout.JAVA_LONG_UNALIGNED, i);
            to.set(ValueLayout.JAVA_LONG, at + i, word);
        }
    }

    /** The difference, from index 0. */
    ByteBuffer bytes() {
        return bytes;
    }
}
