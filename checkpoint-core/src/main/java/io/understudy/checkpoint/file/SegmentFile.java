package io.understudy.checkpoint.file;

import io.understudy.checkpoint.CorruptStateException;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4FrameInputStream;

/**
 * A closed segment, opened for reading: head, manifest and the places of all entries are known and
 * checked. The entries themselves are checked when they are read.
 */
public final class SegmentFile implements Closeable {
    private static final int COPY_BYTES = 64 << 10;

    /** End of archive and padding to a full tar record. */
    private static final int TAIL_BYTES_MAX = 20480;

    private record Place(UstarHeader header, long position) {}

    private final Path file;
    private final String name;
    private final FileChannel channel;
    private final long bytes;
    private final List<Place> places;
    private final SegmentHead head;
    private final SegmentManifest manifest;

    private SegmentFile(Path file, FileChannel channel) throws IOException, CorruptStateException {
        this.file = file;
        this.name = String.valueOf(file.getFileName());
        this.channel = channel;
        this.bytes = channel.size();
        this.places = walk();
        Place last = places.getLast();
        if (!places.getFirst().header().name().equals(SegmentFormat.HEAD_NAME)
                || !last.header().name().equals(SegmentFormat.MANIFEST_NAME)) {
            throw new CorruptStateException(
                    name + ": a segment begins with its head and ends with its manifest");
        }
        head =
                HeadReader.read(
                        where(SegmentFormat.HEAD_NAME),
                        whole(places.getFirst(), SegmentFormat.HEAD_BYTES_MAX));
        manifest =
                ManifestReader.read(
                        where(SegmentFormat.MANIFEST_NAME),
                        whole(last, SegmentFormat.MANIFEST_BYTES_MAX),
                        head.revision(),
                        head.layout().pages());
        comparePlaces();
        checkSha256(manifest.entries().getFirst(), places.getFirst());
    }

