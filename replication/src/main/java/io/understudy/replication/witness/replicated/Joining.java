package io.understudy.replication.witness.replicated;

import io.understudy.replication.ReplicationException;
import io.understudy.replication.endpoint.Listener;
import io.understudy.replication.witness.ClusterId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.SetConfigurationRequest.Arguments;
import org.apache.ratis.protocol.SetConfigurationRequest.Mode;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;
import org.jspecify.annotations.Nullable;

/**
 * A peer on its way into a cluster: it finds the cluster, begins a storage of its own under a new
 * identity, and asks the members to take it in the place of whoever had its name before. They agree
 * by a majority of the old and of the new configuration, after its log has caught up; until then it
 * has no vote. What the storage before it had promised binds nobody any more, because nobody counts
 * on it.
 *
 * <p>Interrupted at any point, it goes on where it was, or begins again as somebody new if its
 * storage is not there.
 */
final class Joining {
    private final PeerSet peers;
    private final PeerSet.Peer self;
    private final PeerFolder folder;
    private final RandomGenerator random;
    private @Nullable Member member;
    private @Nullable MemberServer server;
    private volatile String waitsFor = "looking for the cluster";

    /**
     * @param member as the folder has it from an earlier attempt, or null
     */
    Joining(
            PeerSet peers,
            PeerSet.Peer self,
            PeerFolder folder,
            RandomGenerator random,
            @Nullable Member member) {
        this.peers = peers;
        this.self = self;
        this.folder = folder;
        this.random = random;
        this.member = member;
    }

    /** Why it is no member yet, for people. */
    String waitsFor() {
        return waitsFor;
    }

    /** The server, once there is one: to be closed if the attempt is given up. */
    @Nullable MemberServer server() {
        return server;
    }

    /**
     * One attempt.
     *
     * @return the member's server once the cluster has it, null to try again after a pause
     * @throws ReplicationException if the folder cannot be written
     */
    @Nullable MemberServer attempt() throws ReplicationException {
        List<ClusterView> views = new ArrayList<>();
        for (PeerSet.Peer each : peers.peers()) {
            if (!each.equals(self)) {
                ClusterView.ask(each).ifPresent(views::add);
            }
        }
        Set<String> clusters = new TreeSet<>();
        views.forEach(view -> clusters.add(view.cluster().toString()));
        if (views.isEmpty()) {
            waitsFor = "no other peer has a cluster to join";
            return null;
        }
        if (clusters.size() > 1) {
            waitsFor = "the other peers are of different clusters: " + clusters;
            return null;
        }
        ClusterView view =
                views.stream().filter(ClusterView::isLeader).findFirst().orElse(views.getFirst());
        try {
            return join(view);
        } catch (IOException | StatusRuntimeException e) {
            waitsFor = "the cluster does not take it in: " + e.getMessage();
            return null;
        }
    }

    private @Nullable MemberServer join(ClusterView view) throws IOException, ReplicationException {
        MemberServer running = serverIn(view.cluster());
        if (running == null) {
            return null;
        }
        Member joining = running.member();
        boolean isMember =
                view.members().stream().anyMatch(each -> each.getId().equals(joining.raftId()));
        if (isMember && !view.isChanging()) {
            folder.write(joining, true, peers);
            return running;
        }
        waitsFor = "the cluster is taking it in";
        if (!isMember && !view.isChanging()) {
            askToBeTakenIn(view, joining);
        }
        return null;
    }

    private @Nullable MemberServer serverIn(ClusterId cluster)
            throws IOException, ReplicationException {
        MemberServer running = server;
        if (running != null) {
            return running;
        }
        Member known = member;
        if (known != null && !known.cluster().equals(cluster)) {
            waitsFor = "this folder is of cluster %s".formatted(known.cluster());
            return null;
        }
        if (known == null || !folder.hasStorageOf(known)) {
            known = new Member(cluster, self.name(), random.nextInt());
            member = known;
            folder.write(known, false, peers);
        }
        running = MemberServer.start(known, self.address(), folder, List.of());
        server = running;
        return running;
    }

    /** Nothing happens unless the members still are who {@code view} says. */
    private void askToBeTakenIn(ClusterView view, Member joining) throws IOException {
        List<RaftPeer> next = new ArrayList<>();
        for (RaftPeer each : view.members()) {
            if (!Member.nameOf(each.getId()).equals(self.name())) {
                next.add(each);
            }
        }
        next.add(
                RaftPeer.newBuilder()
                        .setId(joining.raftId())
                        .setAddress(Listener.show(self.address()))
                        .build());
        try (RaftClient admin =
                RatisSettings.admin(RaftGroup.valueOf(joining.groupId(), view.members()))) {
            RaftClientReply reply =
                    admin.admin()
                            .setConfiguration(
                                    Arguments.newBuilder()
                                            .setMode(Mode.COMPARE_AND_SET)
                                            .setServersInCurrentConf(view.members())
                                            .setServersInNewConf(next)
                                            .build());
            if (!reply.isSuccess()) {
                throw new IOException(String.valueOf(reply.getException()));
            }
        }
    }
}
