package io.understudy.checkpoint.verify;

import io.understudy.checkpoint.CorruptStateException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.function.LongConsumer;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4FrameInputStream;

/** Reads a whole segment and computes every digest again. */
public final class SegmentVerifier {
    private static final int STATE_MAX = 16 << 20;
    private static final long PLAIN_PER_STORED_MAX = 255;
    private static final int PAGE_RECORD = 8 + 4096;
    private static final int RECORD_HEADER = 8;
    private static final long CHAIN_ID = 0xffff_ffff_ffff_fffeL;
    private static final long STATE_ID = 0xffff_ffff_ffff_ffffL;

    private final String name;
    private final RandomAccessFile in;
    private final LongConsumer progress;
    private final MessageDigest sha256;
    private final List<TarWalk.Found> found;
    private final Head head;
    private final Manifest manifest;
    private final PageHashes hashes;
    private final PageNames names;

    // The newest epoch.
    private long epoch;
    private long instruction;
    private long outputOffset;
    private long[] imageClaim = new long[2];
    private long[] chain = new long[2];
    private boolean isComplete;
    private int epochsRead;
    private int digests;
    private long pages;

    private SegmentVerifier(Path file, RandomAccessFile in, PageStore store, LongConsumer progress)
            throws IOException, CorruptStateException {
        this.name = String.valueOf(file.getFileName());
        this.in = in;
        this.progress = progress;
        try {
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("this Java has no SHA-256", e);
        }
        found = TarWalk.entries(name, in);
        head = Head.read(name + ": head", small(0, "head", Head.BYTES_MAX));
        byte[] last = small(found.size() - 1, "manifest", Manifest.BYTES_MAX);
        manifest = Manifest.read(name + ": manifest", last, sha256);
        hashes = new PageHashes(head.key(), store);
        names = new PageNames(head.machine().pagesOfRegions());
    }

