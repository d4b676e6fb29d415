package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.staging.StagedPages;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4SafeDecompressor;
import org.jspecify.annotations.Nullable;

/**
 * Decodes page batches into staging. The input is hostile: every field is checked before it is
 * used, and every error is a {@link CorruptStateException}. Not thread-safe.
 */
public final class PageBatchDecoder {
    private final List<MemoryRegion> regions;
    private final LZ4SafeDecompressor lz4 = Lz4.factory().safeDecompressor();
    private final CRC32C crc = new CRC32C();

    /** The codec is native for direct buffers whatever kind of buffer the transport hands in. */
    private final ByteBuffer block = ByteBuffer.allocateDirect(PageId.PAGE_BYTES);

    private final GuestMemory base;
    private final PageDifference difference = new PageDifference();
    private int revision;

    /**
     * @param base what differences refer to: the image as of the epoch that the batches build on
     */
    public PageBatchDecoder(MachineLayout layout, GuestMemory base) {
        this.regions = layout.regions();
        this.base = base;
    }

    /**
     * Decodes what {@code in} has remaining. On an exception some pages of the batch may have been
     * added to {@code into}.
     *
     * @param epoch that the batch must belong to
     * @param sequence that the batch must have
     * @param seen pages of this epoch so far; a page may come once
     * @param pagesMax limit on {@code into}
     */
    public void decode(
            ByteBuffer in, long epoch, int sequence, StagedPages into, PageSet seen, int pagesMax)
            throws CorruptStateException {
        ByteBuffer batch = in.slice().order(ByteOrder.LITTLE_ENDIAN);
        int records = checkHeader(batch, epoch, sequence);
        if (records > pagesMax - into.size()) {
            throw corrupt(
                    epoch,
                    sequence,
                    "%d records after %d pages, at most %d pages were announced"
                            .formatted(records, into.size(), pagesMax));
        }
        batch.position(PageBatchFormat.HEADER_BYTES);
        for (int record = 0; record < records; record++) {
            decodeRecord(batch, epoch, sequence, record, into, seen);
        }
        if (batch.hasRemaining()) {
            throw corrupt(
                    epoch,
                    sequence,
                    "%d bytes left over after record %d".formatted(batch.remaining(), records));
        }
    }

    /** Returns the number of records. */
    private int checkHeader(ByteBuffer batch, long epoch, int sequence)
            throws CorruptStateException {
        int length = batch.remaining();
        if (length < PageBatchFormat.HEADER_BYTES || length > PageBatchFormat.BATCH_BYTES_MAX) {
            throw corrupt(
                    epoch,
                    sequence,
                    "%d bytes long, %d to %d are allowed"
                            .formatted(
                                    length,
                                    PageBatchFormat.HEADER_BYTES,
                                    PageBatchFormat.BATCH_BYTES_MAX));
        }
        if (batch.getInt(PageBatchFormat.MAGIC_AT) != PageBatchFormat.MAGIC) {
            throw corrupt(epoch, sequence, "the magic is not UPB1");
        }
        revision = batch.getShort(PageBatchFormat.REVISION_AT) & 0xffff;
        if (revision < PageBatchFormat.REVISION_READ_MIN || revision > PageBatchFormat.REVISION) {
            throw corrupt(
                    epoch,
                    sequence,
                    "revision %d, this program reads %d to %d"
                            .formatted(
                                    revision,
                                    PageBatchFormat.REVISION_READ_MIN,
                                    PageBatchFormat.REVISION));
        }
        if (batch.getShort(PageBatchFormat.FLAGS_AT) != 0) {
            throw corrupt(epoch, sequence, "unknown flags");
        }
        long batchEpoch = batch.getLong(PageBatchFormat.EPOCH_AT);
        int batchSequence = batch.getInt(PageBatchFormat.SEQUENCE_AT);
        if (batchEpoch != epoch || batchSequence != sequence) {
            throw corrupt(
                    epoch,
                    sequence,
                    "it says batch %d of epoch %d".formatted(batchSequence, batchEpoch));
        }
        int recordBytes = batch.getInt(PageBatchFormat.RECORD_BYTES_AT);
        int records = batch.getInt(PageBatchFormat.RECORDS_AT);
        if (recordBytes != length - PageBatchFormat.HEADER_BYTES
                || records < 0
                || records > recordBytes / PageBatchFormat.RECORD_HEADER_BYTES) {
            throw corrupt(
                    epoch,
                    sequence,
                    "%d records in %d bytes do not fit a batch of %d bytes"
                            .formatted(records, recordBytes, length));
        }
        crc.reset();
        crc.update(batch.slice(PageBatchFormat.HEADER_BYTES, recordBytes));
        if ((int) crc.getValue() != batch.getInt(PageBatchFormat.CRC_AT)) {
            throw corrupt(epoch, sequence, "the CRC-32C of its records does not match");
        }
        return records;
    }

