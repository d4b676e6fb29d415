package io.understudy.checkpoint.encoding;

import io.understudy.checkpoint.PageId;

/**
 * Constants of {@code docs/formats/page-batch.md}, revision 2. Little-endian.
 *
 * <pre>
 * batch   0 magic u32 "UPB1" | 4 revision u16 | 6 flags u16 = 0 | 8 epoch u64
 *        16 sequence u32     | 20 records u32 | 24 record bytes u32 | 28 CRC-32C of the records
 * record  0 page id u64 | 8 encoding u8 | 9 reserved u8 = 0 | 10 length u16 | 12 payload
 * </pre>
 */
final class PageBatchFormat {
    /** "UPB1" in the order of its bytes. */
    static final int MAGIC = 'U' | 'P' << 8 | 'B' << 16 | '1' << 24;

    static final int REVISION = 2;

    /** The oldest revision that is still read: it has no differences. */
    static final int REVISION_READ_MIN = 1;

    /** The first revision with {@link PageEncoding#DELTA} and {@link PageEncoding#WORDS}. */
    static final int REVISION_WITH_DELTA = 2;

    static final int HEADER_BYTES = 32;
    static final int RECORD_HEADER_BYTES = 12;

    /** Largest batch, header included. */
    static final int BATCH_BYTES_MAX = 1 << 20;

    /** LZ4 may need this much room before it is known that a page does not compress. */
    static final int LZ4_BLOCK_BYTES_MAX = PageId.PAGE_BYTES + PageId.PAGE_BYTES / 255 + 16;

    static final int MAGIC_AT = 0;
    static final int REVISION_AT = 4;
    static final int FLAGS_AT = 6;
    static final int EPOCH_AT = 8;
    static final int SEQUENCE_AT = 16;
    static final int RECORDS_AT = 20;
    static final int RECORD_BYTES_AT = 24;
    static final int CRC_AT = 28;

    private PageBatchFormat() {}
}
