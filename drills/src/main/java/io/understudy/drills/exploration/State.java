package io.understudy.drills.exploration;

import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterOperation.Bump;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterOperation.Handover;
import io.understudy.replication.witness.RegisterOperation.Pair;
import io.understudy.replication.witness.RegisterOperation.Promote;
import io.understudy.replication.witness.RegisterOperation.Read;
import io.understudy.replication.witness.RegisterOperation.Solo;
import java.util.ArrayList;
import java.util.List;

/**
 * One state of the world; not changed once it was reached. Requests to the witness are never used
 * up: each may arrive again, or never. So are answers: any register that there ever was since a
 * process began may be what it hears next.
 */
final class State {
    /** A request that was sent and that the register's term does not rule out. */
    record Request(Incarnation caller, long expectedTerm, RegisterOperation operation) {}

    final List<Peer> peers;
    final List<Register> registers;
    final List<Request> requests;
    final List<Wire> wires;

    /** Everything that was let out by anybody. */
    final String emitted;

    final int sessions;
    final int crashes;
    final int restarts;
    final int switchovers;

    // How it was reached.
    int number;

    State(
            List<Peer> peers,
            List<Register> registers,
            List<Request> requests,
            List<Wire> wires,
            String emitted,
            int sessions,
            int crashes,
            int restarts,
            int switchovers) {
        this.peers = peers;
        this.registers = registers;
        this.requests = requests;
        this.wires = wires;
        this.emitted = emitted;
        this.sessions = sessions;
        this.crashes = crashes;
        this.restarts = restarts;
        this.switchovers = switchovers;
    }

    Register register() {
        return registers.getLast();
    }

    Hash128 hash() {
        Hash128 out = new Hash128();
        for (Peer each : peers) {
            each.addTo(out);
        }
        out.number(registers.size());
        for (Register each : registers) {
            out.register(each);
        }
        // In any order: they are a set.
        long high = 0;
        long low = 0;
        for (Request each : requests) {
            Hash128 one = new Hash128();
            encode(each, one);
            high += one.high();
            low += one.low();
        }
        out.number(high);
        out.number(low);
        out.number(wires.size());
        for (Wire each : wires) {
            each.encode(out);
        }
        out.text(emitted);
        out.number(((sessions * 16L + crashes) * 16 + restarts) * 16 + switchovers);
        return out;
    }

    private static void encode(Request request, Hash128 out) {
        out.incarnation(request.caller());
        out.number(request.expectedTerm());
        switch (request.operation()) {
            case Read read -> out.number(0);
            case Create create -> out.number(1);
            case Pair(Incarnation backup, long released) -> {
                out.number(2);
                out.incarnation(backup);
                out.number(released);
            }
            case Solo solo -> out.number(3);
            case Promote(long acknowledged) -> {
                out.number(4);
                out.number(acknowledged);
            }
            case Handover(long epoch, Incarnation successor) -> {
                out.number(5);
                out.incarnation(successor);
                out.number(epoch);
            }
            case Bump bump -> out.number(6);
        }
    }

    /** A state that is being made out of another. */
    static final class Draft {
        final List<Peer> peers;
        List<Register> registers;
        final List<Request> requests;
        final List<Wire> wires;
        String emitted;
        int sessions;
        int crashes;
        int restarts;
        int switchovers;

        Draft(State from) {
            this.peers = new ArrayList<>(from.peers);
            this.registers = from.registers;
            this.requests = new ArrayList<>(from.requests);
            this.wires = new ArrayList<>(from.wires);
            this.emitted = from.emitted;
            this.sessions = from.sessions;
            this.crashes = from.crashes;
            this.restarts = from.restarts;
            this.switchovers = from.switchovers;
        }

        /** The node, to be changed. */
        Peer change(int index) {
            Peer copy = peers.get(index).copy();
            peers.set(index, copy);
            return copy;
        }

        Register register() {
            return registers.getLast();
        }

        State done() {
            wires.removeIf(Wire::isOver);
            return new State(
                    peers,
                    registers,
                    requests,
                    wires,
                    emitted,
                    sessions,
                    crashes,
                    restarts,
                    switchovers);
        }
    }
}