    private void decodeRecord(
            ByteBuffer batch, long epoch, int sequence, int record, StagedPages into, PageSet seen)
            throws CorruptStateException {
        if (batch.remaining() < PageBatchFormat.RECORD_HEADER_BYTES) {
            throw corrupt(epoch, sequence, "record %d is truncated".formatted(record));
        }
        long pageId = batch.getLong();
        int code = batch.get() & 0xff;
        int reserved = batch.get();
        int length = batch.getShort() & 0xffff;
        String wrong = null;
        int region = PageId.region(pageId);
        if (region < 0
                || region >= regions.size()
                || PageId.index(pageId) >= regions.get(region).pages()) {
            wrong = "the machine has no such page";
        } else if (reserved != 0) {
            wrong = "its reserved byte is not 0";
        } else if (length > batch.remaining()) {
            wrong = "its payload of %d bytes is truncated".formatted(length);
        } else if (!seen.add(pageId)) {
            wrong = "the page came before in this epoch";
        } else if (code == PageEncoding.ZERO.code()) {
            wrong = length == 0 ? null : "a zero page has no payload";
            into.addZero(pageId);
        } else if (!into.reserve()) {
            wrong = "staging is full";
        } else if (code == PageEncoding.RAW.code()) {
            wrong = raw(batch, length, into);
        } else if (code == PageEncoding.LZ4.code()) {
            wrong = lz4(batch, length, into.nextBytes(), (int) into.nextOffset());
        } else if (code == PageEncoding.DELTA.code()
                && revision >= PageBatchFormat.REVISION_WITH_DELTA) {
            wrong = delta(batch, length, pageId, into);
        } else if (code == PageEncoding.WORDS.code()
                && revision >= PageBatchFormat.REVISION_WITH_DELTA) {
            wrong = words(batch, length, pageId, into);
        } else {
            wrong = "encoding %d is unknown".formatted(code);
        }
        if (wrong != null) {
            throw corrupt(
                    epoch,
                    sequence,
                    "record %d (region %d, page %d): %s"
                            .formatted(record, region, PageId.index(pageId), wrong));
        }
        if (code != PageEncoding.ZERO.code()) {
            into.add(pageId);
        }
        batch.position(batch.position() + length);
    }

    private static @Nullable String raw(ByteBuffer batch, int length, StagedPages into) {
        if (length != PageId.PAGE_BYTES) {
            return "a raw page has %d bytes, not %d".formatted(PageId.PAGE_BYTES, length);
        }
        into.nextBytes().put((int) into.nextOffset(), batch, batch.position(), length);
        return null;
    }

    private @Nullable String delta(ByteBuffer batch, int length, long pageId, StagedPages into) {
        String wrong = lz4(batch, length, difference.bytes(), 0);
        if (wrong == null) {
            base.readPage(pageId, into.nextSegment(), into.nextOffset());
            difference.applyTo(into.nextSegment(), into.nextOffset());
        }
        return wrong;
    }

    private @Nullable String words(ByteBuffer batch, int length, long pageId, StagedPages into) {
        String wrong = ChangedWords.check(batch, batch.position(), length);
        if (wrong == null) {
            base.readPage(pageId, into.nextSegment(), into.nextOffset());
            ChangedWords.apply(
                    batch, batch.position(), length, into.nextSegment(), into.nextOffset());
        }
        return wrong;
    }

    private @Nullable String lz4(ByteBuffer batch, int length, ByteBuffer to, int at) {
        if (length == 0 || length >= PageId.PAGE_BYTES) {
            return "an LZ4 block has 1 to %d bytes, not %d"
                    .formatted(PageId.PAGE_BYTES - 1, length);
        }
        block.put(0, batch, batch.position(), length);
        int decompressed;
        try {
            decompressed = lz4.decompress(block, 0, length, to, at, PageId.PAGE_BYTES);
        } catch (LZ4Exception e) {
            return "its LZ4 block is malformed";
        }
        return decompressed == PageId.PAGE_BYTES
                ? null
                : "its LZ4 block holds %d bytes, not a page".formatted(decompressed);
    }

    private static CorruptStateException corrupt(long epoch, int sequence, String what) {
        return new CorruptStateException(
                "page batch %d of epoch %d: %s".formatted(sequence, epoch, what));
    }
}
