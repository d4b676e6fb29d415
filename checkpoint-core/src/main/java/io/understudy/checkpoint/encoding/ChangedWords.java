package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.PageId;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * The words of a page that changed, as runs. Little-endian:
 *
 * <pre>
 * run   0 u16: bits 15:7 first word of the page, bits 6:0 words less 1 | 2 the words, 8 bytes each
 * </pre>
 *
 * <p>For a page that changed in a few places this is shorter than LZ4 of the difference, and
 * finding the places costs little more than reading both pages.
 */
final class ChangedWords {
    static final int TOO_LONG = -1;

    /** Above this, LZ4 of the whole difference may be shorter. */
    static final int BYTES_MAX = 512;

    private static final int PAGE_WORDS = PageId.PAGE_BYTES / Long.BYTES;
    private static final int RUN_WORDS_MAX = 128;
    private static final int COUNT_BITS = 7;

    private ChangedWords() {}

    /**
     * Writes the runs of {@code page} that differ from {@code reference} to {@code to} from {@code
     * at} on; changes neither page.
     *
     * @return bytes written, or {@link #TOO_LONG}
     */
    static int encode(
            MemorySegment page,
            long pageAt,
            MemorySegment reference,
            long referenceAt,
            ByteBuffer to,
            int at) {
        int end = at;
        int word = 0;
        while (word < PAGE_WORDS) {
            long from = (long) word * Long.BYTES;
            long mismatch =
                    MemorySegment.mismatch(
                            page,
                            pageAt + from,
                            pageAt + PageId.PAGE_BYTES,
                            reference,
                            referenceAt + from,
                            referenceAt + PageId.PAGE_BYTES);
            if (mismatch < 0) {
                break;
            }
            int first = (int) ((from + mismatch) / Long.BYTES);
            int headerAt = end;
            end += Short.BYTES;
            word = first;
            while (word < PAGE_WORDS && word - first < RUN_WORDS_MAX) {
                long value = page.get(ValueLayout.JAVA_LONG, pageAt + (long) word * Long.BYTES);
                if (value
                        == reference.get(
                                ValueLayout.JAVA_LONG, referenceAt + (long) word * Long.BYTES)) {
                    break;
                }
                if (end + Long.BYTES - at > BYTES_MAX) {
                    return TOO_LONG;
                }
                to.putLong(end, value);
                end += Long.BYTES;
                word++;
            }
            to.putShort(headerAt, (short) (first << COUNT_BITS | (word - first - 1)));
        }
        return end - at;
    }

    /** What is wrong with runs from elsewhere, null for nothing. */
    static @Nullable String check(ByteBuffer runs, int at, int length) {
        int next = at;
        while (next < at + length) {
            if (at + length - next < Short.BYTES) {
                return "its last run is truncated";
            }
            int header = runs.getShort(next) & 0xffff;
            int words = header % RUN_WORDS_MAX + 1;
            next += Short.BYTES + words * Long.BYTES;
            if ((header >>> COUNT_BITS) + words > PAGE_WORDS) {
                return "a run of %d words from word %d leaves the page"
                        .formatted(words, header >>> COUNT_BITS);
            }
        }
        return next == at + length ? null : "its last run is truncated";
    }

    /** Writes the words of runs that were checked or made here over those of a page. */
    static void apply(ByteBuffer runs, int at, int length, MemorySegment page, long pageAt) {
        int next = at;
        while (next < at + length) {
            int header = runs.getShort(next) & 0xffff;
            next += Short.BYTES;
            long to = pageAt + (long) (header >>> COUNT_BITS) * Long.BYTES;
            for (int words = header % RUN_WORDS_MAX; words >= 0; words--) {
                page.set(ValueLayout.JAVA_LONG, to, runs.getLong(next));
                next += Long.BYTES;
                to += Long.BYTES;
            }
        }
    }
}
