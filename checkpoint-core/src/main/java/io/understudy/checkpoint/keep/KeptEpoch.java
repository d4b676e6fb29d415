package io.understudy.checkpoint.keep;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.checkpoint.file.SegmentWriter;
import io.understudy.checkpoint.staging.StagedPages;
import io.understudy.checkpoint.staging.StagingPool;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.BitSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Copies of what an epoch changed, and of a part of the image, on their way to the disk. Reused.
 */
final class KeptEpoch {
    /** The copy of a machine that an epoch belongs to. */
    record Session(UUID lineage, long digestKey) {}

    final StagedPages pages;
    final StagedPages imagePart;

    /** Indexes of {@link #pages} that hold the difference to the page's content before. */
    final BitSet changed = new BitSet();

    private @Nullable EpochTrailer trailer;
    private byte[] state = new byte[0];
    long previousEpoch;

    /** A segment of this session begins with this epoch; null if none does. */
    @Nullable Session opens;

    /** {@link #imagePart} belongs to the segment that was opened last, even if it has no page. */
    boolean hasImagePart;

    /** It is the last part: the segment takes the place of the one before. */
    boolean completesImage;

    KeptEpoch(StagingPool pool) {
        pages = new StagedPages(pool);
        imagePart = new StagedPages(pool);
    }

    /**
     * Copies an epoch.
     *
     * @param memory holds the epoch before
     * @param known pages that the segment being begun has; null if none is being begun, and the
     *     segment that is followed has all
     * @param newState never changes any more, so it is not copied
     * @return false if staging is full or no file can have so many; nothing is held then
     */
    boolean take(
            EpochTrailer epoch,
            long previous,
            StagedPages from,
            GuestMemory memory,
            @Nullable ImageCopy known,
            byte[] newState) {
        if (from.size() > SegmentWriter.PAGES_MAX) {
            return false;
        }
        for (int i = 0; i < from.size(); i++) {
            if (from.isZero(i)) {
                pages.addZero(from.pageId(i));
            } else if (pages.reserve()) {
                if (known == null || known.has(from.pageId(i))) {
                    memory.readPage(from.pageId(i), pages.nextSegment(), pages.nextOffset());
                    difference(from, i);
                    changed.set(pages.size());
                } else {
                    MemorySegment.copy(
                            from.segment(i),
                            from.offset(i),
                            pages.nextSegment(),
                            pages.nextOffset(),
                            PageId.PAGE_BYTES);
                }
                pages.add(from.pageId(i));
            } else {
                clear();
                return false;
            }
        }
        trailer = epoch;
        previousEpoch = previous;
        state = newState;
        return true;
    }

    /** The reserved slot holds the old content; afterwards what has to be changed in it. */
    private void difference(StagedPages from, int index) {
        MemorySegment page = pages.nextSegment();
        MemorySegment newPage = from.segment(index);
        long at = pages.nextOffset();
        long newAt = from.offset(index);
        for (int w = 0; w < PageId.PAGE_BYTES; w += Long.BYTES) {
            long word = page.get(ValueLayout.JAVA_LONG, at + w);
            page.set(
                    ValueLayout.JAVA_LONG,
                    at + w,
                    word ^ newPage.get(ValueLayout.JAVA_LONG, newAt + w));
        }
    }

    EpochTrailer trailer() {
        return Invariant.present(trailer, "an epoch was taken");
    }

    byte[] state() {
        return state;
    }

    void clear() {
        pages.clear();
        imagePart.clear();
        changed.clear();
        trailer = null;
        state = new byte[0];
        opens = null;
        hasImagePart = false;
        completesImage = false;
    }
}
