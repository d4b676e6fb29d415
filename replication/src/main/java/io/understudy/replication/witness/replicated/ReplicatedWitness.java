package io.understudy.replication.witness.replicated;

import io.understudy.checkpoint.Invariant;
import io.understudy.proto.v1.RegisterReply;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.ReplicationException.Kind;
import io.understudy.replication.endpoint.Listener;
import io.understudy.replication.witness.ClusterId;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterRequest;
import io.understudy.replication.witness.SealedFile.DamagedException;
import io.understudy.replication.witness.Witness;
import io.understudy.replication.witness.replicated.PeerFolder.Identity;
import io.understudy.replication.witness.replicated.ReplicatedWitnessOptions.Start;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.random.RandomGenerator;
import org.apache.ratis.protocol.RaftPeer;
import org.jspecify.annotations.Nullable;

/**
 * One peer of a witness of several. It serves nodes from the start, and answers UNKNOWN while it is
 * no member of the cluster: it has lost its folder, or is on its way in.
 */
public final class ReplicatedWitness implements Witness {
    private static final int REQUEST_BYTES_MAX = 16 << 10;
    private static final int WINDOW_BYTES = 64 << 10;
    private static final long JOIN_PAUSE_MS = 200;

    /** What the peer is at the moment. */
    private sealed interface Standing {
        /** It has no state that anybody may rely on, until an operator acts. */
        record Lost(String reason) implements Standing {}

        record OnItsWay(Joining joining) implements Standing {}

        record InCluster(MemberServer server, RegisterQuorum quorum) implements Standing {}
    }

    private final PeerSet peers;
    private final PeerSet.Peer self;
    private final @Nullable PeerFolder folder;
    private final ExecutorService callThreads = Executors.newVirtualThreadPerTaskExecutor();
    private volatile Standing standing;
    private volatile boolean isClosed;
    private @Nullable Listener listener;
    private @Nullable Thread joiner;

    private ReplicatedWitness(
            PeerSet peers, PeerSet.Peer self, @Nullable PeerFolder folder, Standing standing) {
        this.peers = peers;
        this.self = self;
        this.folder = folder;
        this.standing = standing;
    }

    /**
     * Returns when nodes can ask; a peer that joins does so afterwards.
     *
     * @throws ReplicationException if an address cannot be used, the folder is of another peer or
     *     cluster or in use, or must be empty and is not
     */
    public static ReplicatedWitness start(ReplicatedWitnessOptions options, RandomGenerator random)
            throws ReplicationException {
        PeerSet.Peer self = options.peers().named(options.name());
        checkFree(self.address());
        PeerFolder folder = PeerFolder.open(options.folder(), options.start() != Start.RESUME);
        ReplicatedWitness witness = null;
        try {
            Standing first =
                    switch (options.start()) {
                        case FOUND -> found(options.peers(), self, present(folder), random);
                        case JOIN -> join(options.peers(), self, present(folder), random);
                        case RESUME -> resume(options, self, folder, random);
                    };
            witness = new ReplicatedWitness(options.peers(), self, folder, first);
            witness.listen(options.listen());
            return witness;
        } catch (ReplicationException e) {
            if (witness != null) {
                witness.close();
            } else if (folder != null) {
                folder.close();
            }
            throw e;
        }
    }

    private static Standing found(
            PeerSet peers, PeerSet.Peer self, PeerFolder folder, RandomGenerator random)
            throws ReplicationException {
        if (!folder.isEmpty()) {
            throw refused("folder %s is not empty: a cluster is founded once".formatted(folder));
        }
        for (PeerSet.Peer each : peers.peers()) {
            if (!each.equals(self) && ClusterView.ask(each).isPresent()) {
                throw refused(
                        "peer %s has a cluster already: join it instead of founding another"
                                .formatted(each));
            }
        }
        ClusterId cluster = new ClusterId(new UUID(random.nextLong(), random.nextLong()));
        Member member = new Member(cluster, self.name(), random.nextInt());
        folder.write(member, true, peers);
        RaftPeer founder =
                RaftPeer.newBuilder()
                        .setId(member.raftId())
                        .setAddress(Listener.show(self.address()))
                        .build();
        Standing founded = inCluster(member, self, folder, List.of(founder));
        if (founded instanceof Standing.Lost(String reason)) {
            throw refused("the cluster cannot be founded: " + reason);
        }
        return founded;
    }

