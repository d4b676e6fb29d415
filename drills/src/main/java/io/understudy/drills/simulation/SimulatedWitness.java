package io.understudy.drills.simulation;

import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterOperation.Bump;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterOperation.Pair;
import io.understudy.replication.witness.RegisterOperation.Promote;
import io.understudy.replication.witness.RegisterOperation.Read;
import io.understudy.replication.witness.RegisterOperation.Solo;
import io.understudy.replication.witness.RegisterRequest;
import io.understudy.replication.witness.RegisterRules;
import io.understudy.replication.witness.RegisterRules.Accepted;
import io.understudy.replication.witness.RegisterRules.Refused;
import io.understudy.replication.witness.RegisterRules.Unknown;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The production register rules over a register that is never lost, at a witness that may be. */
final class SimulatedWitness {
    private final World world;
    private @Nullable Register register;
    private boolean isDown;

    SimulatedWitness(World world) {
        this.world = world;
    }

    @Nullable Register register() {
        return register;
    }

    void setDown(boolean down) {
        isDown = down;
        world.say(down ? "the witness is down" : "the witness is back");
    }

    void take(RegisterRequest request, Consumer<Register> reply) {
        if (isDown) {
            return;
        }
        switch (RegisterRules.decide(register, asPlanted(request))) {
            case Unknown unknown -> {}
            case Refused(Register current, String reason) -> {
                if (request.operation() instanceof Promote) {
                    world.happenings.count(Happenings.Kind.PROMOTE_REFUSED);
                }
                reply.accept(current);
            }
            case Accepted(Register next) -> {
                world.checkers.registerChanges(register, next);
                register = next;
                world.say("register: %s, by %s".formatted(next, name(request.operation())));
                count(request.operation());
                reply.accept(next);
            }
        }
    }

    private RegisterRequest asPlanted(RegisterRequest request) {
        Register current = register;
        return world.plant == SimulationPlant.NO_TERM_CHECK && current != null
                ? new RegisterRequest(
                        request.nonce(),
                        request.lineage(),
                        current.term(),
                        request.caller(),
                        request.operation())
                : request;
    }

    private void count(RegisterOperation operation) {
        switch (operation) {
            case Pair pair -> world.happenings.count(Happenings.Kind.PAIRED);
            case Solo solo -> world.happenings.count(Happenings.Kind.STRUCK_OUT);
            case Bump bump -> world.happenings.count(Happenings.Kind.BUMPED);
            case Promote promote -> world.happenings.count(Happenings.Kind.PROMOTED);
            case Create create -> {}
            case Read read -> {}
        }
    }

    private static String name(RegisterOperation operation) {
        return operation.getClass().getSimpleName();
    }
}
