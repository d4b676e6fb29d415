package io.understudy.checkpoint.file;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.understudy.checkpoint.CorruptStateException;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.LongConsumer;
import net.jpountz.lz4.LZ4FrameOutputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/**
 * Makes one file of segments that stock {@code lz4}, {@code tar} and {@code sha256sum} can take
 * apart: section "Archive" of {@code docs/formats/checkpoint.md}.
 */
public final class CheckpointArchive {
    static final String HEAD_NAME = "understudy-archive";
    static final String SUMS_NAME = "SHA256SUMS";
    static final int HEAD_BYTES = 16;
    static final int SEGMENTS_MAX = 1 << 16;
    static final int COPY_BYTES = 64 << 10;

    private CheckpointArchive() {}

    /**
     * Writes an archive under a temporary name, syncs and renames it.
     *
     * @param segments closed segments, in the order in which they shall be in the archive
     * @param archive must not exist
     * @param progress is told how many bytes of the segments are written
     */
    public static void write(
            List<Path> segments, Path archive, SegmentDisk disk, LongConsumer progress)
            throws IOException {
        if (Files.exists(archive)) {
            throw new IOException(archive + " exists already");
        }
        Path partial = archive.resolveSibling(archive.getFileName() + SegmentFormat.PARTIAL_SUFFIX);
        boolean isWhole = false;
        try {
            try (OutputStream out = new BufferedOutputStream(disk.create(partial), COPY_BYTES);
                    OutputStream frame = new LZ4FrameOutputStream(out);
                    TarArchiveOutputStream tar = new TarArchiveOutputStream(frame)) {
                tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
                put(tar, HEAD_NAME, head(segments.size()));
                put(tar, SUMS_NAME, sums(segments).getBytes(US_ASCII));
                long done = 0;
                for (Path segment : segments) {
                    done = copy(segment, tar, done, progress);
                }
            }
            disk.publish(partial, archive);
            isWhole = true;
        } finally {
            if (!isWhole) {
                disk.delete(partial);
            }
        }
    }

    /**
     * Takes an archive apart. All segments appear in the folder, or none.
     *
     * @param folder made if it does not exist; must not have a segment of the same name
     * @param bytesMax limit on the bytes of all segments together
     * @param progress is told how many bytes of the segments are there
     * @return the segments; what is in them has not been looked at
     * @throws CorruptStateException if it is no archive, or a damaged one
     */
    public static List<Path> read(
            Path archive, Path folder, long bytesMax, SegmentDisk disk, LongConsumer progress)
            throws IOException, CorruptStateException {
        Files.createDirectories(folder);
        List<Path> partials = new ArrayList<>();
        try (InputStream stored =
                new BufferedInputStream(Files.newInputStream(archive), COPY_BYTES)) {
            new ArchiveReader(archive, stored, folder, bytesMax, disk, partials, progress).read();
            List<Path> segments = new ArrayList<>();
            for (Path partial : partials) {
                String name = String.valueOf(partial.getFileName());
                Path segment =
                        folder.resolve(
                                name.substring(
                                        0, name.length() - SegmentFormat.PARTIAL_SUFFIX.length()));
                disk.publish(partial, segment);
                segments.add(segment);
            }
            return segments;
        } finally {
            for (Path partial : partials) {
                disk.delete(partial);
            }
        }
    }

    /** SHA-256 of a file, in hexadecimal. */
    static String sha256(Path file) throws IOException {
        MessageDigest sha256 = EncodedEntry.sha256();
        byte[] buffer = new byte[COPY_BYTES];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                sha256.update(buffer, 0, read);
            }
        }
        return HexFormat.of().formatHex(sha256.digest());
    }

    private static byte[] head(int segments) {
        return ByteBuffer.allocate(HEAD_BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(SegmentFormat.ARCHIVE_MAGIC)
                .putInt(SegmentFormat.ARCHIVE_REVISION)
                .putInt(segments)
                .array();
    }

    private static String sums(List<Path> segments) throws IOException {
        StringBuilder sums = new StringBuilder();
        for (Path segment : segments) {
            sums.append(sha256(segment)).append("  ").append(segment.getFileName()).append('\n');
        }
        return sums.toString();
    }

    private static long copy(
            Path segment, TarArchiveOutputStream tar, long before, LongConsumer progress)
            throws IOException {
        long done = before;
        tar.putArchiveEntry(entry(String.valueOf(segment.getFileName()), Files.size(segment)));
        byte[] buffer = new byte[COPY_BYTES];
        try (InputStream in = Files.newInputStream(segment)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                tar.write(buffer, 0, read);
                done += read;
                progress.accept(done);
            }
        }
        tar.closeArchiveEntry();
        return done;
    }

    private static void put(TarArchiveOutputStream tar, String name, byte[] content)
            throws IOException {
        tar.putArchiveEntry(entry(name, content.length));
        tar.write(content);
        tar.closeArchiveEntry();
    }

    private static TarArchiveEntry entry(String name, long size) {
        TarArchiveEntry entry = new TarArchiveEntry(name);
        entry.setSize(size);
        entry.setIds(0, 0);
        entry.setNames("", "");
        entry.setMode(0100644);
        return entry;
    }
}
