package io.understudy.replication.witness.replicated;

import io.understudy.replication.endpoint.Listener;
import io.understudy.replication.witness.ClusterId;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.client.api.GroupManagementApi;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.protocol.GroupInfoReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.thirdparty.io.grpc.StatusRuntimeException;

/**
 * The cluster as one peer sees it.
 *
 * @param members of the newest configuration that it has, committed or not
 * @param isChanging whether that is on the way from one configuration to another
 * @param isLeader whether it takes itself for the leader
 */
record ClusterView(
        ClusterId cluster, List<RaftPeer> members, boolean isChanging, boolean isLeader) {
    /**
     * Asks a peer.
     *
     * @return nothing if it does not answer or has no cluster
     */
    static Optional<ClusterView> ask(PeerSet.Peer peer) {
        RaftPeer target =
                RaftPeer.newBuilder()
                        .setId(peer.name())
                        .setAddress(Listener.show(peer.address()))
                        .build();
        try (RaftClient client =
                RatisSettings.probe(RaftGroup.valueOf(RaftGroupId.randomId(), target))) {
            GroupManagementApi api = client.getGroupManagementApi(target.getId());
            for (RaftGroupId group : api.list().getGroupIds()) {
                return view(group, api.info(group));
            }
            return Optional.empty();
        } catch (IOException | StatusRuntimeException _) {
            // Not there, or not yet: an expected answer.
            return Optional.empty();
        }
    }

    private static Optional<ClusterView> view(RaftGroupId group, GroupInfoReply info) {
        Optional<RaftConfigurationProto> conf = info.getConf();
        if (conf.isEmpty() || conf.get().getPeersCount() == 0) {
            return Optional.empty();
        }
        List<RaftPeer> members = new ArrayList<>();
        for (RaftPeerProto each : conf.get().getPeersList()) {
            members.add(
                    RaftPeer.newBuilder()
                            .setId(RaftPeerId.valueOf(each.getId()))
                            .setAddress(each.getAddress())
                            .build());
        }
        return Optional.of(
                new ClusterView(
                        new ClusterId(group.getUuid()),
                        List.copyOf(members),
                        conf.get().getOldPeersCount() > 0,
                        info.getRoleInfoProto().getRole() == RaftPeerRole.LEADER));
    }
}
