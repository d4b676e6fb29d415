package io.understudy.replication.witness.replicated;

import io.understudy.replication.witness.ClusterId;
import java.util.Locale;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeerId;

/**
 * Who a peer is to its cluster: a name, and which storage of that name. To Raft two storages are
 * two servers, whatever their name and address: what one promised, the other cannot have forgotten.
 *
 * @param storage drawn when the peer began with nothing
 */
record Member(ClusterId cluster, String name, int storage) {
    private static final char SEPARATOR = '#';

    RaftPeerId raftId() {
        return RaftPeerId.valueOf(this.toString());
    }

    RaftGroupId groupId() {
        return groupId(cluster);
    }

    static RaftGroupId groupId(ClusterId cluster) {
        return RaftGroupId.valueOf(cluster.unique());
    }

    /** The name in a Raft identity. */
    static String nameOf(RaftPeerId id) {
        String text = id.toString();
        int end = text.lastIndexOf(SEPARATOR);
        return end < 0 ? text : text.substring(0, end);
    }

    @Override
    public String toString() {
        return "%s%c%08x".formatted(name, SEPARATOR, storage).toLowerCase(Locale.ROOT);
    }
}
