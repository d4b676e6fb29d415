package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.PageId;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Compressor;

/** Writes page records into one batch after another. Not thread-safe. */
final class PageBatchWriter {
    static final int RECORD_BYTES_MAX =
            PageBatchFormat.RECORD_HEADER_BYTES + PageBatchFormat.LZ4_BLOCK_BYTES_MAX;

    /** A difference that is this short is sent without a look at what else could be done. */
    private static final int SHORT_DELTA_BYTES = PageId.PAGE_BYTES / 4;

    private final LZ4Compressor lz4 = Lz4.factory().fastCompressor();
    private final CRC32C crc = new CRC32C();
    private final ByteBuffer block = ByteBuffer.allocateDirect(PageBatchFormat.LZ4_BLOCK_BYTES_MAX);
    private int records;

    /** Starts a batch; its header is filled in by {@link #close}. */
    void open(ByteBuffer batch) {
        batch.clear().position(PageBatchFormat.HEADER_BYTES);
        records = 0;
    }

    boolean hasRoom(ByteBuffer batch) {
        return batch.remaining() >= RECORD_BYTES_MAX;
    }

    void zero(ByteBuffer batch, long pageId) {
        record(batch, pageId, PageEncoding.ZERO, 0);
    }

    void raw(ByteBuffer batch, long pageId, ByteBuffer from, int offset) {
        batch.put(payloadAt(batch), from, offset, PageId.PAGE_BYTES);
        record(batch, pageId, PageEncoding.RAW, PageId.PAGE_BYTES);
    }

    /** Writes a page as LZ4 or, if that is not smaller, raw; returns which. */
    PageEncoding page(ByteBuffer batch, long pageId, ByteBuffer from, int offset) {
        int length = compress(from, offset, batch, payloadAt(batch));
        if (length >= PageId.PAGE_BYTES) {
            raw(batch, pageId, from, offset);
            return PageEncoding.RAW;
        }
        record(batch, pageId, PageEncoding.LZ4, length);
        return PageEncoding.LZ4;
    }

    /**
     * Writes the words of a page that differ from its reference, and brings that up to date, unless
     * they are too many; returns whether it did.
     */
    boolean words(
            ByteBuffer batch,
            long pageId,
            MemorySegment page,
            long pageAt,
            MemorySegment reference,
            long referenceAt) {
        int at = payloadAt(batch);
        int length = ChangedWords.encode(page, pageAt, reference, referenceAt, batch, at);
        if (length == ChangedWords.TOO_LONG) {
            return false;
        }
        ChangedWords.apply(batch, at, length, reference, referenceAt);
        record(batch, pageId, PageEncoding.WORDS, length);
        return true;
    }

    /**
     * Writes a page in the cheapest way, a difference or the page itself; returns which.
     *
     * @param difference to the page's reference, from index 0
     * @param compresses whether LZ4 of the page itself may be tried
     */
    PageEncoding cheapest(
            ByteBuffer batch,
            long pageId,
            ByteBuffer difference,
            ByteBuffer from,
            int offset,
            boolean compresses) {
        int at = payloadAt(batch);
        int deltaLength = compress(difference, 0, batch, at);
        if (deltaLength > SHORT_DELTA_BYTES && compresses) {
            int length = compress(from, offset, block, 0);
            if (length < Math.min(deltaLength, PageId.PAGE_BYTES)) {
                batch.put(at, block, 0, length);
                record(batch, pageId, PageEncoding.LZ4, length);
                return PageEncoding.LZ4;
            }
        }
        if (deltaLength >= PageId.PAGE_BYTES) {
            raw(batch, pageId, from, offset);
            return PageEncoding.RAW;
        }
        record(batch, pageId, PageEncoding.DELTA, deltaLength);
        return PageEncoding.DELTA;
    }

    /** Fills in the header of a batch that is handed on. */
    void close(ByteBuffer batch, long epoch, int sequence) {
        int recordBytes = batch.position() - PageBatchFormat.HEADER_BYTES;
        crc.reset();
        crc.update(batch.slice(PageBatchFormat.HEADER_BYTES, recordBytes));
        batch.putInt(PageBatchFormat.MAGIC_AT, PageBatchFormat.MAGIC)
                .putShort(PageBatchFormat.REVISION_AT, (short) PageBatchFormat.REVISION)
                .putShort(PageBatchFormat.FLAGS_AT, (short) 0)
                .putLong(PageBatchFormat.EPOCH_AT, epoch)
                .putInt(PageBatchFormat.SEQUENCE_AT, sequence)
                .putInt(PageBatchFormat.RECORDS_AT, records)
                .putInt(PageBatchFormat.RECORD_BYTES_AT, recordBytes)
                .putInt(PageBatchFormat.CRC_AT, (int) crc.getValue());
    }

    private int compress(ByteBuffer from, int offset, ByteBuffer to, int at) {
        return lz4.compress(
                from, offset, PageId.PAGE_BYTES, to, at, PageBatchFormat.LZ4_BLOCK_BYTES_MAX);
    }

    private static int payloadAt(ByteBuffer batch) {
        return batch.position() + PageBatchFormat.RECORD_HEADER_BYTES;
    }

    /** Writes the record's header and steps over its payload. */
    private void record(ByteBuffer batch, long pageId, PageEncoding encoding, int length) {
        batch.putLong(pageId)
                .put((byte) encoding.code())
                .put((byte) 0)
                .putShort((short) length)
                .position(batch.position() + length);
        records++;
    }
}
