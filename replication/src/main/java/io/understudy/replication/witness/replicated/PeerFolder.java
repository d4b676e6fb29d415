package io.understudy.replication.witness.replicated;

import com.google.protobuf.InvalidProtocolBufferException;
import io.understudy.proto.v1.WitnessMember;
import io.understudy.proto.v1.WitnessPeerAddress;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.ReplicationException.Kind;
import io.understudy.replication.witness.RegisterCodec;
import io.understudy.replication.witness.SealedFile;
import io.understudy.replication.witness.SealedFile.Content;
import io.understudy.replication.witness.SealedFile.DamagedException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The folder of one peer, for this process alone (docs/formats/witness-peer.md):
 *
 * <pre>
 * peer       who the peer is, and whether it has joined; written before it talks to anybody
 * peer.lock  held while the process serves the folder
 * raft/      the log, votes and snapshots, written by Ratis
 * </pre>
 *
 * <p>Invariant: once {@code peer} says joined, a folder without the log and votes is lost, not new.
 * Ratis by itself would begin again with an empty log and vote a second time in terms in which this
 * peer has voted.
 */
final class PeerFolder implements AutoCloseable {
    private static final byte[] MAGIC = "USWITPER".getBytes(StandardCharsets.US_ASCII);
    private static final int VERSION = 1;
    private static final int BODY_BYTES_MAX = 4096;
    private static final String IDENTITY = "peer";
    private static final String LOCK = "peer.lock";
    private static final String RAFT = "raft";

    /** Where Ratis keeps term and vote; it replaces the file whole and syncs it. */
    private static final String RAFT_VOTES = "current/raft-meta";

    /** What the file {@value #IDENTITY} says. */
    record Identity(Member member, boolean joined, String peers) {}

    private final Path folder;
    private final FileChannel lock;

    private PeerFolder(Path folder, FileChannel lock) {
        this.folder = folder;
        this.lock = lock;
    }

    /**
     * Locks the folder, and makes it if {@code mayMake}.
     *
     * @return null if it does not exist and may not be made
     * @throws ReplicationException if another process has it, or it is unusable
     */
    static @Nullable PeerFolder open(Path folder, boolean mayMake) throws ReplicationException {
        try {
            if (!Files.isDirectory(folder)) {
                if (!mayMake) {
                    return null;
                }
                Files.createDirectories(folder);
            }
            FileChannel lock = SealedFile.lock(folder.resolve(LOCK));
            if (lock == null) {
                throw unusable("folder %s is in use by another witness".formatted(folder), null);
            }
            return new PeerFolder(folder, lock);
        } catch (IOException e) {
            throw unusable("cannot use folder %s: %s".formatted(folder, e), e);
        }
    }

    /** Whether a peer may begin here: nothing was ever kept in the folder. */
    boolean isEmpty() throws ReplicationException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.allMatch(file -> file.getFileName().toString().equals(LOCK));
        } catch (IOException e) {
            throw unusable("cannot read folder %s: %s".formatted(folder, e), e);
        }
    }

    /** Whether the log and votes that {@code member} began with are still there. */
    boolean hasStorageOf(Member member) {
        return Files.isRegularFile(
                raft().resolve(member.cluster().unique().toString()).resolve(RAFT_VOTES));
    }

    /** Where Ratis keeps its files. */
    Path raft() {
        return folder.resolve(RAFT);
    }

    /**
     * @return null if there is none
     * @throws DamagedException if it cannot be trusted
     */
    @Nullable Identity read() throws DamagedException {
        Path file = folder.resolve(IDENTITY);
        if (!Files.exists(file)) {
            return null;
        }
        try {
            Content content = SealedFile.open(MAGIC, SealedFile.read(file, BODY_BYTES_MAX));
            if (content.version() != VERSION) {
                throw new DamagedException(
                        "it has format version %d, not %d".formatted(content.version(), VERSION));
            }
            WitnessMember message = WitnessMember.parseFrom(content.body());
            List<PeerSet.Peer> peers =
                    message.getPeersList().stream()
                            .map(peer ->
                                    new PeerSet.Peer(
                                            peer.getName(),
                                            InetSocketAddress.createUnresolved(
                                                    peer.getHost(), peer.getPort() & 0xffff)))
                            .toList();
            return new Identity(
                    new Member(
                            RegisterCodec.decode(message.getCluster()),
                            message.getName(),
                            message.getStorage()),
                    message.getJoined(),
                    new PeerSet(peers).toString());
        } catch (InvalidProtocolBufferException e) {
            throw new DamagedException(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw new DamagedException(e.toString());
        }
    }

    /** Returns when it is durable. */
    void write(Member member, boolean joined, PeerSet peers) throws ReplicationException {
        WitnessMember.Builder out =
                WitnessMember.newBuilder()
                        .setCluster(RegisterCodec.encode(member.cluster()))
                        .setName(member.name())
                        .setStorage(member.storage())
                        .setJoined(joined);
        for (PeerSet.Peer each : peers.peers()) {
            out.addPeers(
                    WitnessPeerAddress.newBuilder()
                            .setName(each.name())
                            .setHost(each.address().getHostString())
                            .setPort(each.address().getPort()));
        }
        Path file = folder.resolve(IDENTITY);
        try {
            SealedFile.replace(file, SealedFile.seal(MAGIC, VERSION, out.build().toByteArray()));
        } catch (IOException e) {
            throw unusable("cannot write %s: %s".formatted(file, e), e);
        }
    }

    @Override
    public String toString() {
        return folder.toString();
    }

    @Override
    public void close() {
        try {
            lock.close();
        } catch (IOException _) {
            // The lock ends with the process at the latest; nothing else depends on it.
        }
    }

    private static ReplicationException unusable(String what, @Nullable IOException cause) {
        return cause == null
                ? new ReplicationException(Kind.REGISTER_FILE, what)
                : new ReplicationException(Kind.REGISTER_FILE, what, cause);
    }
}
