package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.option.WitnessPeer;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.witness.Witness;
import io.understudy.replication.witness.replicated.PeerSet;
import io.understudy.replication.witness.replicated.ReplicatedWitness;
import io.understudy.replication.witness.replicated.ReplicatedWitnessOptions;
import io.understudy.replication.witness.replicated.ReplicatedWitnessOptions.Start;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What makes a witness one of several peers: {@code --peers}, {@code --id} and {@code --join}. */
final class PeerOptions {
    @Option(
            names = "--peers",
            paramLabel = "NAME=HOST:PORT",
            split = ",",
            description = {
                "All peers of the witness, this one too, and where they talk to each other; three",
                "in production. Without it the witness is this one process."
            })
    private List<WitnessPeer> peers = new ArrayList<>();

    @Option(names = "--id", paramLabel = "NAME", description = "Which of the peers this one is.")
    private @Nullable String id;

    @Option(
            names = "--join",
            description = {
                "Become a member of the cluster with an empty folder: a new peer, or one that lost",
                "its folder."
            })
    private boolean joins;

    boolean areGiven() {
        return !peers.isEmpty();
    }

    /** Finds out before the work whether the options fit together. */
    void check(boolean initialise) throws CommandFailure {
        if (!areGiven()) {
            if (id != null || joins) {
                throw CommandFailure.usage(
                        (id != null ? "--id " + id : "--join") + ": needs --peers");
            }
            return;
        }
        if (id == null) {
            throw CommandFailure.usage("--peers: needs --id, the peer that this one is");
        }
        if (joins && initialise) {
            throw CommandFailure.usage(
                    "--join: excludes --init: one peer founds the cluster, the others join it");
        }
        PeerSet set = set();
        if (set.isEven()) {
            System.err.println(
                    "warning: --peers: with "
                            + set.peers().size()
                            + " peers no more of them can be lost than with "
                            + (set.peers().size() - 1));
        }
        for (WitnessPeer each : peers) {
            if (each.name().equals(id) && !each.endpoint().isLoopback()) {
                System.err.println(
                        "warning: --peers "
                                + each
                                + " can be reached by other hosts, and without TLS anybody there"
                                + " can change the register");
            }
        }
    }

    /** Starts this peer. */
    Witness start(InetSocketAddress listen, Path folder, boolean initialise)
            throws CommandFailure, ReplicationException {
        Start how = initialise ? Start.FOUND : joins ? Start.JOIN : Start.RESUME;
        return ReplicatedWitness.start(
                new ReplicatedWitnessOptions(listen, set(), String.valueOf(id), folder, how),
                new SecureRandom());
    }

    private PeerSet set() throws CommandFailure {
        try {
            PeerSet set =
                    PeerSet.of(
                            peers.stream()
                                    .map(peer ->
                                            new PeerSet.Peer(
                                                    peer.name(), peer.endpoint().address()))
                                    .toList());
            set.named(String.valueOf(id));
            return set;
        } catch (ReplicationException e) {
            throw CommandFailure.usage("--peers: " + e.getMessage());
        }
    }
}
