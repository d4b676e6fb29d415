package io.understudy.checkpoint.file;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.digest.Digest;

/** The first record of an epoch entry. */
record EpochRecord(
        long epoch,
        long previous,
        long instruction,
        long outputOffset,
        int pages,
        int stateBytes,
        Digest imageDigest,
        Digest stateDigest,
        Digest chainDigest) {

    static EpochRecord read(RecordReader records) throws CorruptStateException {
        StateReader in = records.fields();
        EpochRecord record =
                new EpochRecord(
                        in.u64("epoch"),
                        in.u64("previous epoch"),
                        in.u64("instruction"),
                        in.u64("output offset"),
                        in.u32("pages"),
                        in.u32("state bytes"),
                        digest(in, "image digest"),
                        digest(in, "state digest"),
                        digest(in, "chain digest"));
        in.end();
        if (record.pages < 0
                || record.pages > SegmentFormat.PAGES_MAX
                || record.stateBytes < 0
                || record.stateBytes > StateWriter.BYTES_MAX) {
            throw records.corrupt(
                    "%s pages and %s bytes of machine state cannot be"
                            .formatted(
                                    Integer.toUnsignedString(record.pages),
                                    Integer.toUnsignedString(record.stateBytes)));
        }
        return record;
    }

    private static Digest digest(StateReader in, String field) throws CorruptStateException {
        return new Digest(in.u64(field), in.u64(field));
    }
}
