package io.understudy.checkpoint.file;

import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.checkpoint.staging.StagedPages;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.BitSet;
import net.jpountz.lz4.LZ4FrameOutputStream;
import net.jpountz.lz4.LZ4FrameOutputStream.BLOCKSIZE;
import net.jpountz.lz4.LZ4FrameOutputStream.FLG;

/** Encodes the entries of segments. One thread. */
public final class EntryEncoder {
    private static final int PAGES_PER_RECORD =
            SegmentFormat.RECORD_BYTES_MAX / SegmentFormat.PAGE_RECORD_BYTES;
    private static final int IDS_PER_RECORD = SegmentFormat.RECORD_BYTES_MAX / Long.BYTES;

    private static final BitSet NONE_CHANGED = new BitSet();

    private final byte[] scratch = new byte[PageId.PAGE_BYTES];

    /** Encodes what a segment begins with. */
    public void encodeHead(SegmentHead head, EncodedEntry into) {
        into.begin(EntryKind.HEAD, 0);
        RecordWriter out = new RecordWriter(into, scratch);
        try {
            out.u64(SegmentFormat.HEAD_MAGIC).u32(head.revision()).u32(0);
            out.record(SegmentFormat.LINEAGE, 2 * Long.BYTES);
            out.u64(head.lineage().getMostSignificantBits());
            out.u64(head.lineage().getLeastSignificantBits());
            out.record(SegmentFormat.DIGEST_KEY, Long.BYTES);
            out.u64(head.digestKey());
            machine(head.layout(), out);
            out.optionalRecord(SegmentFormat.CREATED, Long.BYTES);
            out.u64(head.createdUnixMs());
            out.optionalRecord(SegmentFormat.WRITER, RecordWriter.textBytes(head.writer()));
            out.text(head.writer());
            out.optionalRecord(SegmentFormat.NODE, RecordWriter.textBytes(head.node()));
            out.text(head.node());
            out.end();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory cannot fail", e);
        }
        into.end(out.written());
    }

    /**
     * Encodes what an epoch changed.
     *
     * @param previous the epoch it builds on
     * @param changed indexes of pages whose content is the difference (XOR) to what it was before
     * @param state machine state, {@code stateBytes} of it
     */
    public void encodeEpoch(
            EpochTrailer epoch,
            long previous,
            StagedPages pages,
            BitSet changed,
            byte[] state,
            int stateBytes,
            EncodedEntry into) {
        into.begin(EntryKind.EPOCH, epoch.epoch());
        long plainBytes;
        try (OutputStream frame = frame(into)) {
            RecordWriter out = new RecordWriter(frame, scratch);
            out.record(SegmentFormat.EPOCH, SegmentFormat.EPOCH_BYTES);
            out.u64(epoch.epoch()).u64(previous);
            out.u64(epoch.instruction()).u64(epoch.outputOffset());
            out.u32(pages.size()).u32(stateBytes);
            out.digest(epoch.imageDigest()).digest(epoch.stateDigest()).digest(epoch.chainDigest());
            zeroPages(pages, out);
            pages(SegmentFormat.PAGES, pages, changed, false, out);
            pages(SegmentFormat.CHANGED_PAGES, pages, changed, true, out);
            for (int at = 0; at < stateBytes; at += SegmentFormat.RECORD_BYTES_MAX) {
                int length = Math.min(SegmentFormat.RECORD_BYTES_MAX, stateBytes - at);
                out.record(SegmentFormat.STATE, length);
                out.raw(state, at, length);
            }
            out.end();
            plainBytes = out.written();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory cannot fail", e);
        }
        into.end(plainBytes);
    }

    /** Encodes a part of the full image; none of the pages is a zero page. */
    public void encodeImagePart(
            long epoch, StagedPages pages, boolean completesImage, EncodedEntry into) {
        into.begin(EntryKind.IMAGE, epoch);
        long plainBytes;
        try (OutputStream frame = frame(into)) {
            RecordWriter out = new RecordWriter(frame, scratch);
            out.record(SegmentFormat.IMAGE_PART, SegmentFormat.IMAGE_PART_BYTES);
            out.u64(epoch).u32(pages.size());
            out.u32(completesImage ? SegmentFormat.IMAGE_COMPLETE : 0);
            pages(SegmentFormat.PAGES, pages, NONE_CHANGED, false, out);
            out.end();
            plainBytes = out.written();
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory cannot fail", e);
        }
        into.end(plainBytes);
    }

    private static OutputStream frame(EncodedEntry into) throws IOException {
        return new LZ4FrameOutputStream(
                into, BLOCKSIZE.SIZE_64KB, FLG.Bits.BLOCK_INDEPENDENCE, FLG.Bits.CONTENT_CHECKSUM);
    }

    private static void machine(MachineLayout layout, RecordWriter out) throws IOException {
        int length = RecordWriter.textBytes(layout.kind()) + 2 * Integer.BYTES;
        for (MemoryRegion region : layout.regions()) {
            length += RecordWriter.textBytes(region.name()) + Long.BYTES;
        }
        for (MachineLayout.Component component : layout.components()) {
            length += RecordWriter.textBytes(component.name()) + Integer.BYTES;
        }
        out.record(SegmentFormat.MACHINE, length);
        out.text(layout.kind()).u32(layout.regions().size());
        for (MemoryRegion region : layout.regions()) {
            out.text(region.name()).u64(region.pages());
        }
        out.u32(layout.components().size());
        for (MachineLayout.Component component : layout.components()) {
            out.text(component.name()).u32(component.version());
        }
    }

    private static void zeroPages(StagedPages pages, RecordWriter out) throws IOException {
        int zeroes = 0;
        for (int i = 0; i < pages.size(); i++) {
            zeroes += pages.isZero(i) ? 1 : 0;
        }
        int open = 0;
        for (int i = 0; zeroes > 0; i++) {
            if (!pages.isZero(i)) {
                continue;
            }
            if (open == 0) {
                open = Math.min(zeroes, IDS_PER_RECORD);
                out.record(SegmentFormat.ZERO_PAGES, open * Long.BYTES);
            }
            out.u64(pages.pageId(i));
            open--;
            zeroes--;
        }
    }

    /** Writes the pages that are not zero, either those that changed or those that are whole. */
    private static void pages(
            int type, StagedPages pages, BitSet changed, boolean wanted, RecordWriter out)
            throws IOException {
        int left = 0;
        for (int i = 0; i < pages.size(); i++) {
            left += pages.isZero(i) || changed.get(i) != wanted ? 0 : 1;
        }
        int open = 0;
        for (int i = 0; left > 0; i++) {
            if (pages.isZero(i) || changed.get(i) != wanted) {
                continue;
            }
            if (open == 0) {
                open = Math.min(left, PAGES_PER_RECORD);
                out.record(type, open * SegmentFormat.PAGE_RECORD_BYTES);
            }
            out.u64(pages.pageId(i));
            out.raw(pages.segment(i), pages.offset(i), PageId.PAGE_BYTES);
            open--;
            left--;
        }
    }
}
