package io.understudy.drills.simulation;

import io.understudy.drills.simulation.Coverage.Kind;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterRequest;

/**
 * The way to the witness and back. Requests and replies are lost, come twice, overtake each other,
 * and hang in the network for seconds: longer than a node's connection, and longer than the node.
 */
final class WitnessPath {
    private static final long DEADLINE_NS = 200 * World.MS;

    /** One question of one life of a node. */
    private static final class Question {
        boolean isOver;
    }

    private final World world;

    WitnessPath(World world) {
        this.world = world;
    }

    /** The asker hears an answer, or of silence at its deadline. */
    void ask(SimulatedNode asker, RegisterRequest request) {
        Question question = new Question();
        int life = asker.life();
        int copies = world.chance(0.1) ? 2 : 1;
        if (copies == 2) {
            world.count(Kind.REQUEST_DUPLICATED);
        }
        for (int i = 0; i < copies; i++) {
            if (!world.network().isOpen(asker.name(), Network.WITNESS) || world.chance(0.05)) {
                world.count(Kind.REQUEST_LOST);
            } else {
                world.after(
                        requestDelayNs(asker),
                        () ->
                                world.witness()
                                        .take(
                                                request,
                                                answer -> reply(asker, life, question, answer)));
            }
        }
        world.after(
                DEADLINE_NS,
                () -> {
                    if (!question.isOver) {
                        question.isOver = true;
                        asker.deliver(life, asker::witnessSilent);
                    }
                });
    }

    private void reply(SimulatedNode asker, int life, Question question, Register answer) {
        if (!world.network().isOpen(Network.WITNESS, asker.name()) || world.chance(0.05)) {
            world.count(Kind.REPLY_LOST);
            return;
        }
        world.after(
                world.network().delayNs(Network.WITNESS, asker.name()),
                () -> {
                    question.isOver = true;
                    asker.deliver(life, () -> asker.witnessReplied(answer));
                });
    }

    private long requestDelayNs(SimulatedNode asker) {
        if (world.chance(0.08)) {
            world.count(Kind.REQUEST_LATE);
            return world.betweenMs(50, 3000);
        }
        return world.network().delayNs(asker.name(), Network.WITNESS);
    }
}
