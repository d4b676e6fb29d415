package io.understudy.drills.simulation;

import static io.understudy.replication.rule.ProtocolRule.LOST_REGISTER_IS_SILENT;

import io.understudy.drills.simulation.Coverage.Kind;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterOperation.Promote;
import io.understudy.replication.witness.RegisterOperation.Solo;
import io.understudy.replication.witness.RegisterRequest;
import io.understudy.replication.witness.RegisterRules;
import io.understudy.replication.witness.RegisterRules.Accepted;
import io.understudy.replication.witness.RegisterRules.Refused;
import io.understudy.replication.witness.RegisterRules.Unknown;
import java.util.Arrays;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The production register rules behind one process with a file, or behind three of which two must
 * be there. As nodes see it, through the register interface: linearizable while it answers; silent
 * without a quorum; and lost for good, never wrong, when the disks of a quorum are.
 */
final class SimulatedWitness {
    private final World world;
    private final RegisterRules rules;
    private final RegisterRules rulesWithTermNotRaised;
    private final int peers;
    private final boolean[] isDown;
    private final boolean[] isWiped;
    private @Nullable Register register;
    private boolean wasPaired;
    private boolean isLost;

    SimulatedWitness(World world) {
        this.world = world;
        this.peers = world.random().nextBoolean() ? 1 : 3;
        this.isDown = new boolean[peers];
        this.isWiped = new boolean[peers];
        boolean isPlanted = world.isPlanted(SimulationPlant.TERM_NOT_BUMPED);
        this.rulesWithTermNotRaised = new RegisterRules(world.rules());
        this.rules = isPlanted ? new RegisterRules(RuleBook.ENFORCED) : rulesWithTermNotRaised;
    }

    /** What the witness last made durable. */
    @Nullable Register register() {
        return register;
    }

    /** Whether nobody will ever learn the register again. */
    boolean isLost() {
        return isLost;
    }

    // What befalls it.

    void stopPeer(long forNs) {
        int peer = world.random().nextInt(peers);
        isDown[peer] = true;
        world.count(Kind.WITNESS_PEER_DOWN);
        world.say("witness peer %d is down for %d ms".formatted(peer, forNs / World.MS));
        if (!hasQuorum()) {
            world.count(Kind.WITNESS_WITHOUT_QUORUM);
        }
        world.after(forNs, () -> isDown[peer] = false);
    }

    /** Its disk is gone. Of three, one such peer gets everything from the others. */
    void wipePeer() {
        int peer = world.random().nextInt(peers);
        world.count(Kind.WITNESS_PEER_WIPED);
        isWiped[peer] = true;
        int wiped = 0;
        for (boolean each : isWiped) {
            wiped += each ? 1 : 0;
        }
        if (wiped > peers / 2) {
            isLost = true;
            world.count(Kind.REGISTER_LOST);
            world.say("the witness has lost the register");
        } else {
            world.say("witness peer %d starts over".formatted(peer));
            world.after(world.betweenMs(50, 500), () -> isWiped[peer] = isLost);
        }
    }

    void heal() {
        Arrays.fill(isDown, false);
    }

    private boolean hasQuorum() {
        int up = 0;
        for (int i = 0; i < peers; i++) {
            up += isDown[i] || isWiped[i] ? 0 : 1;
        }
        return up > peers / 2;
    }

    void take(RegisterRequest request, Consumer<Register> reply) {
        if (isLost) {
            if (!world.rules().enforces(LOST_REGISTER_IS_SILENT)) {
                makeUp(request);
            }
            return;
        }
        if (!hasQuorum()) {
            return;
        }
        boolean termStays = request.operation() instanceof Solo;
        switch ((termStays ? rulesWithTermNotRaised : rules).decide(register, request)) {
            case Unknown unknown -> {}
            case Refused(Register current, String reason) -> {
                if (request.operation() instanceof Promote) {
                    world.count(Kind.PROMOTE_REFUSED);
                }
                reply.accept(current);
            }
            case Accepted(Register next) -> accept(next, request.operation(), reply);
        }
    }

    /** The write may fail after or before it reached the disk; either way nobody is told. */
    private void accept(Register next, RegisterOperation operation, Consumer<Register> reply) {
        boolean isDiskBad = world.chance(0.01);
        if (isDiskBad) {
            world.count(Kind.WITNESS_DISK_ERROR);
            int peer = 0;
            isDown[peer] = true;
            world.after(world.betweenMs(20, 400), () -> isDown[peer] = false);
            if (world.random().nextBoolean()) {
                world.say("the witness's disk failed before it had " + next);
                return;
            }
        }
        world.checkers().registerChanges(register, next);
        register = next;
        world.say(
                "register: %s, by %s%s"
                        .formatted(
                                next,
                                operation.getClass().getSimpleName(),
                                isDiskBad ? "; nobody is told" : ""));
        count(operation);
        if (!isDiskBad) {
            reply.accept(next);
        }
    }

    private void makeUp(RegisterRequest request) {
        isLost = false;
        Arrays.fill(isWiped, false);
        register =
                new Register(
                        request.lineage(), request.expectedTerm() + 1, request.caller(), null, 0);
        world.say("the witness makes up a register: " + register);
    }

    private void count(RegisterOperation operation) {
        switch (operation) {
            case RegisterOperation.Pair pair -> {
                world.count(Kind.PAIRED);
                if (wasPaired) {
                    world.count(Kind.PAIRED_AGAIN);
                }
                wasPaired = true;
            }
            case Solo solo -> world.count(Kind.STRUCK_OUT);
            case RegisterOperation.Bump bump -> world.count(Kind.BUMPED);
            case Promote promote -> world.count(Kind.PROMOTED);
            case RegisterOperation.Handover handover -> world.count(Kind.HANDED_OVER);
            case RegisterOperation.Create create -> {}
            case RegisterOperation.Read read -> {}
        }
    }
}
