package io.understudy.replication.witness;

import com.google.protobuf.InvalidProtocolBufferException;
import io.understudy.proto.v1.RegisterState;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.ReplicationException.Kind;
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
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One register in one file, replaced as a whole: written beside it, synced, renamed over it, folder
 * synced. Layout in docs/formats/register.md:
 *
 * <pre>
 *  0  8  "USREGSTR"
 *  8  4  format version, 1            little-endian
 * 12  4  bytes of the register, n     0 = initialised, no lineage created
 * 16  n  understudy.v1.RegisterState
 *  .  4  CRC32C of everything before
 * </pre>
 *
 * <p>A store that cannot read its file, or whose write failed half-way, is <em>lost</em> until an
 * operator acts: it never guesses and never starts over. Not thread-safe.
 */
public final class FileRegisterStore implements AutoCloseable {
    static final byte[] MAGIC = {'U', 'S', 'R', 'E', 'G', 'S', 'T', 'R'};
    static final int FORMAT_VERSION = 1;
    static final int HEADER_BYTES = 16;
    static final int REGISTER_BYTES_MAX = 4096;
    private static final int CRC_BYTES = 4;

    private final Path file;
    private final FileChannel lock;
    private @Nullable Register current;
    private @Nullable String lostReason;

    private FileRegisterStore(Path file, FileChannel lock) {
        this.file = file;
        this.lock = lock;
    }

    /**
     * Makes the file of a witness that knows no lineage yet: an operator's decision, once.
     *
     * @throws ReplicationException if the file exists or cannot be written
     */
    public static void initialise(Path file) throws ReplicationException {
        if (Files.exists(file)) {
            throw new ReplicationException(
                    Kind.REGISTER_FILE,
                    "register file %s exists already: start the witness without initialising it"
                            .formatted(file));
        }
        try {
            replace(file, encode(null));
        } catch (IOException e) {
            throw new ReplicationException(
                    Kind.REGISTER_FILE, "cannot write register file %s: %s".formatted(file, e), e);
        }
    }

    /**
     * Opens the file for this process alone. A file that is missing or damaged opens too, as lost.
     *
     * @throws ReplicationException if another process has it, or its folder is unusable
     */
    public static FileRegisterStore open(Path file) throws ReplicationException {
        Path lockFile = file.resolveSibling(file.getFileName() + ".lock");
        try {
            FileChannel lock =
                    FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (!tryLock(lock)) {
                lock.close();
                throw new ReplicationException(
                        Kind.REGISTER_FILE,
                        "register file %s is in use by another witness".formatted(file));
            }
            FileRegisterStore store = new FileRegisterStore(file, lock);
            store.load();
            return store;
        } catch (IOException e) {
            throw new ReplicationException(
                    Kind.REGISTER_FILE, "cannot lock register file %s: %s".formatted(file, e), e);
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock() != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    /** Null: initialised, and no lineage was created yet. Only while the store is not lost. */
    public @Nullable Register current() {
        return current;
    }

    /** Why the store has no state that anybody may rely on. */
    public Optional<String> lostReason() {
        return Optional.ofNullable(lostReason);
    }

    /**
     * Makes {@code next} durable.
     *
     * @throws IOException if that failed; it is then unknown what the disk holds, and the store is
     *     lost until it is opened again
     */
    public void store(Register next) throws IOException {
        try {
            replace(file, encode(next));
            current = next;
        } catch (IOException e) {
            lostReason = "register file %s could not be written: %s".formatted(file, e);
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        lock.close();
    }

    private void load() {
        try {
            if (!Files.exists(file)) {
                lostReason =
                        "register file %s does not exist; a new witness must be initialised"
                                .formatted(file);
            } else if (Files.size(file) > HEADER_BYTES + REGISTER_BYTES_MAX + CRC_BYTES) {
                lostReason = "register file %s is too long to be one".formatted(file);
            } else {
                current = decode(Files.readAllBytes(file));
            }
        } catch (IOException | ReplicationException e) {
            lostReason = "register file %s is damaged: %s".formatted(file, e.getMessage());
        }
    }

    static byte[] encode(@Nullable Register register) {
        byte[] body = register == null ? new byte[0] : RegisterCodec.encode(register).toByteArray();
        ByteBuffer out =
                ByteBuffer.allocate(HEADER_BYTES + body.length + CRC_BYTES)
                        .order(ByteOrder.LITTLE_ENDIAN);
        out.put(MAGIC).putInt(FORMAT_VERSION).putInt(body.length).put(body);
        out.putInt(crc(out.array(), out.position()));
        return out.array();
    }

    static @Nullable Register decode(byte[] bytes) throws ReplicationException {
        if (bytes.length < HEADER_BYTES + CRC_BYTES) {
            throw damaged("it ends after %d bytes".formatted(bytes.length));
        }
        ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        byte[] magic = new byte[MAGIC.length];
        in.get(magic);
        if (!Arrays.equals(magic, MAGIC)) {
            throw damaged("it does not start like a register file");
        }
        int version = in.getInt();
        if (version != FORMAT_VERSION) {
            throw damaged("it has format version %d, not %d".formatted(version, FORMAT_VERSION));
        }
        int length = in.getInt();
        if (length != bytes.length - HEADER_BYTES - CRC_BYTES) {
            throw damaged(
                    "it says %d bytes of register and has %d"
                            .formatted(length, bytes.length - HEADER_BYTES - CRC_BYTES));
        }
        if (in.getInt(HEADER_BYTES + length) != crc(bytes, HEADER_BYTES + length)) {
            throw damaged("its checksum does not match");
        }
        if (length == 0) {
            return null;
        }
        try {
            return RegisterCodec.decode(RegisterState.parseFrom(in.slice(HEADER_BYTES, length)));
        } catch (InvalidProtocolBufferException e) {
            throw damaged(String.valueOf(e.getMessage()));
        }
    }

    private static void replace(Path file, byte[] bytes) throws IOException {
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

    private static int crc(byte[] bytes, int length) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, length);
        return (int) crc.getValue();
    }

    private static ReplicationException damaged(String why) {
        return new ReplicationException(Kind.REGISTER_FILE, why);
    }
}
