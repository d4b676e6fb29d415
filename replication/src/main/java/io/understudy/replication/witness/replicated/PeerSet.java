package io.understudy.replication.witness.replicated;

import io.understudy.replication.ReplicationException;
import io.understudy.replication.ReplicationException.Kind;
import io.understudy.replication.endpoint.Listener;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.regex.Pattern;

/**
 * The peers that make up a cluster: names, and where they talk to each other.
 *
 * @param peers 1 to {@value #PEERS_MAX} with different names and addresses
 */
public record PeerSet(List<PeerSet.Peer> peers) {
    /** More would make every change slower and the loss of any number hardly less likely. */
    public static final int PEERS_MAX = 7;

    private static final Pattern NAME = Pattern.compile("[a-z0-9][a-z0-9-]{0,15}");

    /**
     * @param name lower-case letters, digits and hyphens, 1 to 16
     * @param address host and port; the host may be a name, looked up when it is used
     */
    public record Peer(String name, InetSocketAddress address) {
        @Override
        public String toString() {
            return name + "=" + Listener.show(address);
        }
    }

    public PeerSet {
        peers = List.copyOf(peers);
    }

    /**
     * @throws ReplicationException if these cannot be the peers of one cluster
     */
    public static PeerSet of(List<Peer> peers) throws ReplicationException {
        if (peers.isEmpty() || peers.size() > PEERS_MAX) {
            throw unusable(
                    "a cluster has 1 to %d peers, not %d".formatted(PEERS_MAX, peers.size()));
        }
        Set<String> names = new HashSet<>();
        Set<String> addresses = new HashSet<>();
        for (Peer each : peers) {
            if (!NAME.matcher(each.name()).matches()) {
                throw unusable(
                        "'%s' is no name of a peer: up to 16 lower-case letters, digits and hyphens"
                                .formatted(each.name()));
            }
            if (each.address().getPort() == 0) {
                throw unusable("peer %s needs a port".formatted(each.name()));
            }
            if (!names.add(each.name())) {
                throw unusable("peer %s is named twice".formatted(each.name()));
            }
            if (!addresses.add(Listener.show(each.address()))) {
                throw unusable("peer %s has the address of another peer".formatted(each));
            }
        }
        return new PeerSet(peers);
    }

    /**
     * @throws ReplicationException if no peer has the name
     */
    public Peer named(String name) throws ReplicationException {
        return peers.stream()
                .filter(peer -> peer.name().equals(name))
                .findFirst()
                .orElseThrow(
                        () -> unusable("no peer is named '%s', only %s".formatted(name, names())));
    }

    /** With an even number one more peer could be lost if there were one less. */
    public boolean isEven() {
        return peers.size() % 2 == 0;
    }

    /** Names for people. */
    public String names() {
        StringJoiner names = new StringJoiner(", ");
        peers.forEach(peer -> names.add(peer.name()));
        return names.toString();
    }

    @Override
    public String toString() {
        StringJoiner all = new StringJoiner(",");
        peers.forEach(peer -> all.add(peer.toString()));
        return all.toString();
    }

    private static ReplicationException unusable(String why) {
        return new ReplicationException(Kind.WITNESS_PEERS, why);
    }
}
