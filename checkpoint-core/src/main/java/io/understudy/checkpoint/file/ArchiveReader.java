package io.understudy.checkpoint.file;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.understudy.checkpoint.CorruptStateException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.function.LongConsumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jpountz.lz4.LZ4Exception;
import net.jpountz.lz4.LZ4FrameInputStream;

/** Reads one archive, front to back, into files of temporary names. */
final class ArchiveReader {
    private static final Pattern SUM = Pattern.compile("([0-9a-f]{64})  ([a-z0-9.-]{1,100})");
    private static final int SUMS_BYTES_MAX = CheckpointArchive.SEGMENTS_MAX * 170;
    private static final int TAIL_BYTES_MAX = 20480;

    private record Listed(String sha256, String name) {}

    private final String name;
    private final InputStream stored;
    private final Path folder;
    private final SegmentDisk disk;
    private final List<Path> partials;
    private final LongConsumer progress;
    private final byte[] buffer = new byte[CheckpointArchive.COPY_BYTES];
    private long bytesLeft;
    private long done;

    /**
     * @param partials every file that was made is added to it
     */
    ArchiveReader(
            Path archive,
            InputStream stored,
            Path folder,
            long bytesMax,
            SegmentDisk disk,
            List<Path> partials,
            LongConsumer progress) {
        this.name = String.valueOf(archive.getFileName());
        this.stored = stored;
        this.folder = folder;
        this.bytesLeft = bytesMax;
        this.disk = disk;
        this.partials = partials;
        this.progress = progress;
    }

    /** All files are synced and have the checksum that the archive says. */
    void read() throws IOException, CorruptStateException {
        try (InputStream plain = open()) {
            int count = head(plain);
            List<Listed> listed = sums(plain, count);
            for (Listed segment : listed) {
                segment(plain, segment);
            }
            tail(plain);
        } catch (LZ4Exception e) {
            throw corrupt("its LZ4 frame is malformed (%s)".formatted(e.getMessage()));
        }
    }

