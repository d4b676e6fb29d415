package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.PageId;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import net.jpountz.lz4.LZ4Compressor;

/** Writes page records into one batch after another. Not thread-safe. */
final class PageBatchWriter {
    private static final int RECORD_BYTES_MAX =
            PageBatchFormat.RECORD_HEADER_BYTES + PageBatchFormat.LZ4_BLOCK_BYTES_MAX;

    private final LZ4Compressor lz4 = Lz4.factory().fastCompressor();
    private final CRC32C crc = new CRC32C();
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

    /** Writes a page as LZ4 or, if that is not smaller, raw; returns which. */
    PageEncoding page(ByteBuffer batch, long pageId, ByteBuffer from, int offset) {
        int at = batch.position();
        int payloadAt = at + PageBatchFormat.RECORD_HEADER_BYTES;
        int length =
                lz4.compress(
                        from,
                        offset,
                        PageId.PAGE_BYTES,
                        batch,
                        payloadAt,
                        PageBatchFormat.LZ4_BLOCK_BYTES_MAX);
        PageEncoding encoding = PageEncoding.LZ4;
        if (length >= PageId.PAGE_BYTES) {
            encoding = PageEncoding.RAW;
            length = PageId.PAGE_BYTES;
            batch.put(payloadAt, from, offset, length);
        }
        record(batch, pageId, encoding, length);
        return encoding;
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
