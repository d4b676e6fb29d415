package io.understudy.replication.witness;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A small file that is always replaced as a whole: written beside its name, synced, renamed over
 * it, folder synced. So it holds the old content or the new one, and says if it holds neither.
 *
 * <pre>
 *  0  8  magic
 *  8  4  format version                little-endian
 * 12  4  bytes of the body, n
 * 16  n  body
 *  .  4  CRC32C of everything before
 * </pre>
 */
public final class SealedFile {
    public static final int HEADER_BYTES = 16;
    private static final int MAGIC_BYTES = 8;
    private static final int CRC_BYTES = 4;

    /** A body and the version of its format. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    public record Content(int version, byte[] body) {}

    /** The file is not one of its kind. The message says why, without naming the file. */
    public static final class DamagedException extends Exception {
        private static final long serialVersionUID = 1L;

        public DamagedException(String message) {
            super(message);
        }
    }

    private SealedFile() {}

    /**
     * @param magic 8 bytes
     */
    public static byte[] seal(byte[] magic, int version, byte[] body) {
        ByteBuffer out =
                ByteBuffer.allocate(HEADER_BYTES + body.length + CRC_BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN);
        out.put(magic).putInt(version).putInt(body.length).put(body);
        out.putInt(crc(out.array(), out.position()));
        return out.array();
    }

    /**
     * @throws DamagedException if the bytes are not what {@link #seal} made with that magic
     */
    public static Content open(byte[] magic, byte[] bytes) throws DamagedException {
        if (bytes.length < HEADER_BYTES + CRC_BYTES) {
            throw new DamagedException("it ends after %d bytes".formatted(bytes.length));
        }
        if (!Arrays.equals(magic, Arrays.copyOf(bytes, MAGIC_BYTES))) {
            throw new DamagedException("it does not start as it should");
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        int version = in.getInt(MAGIC_BYTES);
        int length = in.getInt(MAGIC_BYTES + Integer.BYTES);
        if (length != bytes.length - HEADER_BYTES - CRC_BYTES) {
            throw new DamagedException(
                    "it says %d bytes of content and has %d"
                            .formatted(length, bytes.length - HEADER_BYTES - CRC_BYTES));
        }
        if (in.getInt(HEADER_BYTES + length) != crc(bytes, HEADER_BYTES + length)) {
            throw new DamagedException("its checksum does not match");
        }
        return new Content(version, Arrays.copyOfRange(bytes, HEADER_BYTES, HEADER_BYTES + length));
    }

    /**
     * Reads no more than such a file can have.
     *
     * @throws DamagedException if it is longer
     */
    public static byte[] read(Path file, int bodyBytesMax) throws IOException, DamagedException {
        if (Files.size(file) > HEADER_BYTES + bodyBytesMax + CRC_BYTES) {
            throw new DamagedException("it is too long to be one");
        }
        return Files.readAllBytes(file);
    }

    /** Returns when the new content will be there after any crash. */
    public static void replace(Path file, byte[] bytes) throws IOException {
        Path beside = file.resolveSibling(file.getFileName() + ".next");
        try (FileChannel out =
                FileChannel.open(
                        beside,
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.TRUNCATE_EXISTING)) {
            ByteBuffer rest = ByteBuffer.wrap(bytes);
            while (rest.hasRemaining()) {
                out.write(rest);
            }
            out.force(true);
        }
        Files.move(
                beside, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        Path folder = file.toAbsolutePath().getParent();
        if (folder != null) {
            try (FileChannel directory = FileChannel.open(folder, StandardOpenOption.READ)) {
                directory.force(true);
            }
        }
    }

    /** The open lock, or null if another process or another part of this one has it. */
    public static @Nullable FileChannel lock(Path lockFile) throws IOException {
        FileChannel channel =
                FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        try {
            if (channel.tryLock() != null) {
                return channel;
            }
        } catch (OverlappingFileLockException _) {
            // Held by this process: the same answer.
        }
        channel.close();
        return null;
    }

    private static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }
}