    private static Standing join(
            PeerSet peers, PeerSet.Peer self, PeerFolder folder, RandomGenerator random)
            throws ReplicationException {
        if (folder.isEmpty()) {
            return new Standing.OnItsWay(new Joining(peers, self, folder, random, null));
        }
        Identity identity = trusted(folder);
        if (identity == null || identity.joined()) {
            throw refused(
                    "folder %s is not empty: only a peer that has nothing joins".formatted(folder));
        }
        checkSame(identity, peers, self, folder);
        return new Standing.OnItsWay(new Joining(peers, self, folder, random, identity.member()));
    }

    private static Standing resume(
            ReplicatedWitnessOptions options,
            PeerSet.Peer self,
            @Nullable PeerFolder folder,
            RandomGenerator random)
            throws ReplicationException {
        if (folder == null) {
            return new Standing.Lost(
                    "folder %s does not exist; a peer without one founds the cluster or joins it"
                            .formatted(options.folder()));
        }
        try {
            Identity identity = folder.read();
            if (identity == null) {
                return new Standing.Lost(
                        "folder %s has no peer in it; an empty one founds the cluster or joins it"
                                .formatted(folder));
            }
            checkSame(identity, options.peers(), self, folder);
            Member member = identity.member();
            if (!identity.joined()) {
                return new Standing.OnItsWay(
                        new Joining(options.peers(), self, folder, random, member));
            }
            if (!folder.hasStorageOf(member)) {
                return new Standing.Lost(
                        "folder %s has lost the log of peer %s".formatted(folder, member));
            }
            return inCluster(member, self, folder, List.of());
        } catch (DamagedException e) {
            return new Standing.Lost(
                    "the identity in folder %s is damaged: %s".formatted(folder, e.getMessage()));
        }
    }

    private static Standing inCluster(
            Member member, PeerSet.Peer self, PeerFolder folder, List<RaftPeer> founders) {
        try {
            MemberServer server = MemberServer.start(member, self.address(), folder, founders);
            return new Standing.InCluster(server, new RegisterQuorum(server));
        } catch (IOException e) {
            return new Standing.Lost(
                    "the log in folder %s cannot be used: %s".formatted(folder, e.getMessage()));
        }
    }

    private void listen(InetSocketAddress at) throws ReplicationException {
        listener =
                Listener.start(
                        at,
                        List.of(new ReplicatedWitnessService(this::answer)),
                        callThreads,
                        REQUEST_BYTES_MAX,
                        WINDOW_BYTES,
                        // Witnesses have nobody to tell; the caller gets the status.
                        sentence -> {});
        if (standing instanceof Standing.OnItsWay(Joining joining)) {
            joiner =
                    Thread.ofPlatform()
                            .name("witness-joining")
                            .daemon(true)
                            .start(() -> joinUntilDone(joining));
        }
    }

    private void joinUntilDone(Joining joining) {
        try {
            while (!isClosed) {
                MemberServer server = joining.attempt();
                if (server != null) {
                    standing = new Standing.InCluster(server, new RegisterQuorum(server));
                    return;
                }
                Thread.sleep(JOIN_PAUSE_MS);
            }
        } catch (InterruptedException _) {
            // Closed meanwhile.
            Thread.currentThread().interrupt();
        } catch (ReplicationException e) {
            standing = new Standing.Lost(String.valueOf(e.getMessage()));
        }
    }

    private ReplicatedWitnessService.Answer answer(RegisterRequest request) {
        switch (standing) {
            case Standing.Lost(String reason) -> {
                return ReplicatedWitnessService.Answer.unknown(reason);
            }
            case Standing.OnItsWay(Joining joining) -> {
                return ReplicatedWitnessService.Answer.unknown(
                        "peer %s is no member yet: %s".formatted(self.name(), joining.waitsFor()));
            }
            case Standing.InCluster(MemberServer server, RegisterQuorum quorum) -> {
                return answer(request, server, quorum);
            }
        }
    }

