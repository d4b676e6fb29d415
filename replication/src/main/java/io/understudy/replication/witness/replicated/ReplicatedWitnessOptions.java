package io.understudy.replication.witness.replicated;

import java.net.InetSocketAddress;
import java.nio.file.Path;

/**
 * @param listen where nodes ask; port 0 lets the system choose
 * @param peers all peers of the cluster, this one included; the same at every peer
 * @param name which of them this is
 * @param folder this peer's own
 * @param start how the peer comes into the cluster
 */
public record ReplicatedWitnessOptions(
        InetSocketAddress listen, PeerSet peers, String name, Path folder, Start start) {
    /** How a peer comes into its cluster. */
    public enum Start {
        /** It is a member and has the folder that it had. Without it, it answers UNKNOWN. */
        RESUME,
        /** It founds the cluster, of itself alone at first: an operator's decision, once. */
        FOUND,
        /**
         * It has nothing, and becomes a member in the place of whoever had its name: an operator's
         * decision, for each new peer and for each that lost its folder.
         */
        JOIN
    }
}