    private InputStream open() throws CorruptStateException {
        try {
            return new LZ4FrameInputStream(stored, true);
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    private int head(InputStream plain) throws IOException, CorruptStateException {
        byte[] bytes = small(plain, CheckpointArchive.HEAD_NAME, CheckpointArchive.HEAD_BYTES);
        ByteBuffer head = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        if (bytes.length != CheckpointArchive.HEAD_BYTES
                || head.getLong() != SegmentFormat.ARCHIVE_MAGIC) {
            throw corrupt("it is not an archive of checkpoints");
        }
        int revision = head.getInt();
        if (revision != SegmentFormat.ARCHIVE_REVISION) {
            throw corrupt(
                    "it has archive revision %s, this program reads %d"
                            .formatted(
                                    Integer.toUnsignedString(revision),
                                    SegmentFormat.ARCHIVE_REVISION));
        }
        int count = head.getInt();
        if (count < 1 || count > CheckpointArchive.SEGMENTS_MAX) {
            throw corrupt("it claims %s segments".formatted(Integer.toUnsignedString(count)));
        }
        return count;
    }

    private List<Listed> sums(InputStream plain, int count)
            throws IOException, CorruptStateException {
        String text =
                new String(small(plain, CheckpointArchive.SUMS_NAME, SUMS_BYTES_MAX), US_ASCII);
        List<Listed> listed = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (String line : text.lines().toList()) {
            Matcher matcher = SUM.matcher(line);
            if (!matcher.matches() || !SegmentFolder.isSegmentName(matcher.group(2))) {
                throw corrupt("line %d of SHA256SUMS is not one".formatted(listed.size() + 1));
            }
            Listed segment = new Listed(matcher.group(1), matcher.group(2));
            if (!names.add(segment.name())) {
                throw corrupt(segment.name() + " is in it twice");
            }
            if (Files.exists(folder.resolve(segment.name()))) {
                throw new IOException(folder.resolve(segment.name()) + " exists already");
            }
            listed.add(segment);
        }
        if (listed.size() != count) {
            throw corrupt("%d checksums for %d segments".formatted(listed.size(), count));
        }
        return listed;
    }

    private void segment(InputStream plain, Listed listed)
            throws IOException, CorruptStateException {
        UstarHeader header = header(plain, listed.name());
        if (header.size() > bytesLeft) {
            throw corrupt(
                    "%s claims %d bytes, at most %d more are allowed"
                            .formatted(listed.name(), header.size(), bytesLeft));
        }
        bytesLeft -= header.size();
        Path partial = folder.resolve(listed.name() + SegmentFormat.PARTIAL_SUFFIX);
        MessageDigest sha256 = EncodedEntry.sha256();
        try (OutputStream out = disk.create(partial)) {
            partials.add(partial);
            long left = header.size();
            while (left > 0) {
                int length = (int) Math.min(buffer.length, left);
                fill(plain, buffer, length, listed.name());
                out.write(buffer, 0, length);
                sha256.update(buffer, 0, length);
                left -= length;
                done += length;
                progress.accept(done);
            }
        }
        skipPadding(plain, header);
        if (!HexFormat.of().formatHex(sha256.digest()).equals(listed.sha256())) {
            throw corrupt(listed.name() + ": its SHA-256 is not the one in SHA256SUMS");
        }
    }

    /** Two blocks of zeroes and padding; then the frame and the file end. */
    private void tail(InputStream plain) throws IOException, CorruptStateException {
        long length = 0;
        for (int read = readPlain(plain, buffer, 0, buffer.length);
                read >= 0;
                read = readPlain(plain, buffer, 0, buffer.length)) {
            length += read;
            for (int i = 0; i < read; i++) {
                if (buffer[i] != 0 || length > TAIL_BYTES_MAX) {
                    throw corrupt("something follows its last segment");
                }
            }
        }
        if (stored.read() >= 0) {
            throw corrupt("something follows its LZ4 frame");
        }
    }

    private byte[] small(InputStream plain, String expected, int bytesMax)
            throws IOException, CorruptStateException {
        UstarHeader header = header(plain, expected);
        if (header.size() > bytesMax) {
            throw corrupt(
                    "%s claims %d bytes, at most %d are allowed"
                            .formatted(expected, header.size(), bytesMax));
        }
        // Grows with what is there, not with what is claimed.
        byte[] content;
        try {
            content = plain.readNBytes((int) header.size());
        } catch (IOException e) {
            throw malformed(e);
        }
        if (content.length < header.size()) {
            throw corrupt("truncated in " + expected);
        }
        skipPadding(plain, header);
        return content;
    }

    private UstarHeader header(InputStream plain, String expected)
            throws IOException, CorruptStateException {
        byte[] block = new byte[UstarHeader.BYTES];
        fill(plain, block, block.length, "front of " + expected);
        UstarHeader header = UstarHeader.parse(name, block);
        if (!header.name().equals(expected)) {
            throw corrupt("entry %s where %s must be".formatted(header.name(), expected));
        }
        return header;
    }

    private void skipPadding(InputStream plain, UstarHeader header)
            throws IOException, CorruptStateException {
        int padding = (int) (header.paddedSize() - header.size());
        fill(plain, new byte[padding], padding, header.name());
    }

    private void fill(InputStream plain, byte[] into, int length, String where)
            throws IOException, CorruptStateException {
        int at = 0;
        while (at < length) {
            int read = readPlain(plain, into, at, length - at);
            if (read < 0) {
                throw corrupt("truncated in " + where);
            }
            at += read;
        }
    }

    /** What a frame that is no frame and a file that cannot be read have in common. */
    private int readPlain(InputStream plain, byte[] into, int offset, int length)
            throws CorruptStateException {
        try {
            return plain.read(into, offset, length);
        } catch (IOException e) {
            throw malformed(e);
        }
    }

    private CorruptStateException malformed(IOException e) {
        return corrupt("its LZ4 frame cannot be read (%s)".formatted(e.getMessage()));
    }

    private CorruptStateException corrupt(String what) {
        return new CorruptStateException(name + ": " + what);
    }
}
