package io.understudy.replication.witness;

import io.understudy.replication.ReplicationException;
import io.understudy.replication.ReplicationException.Kind;
import io.understudy.replication.witness.SealedFile.DamagedException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One register in one file, replaced as a whole. Layout in docs/formats/register.md.
 *
 * <p>A store that cannot read its file, or whose write failed half-way, is <em>lost</em> until an
 * operator acts: it never guesses and never starts over. Not thread-safe.
 */
public final class FileRegisterStore implements AutoCloseable {
    private final Path file;
    private final FileChannel lock;
    private Ledger ledger = Ledger.EMPTY;
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
            SealedFile.replace(file, LedgerCodec.encode(Ledger.EMPTY));
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
        try {
            FileChannel lock = SealedFile.lock(file.resolveSibling(file.getFileName() + ".lock"));
            if (lock == null) {
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

    /** What is durable. Only while the store is not lost. */
    public Ledger ledger() {
        return ledger;
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
    public void store(Ledger next) throws IOException {
        try {
            SealedFile.replace(file, LedgerCodec.encode(next));
            ledger = next;
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
            } else {
                ledger = LedgerCodec.decode(SealedFile.read(file, LedgerCodec.BODY_BYTES_MAX));
            }
        } catch (IOException | DamagedException e) {
            lostReason = "register file %s is damaged: %s".formatted(file, e.getMessage());
        }
    }
}