    private ReplicatedWitnessService.Answer answer(
            RegisterRequest request, MemberServer server, RegisterQuorum quorum) {
        try {
            if (!server.isAlive()) {
                return ReplicatedWitnessService.Answer.unknown(noMember(server));
            }
            boolean begins = request.operation() instanceof Create;
            Set<String> missing = missing(server);
            if (begins && !missing.isEmpty()) {
                return ReplicatedWitnessService.Answer.unknown(
                        "a lineage begins when every peer is a member, and %s is not"
                                .formatted(String.join(", ", missing)));
            }
            RegisterReply reply = quorum.ask(request);
            return new ReplicatedWitnessService.Answer(reply, server.member().cluster(), "");
        } catch (IOException e) {
            return ReplicatedWitnessService.Answer.unknown(
                    "no majority of the peers answered: " + e.getMessage());
        }
    }

    private Set<String> missing(MemberServer server) throws IOException {
        Set<String> missing = new TreeSet<>();
        peers.peers().forEach(peer -> missing.add(peer.name()));
        server.members().forEach(member -> missing.remove(Member.nameOf(member.getId())));
        return missing;
    }

    private static String noMember(MemberServer server) {
        return "peer %s is no member any more: another storage took its place, or its disk failed"
                .formatted(server.member());
    }

    @Override
    public int port() {
        return present(listener).port();
    }

    @Override
    public String status() {
        return switch (standing) {
            case Standing.Lost(String reason) -> "UNKNOWN: " + reason;
            case Standing.OnItsWay(Joining joining) -> "UNKNOWN: joins: " + joining.waitsFor();
            case Standing.InCluster(MemberServer server, RegisterQuorum _) -> status(server);
        };
    }

    private String status(MemberServer server) {
        try {
            if (!server.isAlive()) {
                return "UNKNOWN: " + noMember(server);
            }
            Register register = server.register().ledger().register();
            Set<String> missing = missing(server);
            return "peer %s, leader %s%s; %s"
                    .formatted(
                            server.member(),
                            server.leader().orElse("unknown"),
                            missing.isEmpty() ? "" : ", missing " + String.join(", ", missing),
                            register == null ? "no lineage yet" : register.toString());
        } catch (IOException e) {
            return "UNKNOWN: " + e.getMessage();
        }
    }

    @Override
    public void close() {
        isClosed = true;
        Listener open = listener;
        if (open != null) {
            open.close();
        }
        callThreads.shutdownNow();
        Thread joining = joiner;
        if (joining != null) {
            joining.interrupt();
            try {
                joining.join();
            } catch (InterruptedException _) {
                Thread.currentThread().interrupt();
            }
        }
        try {
            switch (standing) {
                case Standing.InCluster(MemberServer server, RegisterQuorum quorum) -> {
                    quorum.close();
                    server.close();
                }
                case Standing.OnItsWay(Joining unfinished) -> {
                    MemberServer server = unfinished.server();
                    if (server != null) {
                        server.close();
                    }
                }
                case Standing.Lost _ -> {}
            }
        } catch (IOException _) {
            // What counts is on the disk; a member that is killed does not even get here.
        }
        if (folder != null) {
            folder.close();
        }
    }

    /**
     * @throws ReplicationException if the identity cannot be read
     */
    private static @Nullable Identity trusted(PeerFolder folder) throws ReplicationException {
        try {
            return folder.read();
        } catch (DamagedException e) {
            throw refused(
                    "the identity in folder %s is damaged: %s".formatted(folder, e.getMessage()));
        }
    }

    private static void checkSame(
            Identity identity, PeerSet peers, PeerSet.Peer self, PeerFolder folder)
            throws ReplicationException {
        if (!identity.member().name().equals(self.name())) {
            throw refused(
                    "folder %s is of peer %s, not %s"
                            .formatted(folder, identity.member().name(), self.name()));
        }
        if (!identity.peers().equals(peers.toString())) {
            throw refused(
                    "folder %s is of a cluster of %s, not %s"
                            .formatted(folder, identity.peers(), peers));
        }
    }

    /** Ratis would say so only after it has made its folders. */
    private static void checkFree(InetSocketAddress address) throws ReplicationException {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(address.getHostString(), address.getPort()));
        } catch (IOException e) {
            throw new ReplicationException(
                    Kind.ADDRESS_IN_USE,
                    "cannot listen on %s: %s".formatted(Listener.show(address), e.getMessage()),
                    e);
        }
    }

    private static ReplicationException refused(String why) {
        return new ReplicationException(Kind.REGISTER_FILE, why);
    }

    private static <T> T present(@Nullable T value) {
        return Invariant.present(value, "opened before it is used");
    }
}
