package io.understudy.replication.witness.replicated;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.replication.ReplicationException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PeerSetTest {
    @Test
    void whatCannotBeOneClusterIsRefusedByName() {
        refused("named twice", peer("a", 1), peer("a", 2));
        refused("address of another peer", peer("a", 1), peer("b", 1));
        refused("needs a port", peer("a", 0));
        refused("no name of a peer", peer("A!", 1));
        refused("no name of a peer", peer("", 1));
        refused("1 to 7 peers, not 0");
        List<PeerSet.Peer> eight = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            eight.add(peer("p" + i, i + 1));
        }
        refused("1 to 7 peers, not 8", eight.toArray(PeerSet.Peer[]::new));
    }

    @Test
    void aNameThatNoPeerHasIsNamedWithThoseThatThereAre() throws Exception {
        PeerSet peers = PeerSet.of(List.of(peer("a", 1), peer("b", 2)));
        assertThat(peers.isEven()).isTrue();
        assertThat(peers.named("b")).isEqualTo(peer("b", 2));
        assertThatThrownBy(() -> peers.named("c"))
                .isInstanceOf(ReplicationException.class)
                .hasMessage("no peer is named 'c', only a, b");
    }

    private static void refused(String why, PeerSet.Peer... peers) {
        assertThatThrownBy(() -> PeerSet.of(List.of(peers)))
                .isInstanceOf(ReplicationException.class)
                .hasMessageContaining(why);
    }

    private static PeerSet.Peer peer(String name, int port) {
        return new PeerSet.Peer(name, InetSocketAddress.createUnresolved("h", port));
    }
}
