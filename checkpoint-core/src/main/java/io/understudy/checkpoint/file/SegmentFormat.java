package io.understudy.checkpoint.file;

import io.understudy.checkpoint.PageId;

/** Constants of {@code docs/formats/checkpoint.md}. Little-endian. */
final class SegmentFormat {
    /** The revision that is written. */
    static final int REVISION = 2;

    /** The oldest revision that is read. */
    static final int REVISION_MIN = 1;

    static final int ARCHIVE_REVISION = 1;

    /** "USDYCKPT", "USDYMNFS" and "USDYARCH" in the order of their bytes. */
    static final long HEAD_MAGIC = magic("USDYCKPT");

    static final long MANIFEST_MAGIC = magic("USDYMNFS");
    static final long ARCHIVE_MAGIC = magic("USDYARCH");

    /** Magic, revision, reserved: what head and manifest begin with. */
    static final int PREFIX_BYTES = 16;

    static final int RECORD_HEADER_BYTES = 8;
    static final int RECORD_BYTES_MAX = 1 << 20;
    static final int FLAG_OPTIONAL = 1;

    static final int END = 1;
    static final int LINEAGE = 2;
    static final int DIGEST_KEY = 3;
    static final int MACHINE = 4;
    static final int CREATED = 5;
    static final int WRITER = 6;
    static final int NODE = 7;
    static final int EPOCH = 16;
    static final int ZERO_PAGES = 17;
    static final int PAGES = 18;
    static final int STATE = 19;

    /** Since revision 2. */
    static final int CHANGED_PAGES = 20;

    static final int IMAGE_PART = 24;
    static final int SEGMENT = 32;
    static final int ENTRIES = 33;
    static final int EPOCHS = 34;
    static final int CLOSED = 35;
    static final int DIGEST = 36;

    static final int EPOCH_BYTES = 88;
    static final int IMAGE_PART_BYTES = 16;
    static final int IMAGE_COMPLETE = 1;
    static final int SEGMENT_BYTES = 32;
    static final int ENTRY_BYTES = 64;
    static final int EPOCH_SUMMARY_BYTES = 32;
    static final int SHA_256_BYTES = 32;
    static final int PAGE_RECORD_BYTES = Long.BYTES + PageId.PAGE_BYTES;

    static final int ENTRIES_MAX = 1 << 16;

    /** Pages that one entry may name. */
    static final int PAGES_MAX = 1 << 20;

    static final int HEAD_BYTES_MAX = 1 << 20;
    static final int MANIFEST_BYTES_MAX = 16 << 20;
    static final int REGIONS_MAX = 64;
    static final int TEXT_BYTES_MAX = 255;

    /** LZ4 cannot do better, so whatever claims to is a bomb. */
    static final long PLAIN_PER_STORED_BYTE_MAX = 255;

    static final String HEAD_NAME = "head";
    static final String MANIFEST_NAME = "manifest";
    static final String PARTIAL_SUFFIX = ".partial";

    private SegmentFormat() {}

    private static long magic(String text) {
        long value = 0;
        for (int i = text.length() - 1; i >= 0; i--) {
            value = value << 8 | text.charAt(i);
        }
        return value;
    }

    /**
     * What an epoch or image part may hold at most: every page of the machine, the largest state,
     * and a record's overhead for each page.
     */
    static long plainBytesMax(long pages) {
        return pages * (PAGE_RECORD_BYTES + RECORD_HEADER_BYTES) + (17L << 20);
    }
}