    /**
     * Opens a segment.
     *
     * @throws CorruptStateException if it is not one, or is damaged where this looks at it
     */
    public static SegmentFile open(Path file) throws IOException, CorruptStateException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
        try {
            return new SegmentFile(file, channel);
        } catch (IOException | CorruptStateException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    public Path file() {
        return file;
    }

    /** Size of the file. */
    public long bytes() {
        return bytes;
    }

    public SegmentHead head() {
        return head;
    }

    public SegmentManifest manifest() {
        return manifest;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** Reads the records of an entry. */
    interface RecordsOf {
        void read(RecordReader records) throws IOException, CorruptStateException;
    }

    /** Name of the file and an entry, for errors. */
    String where(String entry) {
        return name + ": " + entry;
    }

    /**
     * Decompresses an entry, once its stored bytes have the SHA-256 of the manifest.
     *
     * @param index into the manifest's entries; not the head
     */
    void read(int index, RecordsOf reader) throws IOException, CorruptStateException {
        SegmentManifest.Entry entry = manifest.entries().get(index);
        Place place = places.get(index);
        checkSha256(entry, place);
        String where = where(entry.name());
        InputStream stored = new StoredBytes(place.position(), entry.storedBytes());
        try (InputStream plain = new LZ4FrameInputStream(stored, true)) {
            RecordReader records = new RecordReader(where, plain, entry.plainBytes());
            reader.read(records);
            if (records.read() != entry.plainBytes()) {
                throw records.corrupt(
                        "it holds %d bytes, the manifest says %d"
                                .formatted(records.read(), entry.plainBytes()));
            }
            if (stored.read() >= 0) {
                throw records.corrupt("something follows its LZ4 frame");
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        } catch (IOException | LZ4Exception e) {
            throw new CorruptStateException(
                    "%s: its LZ4 frame is malformed (%s)".formatted(where, e.getMessage()));
        }
    }

    private List<Place> walk() throws IOException, CorruptStateException {
        List<Place> found = new ArrayList<>();
        byte[] block = new byte[UstarHeader.BYTES];
        long at = 0;
        boolean ended = false;
        while (!ended) {
            if (at + UstarHeader.BYTES > bytes) {
                throw new CorruptStateException(
                        "%s: truncated at byte %d, inside the archive".formatted(name, bytes));
            }
            readFully(at, ByteBuffer.wrap(block));
            UstarHeader header = UstarHeader.parse(name + " at byte " + at, block);
            long position = at + UstarHeader.BYTES;
            if (header.size() > bytes - position) {
                throw new CorruptStateException(
                        "%s: entry %s claims %d bytes, %d are left in the file"
                                .formatted(name, header.name(), header.size(), bytes - position));
            }
            if (found.size() > SegmentFormat.ENTRIES_MAX) {
                throw new CorruptStateException(
                        "%s: more than %d entries".formatted(name, SegmentFormat.ENTRIES_MAX));
            }
            found.add(new Place(header, position));
            at = position + header.paddedSize();
            ended = header.name().equals(SegmentFormat.MANIFEST_NAME);
        }
        checkTail(at);
        return found;
    }

    private void checkTail(long from) throws IOException, CorruptStateException {
        long length = bytes - from;
        if (length < 0 || length > TAIL_BYTES_MAX) {
            throw new CorruptStateException(
                    "%s: %d bytes behind the manifest, 0 to %d are allowed"
                            .formatted(name, length, TAIL_BYTES_MAX));
        }
        byte[] tail = new byte[(int) length];
        readFully(from, ByteBuffer.wrap(tail));
        if (!UstarHeader.isEnd(tail)) {
            throw new CorruptStateException(name + ": something follows the manifest");
        }
    }

    private void comparePlaces() throws CorruptStateException {
        List<SegmentManifest.Entry> entries = manifest.entries();
        if (entries.size() != places.size() - 1) {
            throw new CorruptStateException(
                    "%s: %d entries before the manifest, it lists %d"
                            .formatted(name, places.size() - 1, entries.size()));
        }
        for (int i = 0; i < entries.size(); i++) {
            UstarHeader there = places.get(i).header();
            SegmentManifest.Entry listed = entries.get(i);
            if (!there.name().equals(listed.name()) || there.size() != listed.storedBytes()) {
                throw new CorruptStateException(
                        "%s: entry %d is %s of %d bytes, the manifest says %s of %d"
                                .formatted(
                                        name,
                                        i,
                                        there.name(),
                                        there.size(),
                                        listed.name(),
                                        listed.storedBytes()));
            }
        }
    }

    private byte[] whole(Place place, int bytesMax) throws IOException, CorruptStateException {
        if (place.header().size() > bytesMax) {
            throw new CorruptStateException(
                    "%s: it has %d bytes, at most %d are allowed"
                            .formatted(
                                    where(place.header().name()), place.header().size(), bytesMax));
        }
        byte[] content = new byte[(int) place.header().size()];
        readFully(place.position(), ByteBuffer.wrap(content));
        return content;
    }

    private void checkSha256(SegmentManifest.Entry entry, Place place)
            throws IOException, CorruptStateException {
        MessageDigest sha256 = EncodedEntry.sha256();
        ByteBuffer buffer = ByteBuffer.allocate(COPY_BYTES);
        long left = entry.storedBytes();
        long at = place.position();
        while (left > 0) {
            buffer.clear().limit((int) Math.min(COPY_BYTES, left));
            readFully(at, buffer);
            sha256.update(buffer.flip());
            at += buffer.limit();
            left -= buffer.limit();
        }
        if (!HexFormat.of().formatHex(sha256.digest()).equals(entry.sha256())) {
            throw new CorruptStateException(
                    where(entry.name()) + ": its SHA-256 is not the one in the manifest");
        }
    }

    private void readFully(long position, ByteBuffer into)
            throws IOException, CorruptStateException {
        long at = position;
        while (into.hasRemaining()) {
            int read = channel.read(into, at);
            if (read < 0) {
                throw new CorruptStateException("%s: truncated at byte %d".formatted(name, at));
            }
            at += read;
        }
    }

    /** The stored bytes of one entry. A failing disk is told apart from a malformed frame. */
    private final class StoredBytes extends InputStream {
        private long at;
        private long left;

        StoredBytes(long position, long length) {
            at = position;
            left = length;
        }

        @Override
        public int read() {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            int wanted = (int) Math.min(length, left);
            if (wanted == 0) {
                return length == 0 ? 0 : -1;
            }
            try {
                int read = channel.read(ByteBuffer.wrap(into, offset, wanted), at);
                if (read > 0) {
                    at += read;
                    left -= read;
                }
                return read;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