    /**
     * Verifies a segment.
     *
     * @param progress is told how many bytes of the file are done
     * @throws CorruptStateException on the first thing that is not as the documents say, naming the
     *     file, the entry, and what
     */
    public static VerifiedSegment verify(Path file, LongConsumer progress)
            throws IOException, CorruptStateException {
        try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r");
                PageStore store = new PageStore()) {
            return new SegmentVerifier(file, in, store, progress).run();
        }
    }

    private VerifiedSegment run() throws IOException, CorruptStateException {
        List<Manifest.Entry> entries = manifest.entries();
        if (entries.size() != found.size() - 1) {
            throw new CorruptStateException(
                    "%s: %d entries and a manifest of %d"
                            .formatted(name, found.size() - 1, entries.size()));
        }
        for (int i = 0; i < entries.size(); i++) {
            Manifest.Entry entry = entries.get(i);
            TarWalk.Found there = found.get(i);
            if (!there.name().equals(entry.name()) || there.size() != entry.stored()) {
                throw new CorruptStateException(
                        "%s: %s: the manifest says %s of %d bytes"
                                .formatted(name, there.name(), entry.name(), entry.stored()));
            }
            checkSha256(entry, there);
            if (entry.kind() != 1) {
                content(entry, there);
            }
            progress.accept(there.offset() + there.size());
        }
        if (epoch != manifest.last() || !isComplete) {
            throw new CorruptStateException(name + ": its image is never complete");
        }
        return new VerifiedSegment(
                in.length(),
                head.revision(),
                head.lineage(),
                manifest.epochs().size(),
                digests,
                manifest.restorable(),
                manifest.last(),
                pages);
    }

    private void content(Manifest.Entry entry, TarWalk.Found there)
            throws IOException, CorruptStateException {
        String where = name + ": " + entry.name();
        long plainMax = head.machine().pages() * (PAGE_RECORD + RECORD_HEADER) + (17L << 20);
        if (entry.plain() > plainMax || entry.plain() / PLAIN_PER_STORED_MAX > entry.stored()) {
            throw new CorruptStateException(
                    "%s: %d bytes cannot come of %d"
                            .formatted(where, entry.plain(), entry.stored()));
        }
        InputStream stored = new BufferedInputStream(new Section(there), 64 << 10);
        try (InputStream frame = new LZ4FrameInputStream(stored, true)) {
            Records records = new Records(where, new Records.Bounded(frame, entry.plain()));
            names.beginEntry();
            if (entry.kind() == 2) {
                epoch(entry, records);
            } else {
                imagePart(entry, records);
            }
            if (records.consumed() != entry.plain() || stored.read() != -1) {
                throw records.wrong("its length is not what the manifest says");
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (IOException | LZ4Exception e) {
            throw new CorruptStateException(
                    "%s: cannot be decompressed: %s".formatted(where, e.getMessage()));
        }
    }

    private void epoch(Manifest.Entry entry, Records records)
            throws IOException, CorruptStateException {
        if (!records.advance() || records.type() != 16) {
            throw records.wrong("no epoch record at its head");
        }
        final long number = records.u64();
        final long previous = records.u64();
        final long newInstruction = records.u64();
        final long newOffset = records.u64();
        final long pageCount = records.u32();
        final long stateBytes = records.u32();
        final long[] image = {records.u64(), records.u64()};
        final long[] stateClaim = {records.u64(), records.u64()};
        final long[] chainClaim = {records.u64(), records.u64()};
        records.done();
        Manifest.Epoch listed = manifest.epochs().get(epochsRead++);
        boolean fits =
                number == entry.epoch()
                        && previous < number
                        && (epoch == 0 || previous == epoch)
                        && newInstruction >= instruction
                        && newOffset >= outputOffset
                        && newInstruction == listed.instruction()
                        && newOffset == listed.outputOffset()
                        && pageCount == listed.pages()
                        && pageCount <= PageNames.PAGES_MAX
                        && stateBytes <= STATE_MAX;
        if (!fits) {
            throw records.wrong("its numbers do not fit its name, the manifest or epoch " + epoch);
        }
        byte[] state = new byte[(int) stateBytes];
        int stateAt = 0;
        while (records.advance()) {
            switch (records.type()) {
                case 17 -> zeroPages(records);
                case 18 -> pages(records, false);
                case 20 -> {
                    if (head.revision() < 2) {
                        records.unknown();
                    } else {
                        pages(records, true);
                    }
                }
                case 19 -> {
                    int length = records.bytes().length;
                    if (length > state.length - stateAt) {
                        throw records.wrong("more state than announced");
                    }
                    System.arraycopy(records.bytes(), 0, state, stateAt, length);
                    stateAt += length;
                }
                default -> records.unknown();
            }
        }
        if (names.named() != pageCount || stateAt != state.length) {
            throw records.wrong("less than it announces");
        }
        if (!StateFraming.fits(state, head.machine().components())) {
            throw records.wrong("its machine state is not one of the machine in the head");
        }
        same(stateClaim, hashes.h128(STATE_ID, state, 0, state.length), "state digest", records);
        if (epoch != 0) {
            same(chainClaim, chained(number, image, stateClaim), "chain digest", records);
        }
        epoch = number;
        instruction = newInstruction;
        outputOffset = newOffset;
        imageClaim = image;
        chain = chainClaim;
        if (isComplete) {
            checkImage(records);
        }
    }

    private void imagePart(Manifest.Entry entry, Records records)
            throws IOException, CorruptStateException {
        if (!records.advance() || records.type() != 24) {
            throw records.wrong("no part record at its head");
        }
        long itsEpoch = records.u64();
        long pageCount = records.u32();
        long flags = records.u32();
        records.done();
        boolean completes = flags == 1;
        if (itsEpoch != entry.epoch()
                || itsEpoch != epoch
                || flags > 1
                || pageCount > PageNames.PAGES_MAX
                || completes != (itsEpoch == manifest.restorable())) {
            throw records.wrong("a part of another epoch, or with unknown flags");
        }
        while (records.advance()) {
            if (records.type() == 18) {
                pages(records, false);
            } else {
                records.unknown();
            }
        }
        if (names.named() != pageCount) {
            throw records.wrong("it has %d pages, not %d".formatted(names.named(), pageCount));
        }
        if (completes) {
            isComplete = true;
            checkImage(records);
        }
    }

    private void zeroPages(Records records) throws CorruptStateException {
        for (int i = 0; i < records.bytes().length; i += 8) {
            long id = records.u64();
            names.name(id, records);
            hashes.zero(id);
            pages++;
        }
    }

    private void pages(Records records, boolean areDifferences)
            throws IOException, CorruptStateException {
        byte[] bytes = records.bytes();
        if (bytes.length % PAGE_RECORD != 0) {
            throw records.wrong("half a page");
        }
        ByteBuffer fields = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < bytes.length; at += PAGE_RECORD) {
            long id = fields.getLong(at);
            names.name(id, records);
            boolean taken =
                    areDifferences
                            ? hashes.change(id, bytes, at + 8)
                            : hashes.page(id, bytes, at + 8);
            if (!taken) {
                throw records.wrong("its pages do not fit the folder for temporary files");
            }
            pages++;
        }
    }

    private void checkImage(Records records) throws CorruptStateException {
        same(imageClaim, hashes.image(), "image digest", records);
        digests++;
    }

    private long[] chained(long number, long[] image, long[] state) {
        ByteBuffer record = ByteBuffer.allocate(56).order(ByteOrder.LITTLE_ENDIAN);
        record.putLong(chain[0]).putLong(chain[1]).putLong(number);
        record.putLong(image[0]).putLong(image[1]).putLong(state[0]).putLong(state[1]);
        return hashes.h128(CHAIN_ID, record.array(), 0, 56);
    }

    private static void same(long[] claimed, long[] computed, String what, Records records)
            throws CorruptStateException {
        if (!Arrays.equals(claimed, computed)) {
            throw records.wrong(
                    "%s is %016x%016x, the file says %016x%016x"
                            .formatted(what, computed[0], computed[1], claimed[0], claimed[1]));
        }
    }

    private byte[] small(int index, String expected, int bytesMax)
            throws IOException, CorruptStateException {
        TarWalk.Found entry = found.get(index);
        if (!entry.name().equals(expected) || entry.size() > bytesMax) {
            throw new CorruptStateException(
                    "%s: %s of %d bytes where %s must be"
                            .formatted(name, entry.name(), entry.size(), expected));
        }
        byte[] bytes = new byte[(int) entry.size()];
        in.seek(entry.offset());
        in.readFully(bytes);
        return bytes;
    }

    private void checkSha256(Manifest.Entry entry, TarWalk.Found there)
            throws IOException, CorruptStateException {
        byte[] buffer = new byte[64 << 10];
        long left = there.size();
        in.seek(there.offset());
        while (left > 0) {
            int length = (int) Math.min(buffer.length, left);
            in.readFully(buffer, 0, length);
            sha256.update(buffer, 0, length);
            left -= length;
        }
        if (!HexFormat.of().formatHex(sha256.digest()).equals(entry.sha256())) {
            throw new CorruptStateException(
                    "%s: %s: SHA-256 differs from the manifest".formatted(name, entry.name()));
        }
    }

    /** The stored bytes of an entry; an error of the disk is not taken for one of the content. */
    private final class Section extends InputStream {
        private long at;
        private final long end;

        Section(TarWalk.Found entry) {
            at = entry.offset();
            end = entry.offset() + entry.size();
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (at == end) {
                return -1;
            }
            try {
                in.seek(at);
                int read = in.read(into, offset, (int) Math.min(length, end - at));
                at += Math.max(0, read);
                return read;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
