package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.drills.process.FreePorts;
import io.understudy.replication.ReplicationException;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterRequest;
import io.understudy.replication.witness.WitnessAnswer;
import io.understudy.replication.witness.WitnessAnswer.Replied;
import io.understudy.replication.witness.WitnessClient;
import io.understudy.replication.witness.replicated.PeerSet;
import io.understudy.replication.witness.replicated.ReplicatedWitness;
import io.understudy.replication.witness.replicated.ReplicatedWitnessOptions;
import io.understudy.replication.witness.replicated.ReplicatedWitnessOptions.Start;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/** A witness of two peers inside this process: one founds, one joins, and a lineage begins. */
final class WitnessRehearsal {
    /** A lineage begins when both are members, which takes a second or so on an idle host. */
    private static final int ATTEMPTS_MAX = 200;

    private static final long PAUSE_MS = 100;
    private static final Duration ANSWER_DEADLINE = Duration.ofSeconds(1);

    private WitnessRehearsal() {}

    /**
     * @throws CommandFailure if the peers cannot start, or do not form a cluster in time
     */
    static void hold(Path folder, RandomGenerator random)
            throws CommandFailure, InterruptedException {
        try {
            List<Integer> ports = FreePorts.find(2, random);
            PeerSet peers =
                    PeerSet.of(
                            List.of(
                                    new PeerSet.Peer("a", at(ports.getFirst())),
                                    new PeerSet.Peer("b", at(ports.getLast()))));
            try (ReplicatedWitness founder = start(peers, "a", folder, Start.FOUND, random);
                    ReplicatedWitness joiner = start(peers, "b", folder, Start.JOIN, random);
                    WitnessClient client =
                            new WitnessClient(
                                    List.of(at(founder.port()), at(joiner.port())),
                                    ANSWER_DEADLINE)) {
                begin(client, random);
            }
        } catch (IOException e) {
            throw CommandFailure.environment("cannot rehearse a witness: " + e.getMessage());
        } catch (ReplicationException e) {
            throw ListenOption.failure(e);
        }
    }

    private static ReplicatedWitness start(
            PeerSet peers, String name, Path folder, Start how, RandomGenerator random)
            throws ReplicationException {
        return ReplicatedWitness.start(
                new ReplicatedWitnessOptions(at(0), peers, name, folder.resolve(name), how),
                random);
    }

    private static void begin(WitnessClient client, RandomGenerator random)
            throws CommandFailure, InterruptedException {
        RegisterRequest create =
                new RegisterRequest(
                        random.nextLong(),
                        new UUID(random.nextLong(), random.nextLong()),
                        0,
                        Incarnation.draw("rehearsal", random),
                        new Create());
        for (int attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
            CompletableFuture<WitnessAnswer> answer = new CompletableFuture<>();
            client.ask(create, answer::complete);
            if (answer.join() instanceof Replied) {
                return;
            }
            TimeUnit.MILLISECONDS.sleep(PAUSE_MS);
        }
        throw CommandFailure.environment("the peers of a witness formed no cluster");
    }

    private static InetSocketAddress at(int port) {
        return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
    }
}
