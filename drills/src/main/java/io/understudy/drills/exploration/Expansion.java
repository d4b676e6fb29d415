package io.understudy.drills.exploration;

import static io.understudy.replication.rule.ProtocolRule.EPOCH_IS_WHOLE_BEFORE_ACKNOWLEDGEMENT;
import static io.understudy.replication.rule.ProtocolRule.LOST_REGISTER_IS_SILENT;
import static io.understudy.replication.rule.ProtocolRule.TERM_IS_COMPARED;

import io.understudy.drills.exploration.State.Draft;
import io.understudy.drills.exploration.State.Request;
import io.understudy.replication.role.BackupEvent;
import io.understudy.replication.role.BackupRole;
import io.understudy.replication.role.NodeState;
import io.understudy.replication.role.PrimaryEvent;
import io.understudy.replication.role.PrimaryRole;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterRequest;
import io.understudy.replication.witness.RegisterRules;
import java.util.ArrayList;
import java.util.List;

/** Everything that may happen next in a state. */
final class Expansion {
    /** Takes each next state, with a line on how it came about. */
    interface Steps {
        void step(String label, State next);
    }

    private static final int IN_FLIGHT_MAX = 2;
    private static final long QUIET = 0;
    private static final long OVERDUE = 1;

    private final Bounds bounds;
    private final RuleBook rules;
    private final Performer performer;
    private final RegisterRules registerRules;

    Expansion(Bounds bounds, RuleBook rules) {
        this.bounds = bounds;
        this.rules = rules;
        this.performer = new Performer(bounds, rules);
        this.registerRules = new RegisterRules(rules);
    }

    /** Node 0 has created the lineage and runs alone; the others wait. */
    State first() {
        List<Peer> peers = new ArrayList<>();
        for (int i = 0; i < bounds.nodes(); i++) {
            peers.add(new Peer(i, rules));
        }
        Peer first = peers.getFirst();
        Register register = new Register(Performer.LINEAGE, 1, first.self, null, 0);
        State state =
                new State(
                        peers,
                        List.of(register),
                        List.of(),
                        List.of(),
                        "",
                        0,
                        bounds.crashes(),
                        bounds.restarts(),
                        bounds.switchovers());
        Draft draft = new Draft(state);
        PrimaryRole role = PrimaryRole.first(first.self, Performer.TIMING, rules, true);
        first.primary = role;
        performer.feed(draft, first, new PrimaryEvent.WitnessReplied(register), QUIET);
        for (Peer each : peers.subList(1, peers.size())) {
            performer.standBy(each, 0);
        }
        return draft.done();
    }

    void expand(State state, Steps steps) {
        for (int i = 0; i < state.peers.size(); i++) {
            Peer peer = state.peers.get(i);
            if (peer.isUp()) {
                node(state, i, peer, steps);
            } else if (state.restarts > 0) {
                restart(state, i, steps);
            }
        }
        for (int i = 0; i < state.wires.size(); i++) {
            wire(state, i, state.wires.get(i), steps);
        }
        for (Request request : state.requests) {
            witness(state, request, steps);
        }
    }

    private void node(State state, int at, Peer peer, Steps steps) {
        if (peer.primary != null) {
            machine(state, at, peer, steps);
            change(state, at, steps, " quiet tick", primary(new PrimaryEvent.Tick(), QUIET));
            change(state, at, steps, " overdue tick", primary(new PrimaryEvent.Tick(), OVERDUE));
            if (peer.state() == NodeState.SOLOING) {
                change(
                        state,
                        at,
                        steps,
                        " hears nothing of the witness",
                        primary(new PrimaryEvent.WitnessSilent(""), QUIET));
            }
            if (state.switchovers > 0 && peer.state() == NodeState.PAIRED) {
                switchover(state, at, steps);
            }
        } else if (peer.backup != null) {
            change(state, at, steps, " quiet tick", backup(new BackupEvent.Tick(), QUIET));
            change(state, at, steps, " overdue tick", backup(new BackupEvent.Tick(), OVERDUE));
        }
        for (Register each : state.registers) {
            if (each.term() >= peer.bornTerm) {
                hears(state, at, peer, each, steps);
            }
        }
        if (state.crashes > 0) {
            crash(state, at, steps);
        }
    }

    private void hears(State state, int at, Peer peer, Register register, Steps steps) {
        String label = " hears of term " + register.term();
        if (peer.primary != null) {
            change(
                    state,
                    at,
                    steps,
                    label,
                    primary(new PrimaryEvent.WitnessReplied(register), QUIET));
        } else if (peer.state() == NodeState.CLAIMING) {
            change(
                    state,
                    at,
                    steps,
                    label,
                    backup(new BackupEvent.WitnessReplied(register), QUIET));
        }
    }

    private void machine(State state, int at, Peer peer, Steps steps) {
        PrimaryRole role = peer.primary;
        if (role == null || !peer.isRunning) {
            return;
        }
        if (!peer.isFrozen && peer.said.length() < bounds.writes()) {
            Draft draft = new Draft(state);
            Peer next = draft.change(at);
            next.said += next.letter();
            steps.step(next.name() + " writes " + next.said, draft.done());
        }
        if (role.isGateOpen() && peer.said.length() > role.releasedOffset()) {
            change(
                    state,
                    at,
                    steps,
                    " lets out through the open gate",
                    primary(
                            new PrimaryEvent.OutputWritten(
                                    peer.fillingEpoch, peer.said.length(), 0),
                            QUIET));
        }
        int open = openWire(state, at, peer);
        if (open >= 0
                && !peer.isFrozen
                && peer.inFlight < IN_FLIGHT_MAX
                && peer.fillingEpoch <= bounds.epochs()) {
            capture(state, at, open, peer.isCopied, steps);
            if (!peer.isCopied) {
                capture(state, at, open, true, steps);
            }
        }
    }

    private static int openWire(State state, int at, Peer peer) {
        for (int i = 0; i < state.wires.size(); i++) {
            Wire wire = state.wires.get(i);
            if (wire.from() == at
                    && wire.fromLife() == peer.life
                    && wire.stage() == Wire.Stage.OPEN
                    && !wire.primaryGone()) {
                return i;
            }
        }
        return -1;
    }

    private void capture(State state, int at, int wire, boolean completes, Steps steps) {
        Draft draft = new Draft(state);
        Peer next = draft.change(at);
        PrimaryRole role = next.primary;
        Wire open = draft.wires.get(wire);
        if (role == null) {
            return;
        }
        long epoch = next.fillingEpoch++;
        next.isCopied |= completes;
        next.inFlight++;
        if (!open.backupGone()) {
            draft.wires.set(
                    wire,
                    open.withFrames(
                            Wire.plus(
                                    open.frames(),
                                    new Wire.Frame(role.term(), epoch, next.said, completes))));
        }
        performer.feed(
                draft,
                next,
                new PrimaryEvent.EpochCaptured(open.id(), epoch, next.said.length(), 0, completes),
                QUIET);
        if (next.isFreezeWanted) {
            next.isFrozen = true;
            performer.feed(draft, next, new PrimaryEvent.GuestFrozen(open.id(), epoch), QUIET);
        }
        steps.step(
                "%s captures epoch %d%s".formatted(next.name(), epoch, completes ? "" : ", partly"),
                draft.done());
    }

    private void switchover(State state, int at, Steps steps) {
        Draft draft = new Draft(state);
        draft.switchovers--;
        Peer next = draft.change(at);
        Incarnation successor = next.draw();
        performer.feed(draft, next, new PrimaryEvent.SwitchoverWanted(successor), QUIET);
        steps.step(next.name() + " is to hand over", draft.done());
    }

    private void crash(State state, int at, Steps steps) {
        Draft draft = new Draft(state);
        draft.crashes--;
        Peer next = draft.change(at);
        String label = next.name() + " crashes";
        int life = next.life;
        next.primary = null;
        next.backup = null;
        next.image = null;
        next.imageEpoch = 0;
        next.blank();
        for (int i = 0; i < draft.wires.size(); i++) {
            Wire wire = draft.wires.get(i);
            if (wire.from() == at && wire.fromLife() == life) {
                wire = wire.withoutPrimary();
            }
            if (wire.to() == at && wire.toLife() == life) {
                wire = wire.withoutBackup();
            }
            draft.wires.set(i, wire);
        }
        steps.step(label, draft.done());
    }

    private void restart(State state, int at, Steps steps) {
        Draft draft = new Draft(state);
        draft.restarts--;
        Peer next = draft.change(at);
        next.life++;
        next.bornDrawn = next.drawn;
        next.bornTerm = state.register().term();
        String kept = next.keptImage;
        Incarnation keptSelf = next.keptSelf;
        if (kept != null && keptSelf != null) {
            next.self = keptSelf;
            next.backup =
                    BackupRole.holding(
                            keptSelf,
                            next.draws(),
                            Performer.TIMING,
                            rules,
                            Performer.LINEAGE,
                            1,
                            next.keptEpoch,
                            kept.length(),
                            0);
            next.image = kept;
            next.imageEpoch = next.keptEpoch;
        } else {
            performer.standBy(next, 0);
        }
        steps.step(next.name() + " restarts", draft.done());
    }

    private void witness(State state, Request request, Steps steps) {
        RegisterRules.Decision decision =
                registerRules.decide(
                        state.register(),
                        new RegisterRequest(
                                0,
                                Performer.LINEAGE,
                                request.expectedTerm(),
                                request.caller(),
                                request.operation()));
        if (decision instanceof RegisterRules.Accepted(Register next)
                && state.registers.size() < bounds.terms()) {
            InvariantsOfStates.registerChanges(state.register(), next);
            Draft draft = new Draft(state);
            draft.registers = Wire.plus(state.registers, next);
            if (rules.enforces(TERM_IS_COMPARED)) {
                draft.requests.removeIf(each -> each.expectedTerm() < next.term());
            }
            steps.step("register: %s by %s".formatted(next, request.operation()), draft.done());
        }
        if (!rules.enforces(LOST_REGISTER_IS_SILENT) && state.registers.size() < bounds.terms()) {
            Draft draft = new Draft(state);
            draft.registers =
                    Wire.plus(
                            state.registers,
                            new Register(
                                    Performer.LINEAGE,
                                    state.register().term() + 1,
                                    request.caller(),
                                    null,
                                    0));
            steps.step("register made up for " + request.caller(), draft.done());
        }
    }

    private void wire(State state, int at, Wire wire, Steps steps) {
        Peer from = state.peers.get(wire.from());
        boolean isFromThere = from.life == wire.fromLife() && from.primary != null;
        switch (wire.stage()) {
            case DIALLED -> {
                if (isFromThere && !wire.primaryGone()) {
                    dialFails(state, at, wire, steps);
                }
                hello(state, at, wire, steps);
            }
            case LATE -> hello(state, at, wire, steps);
            case TAKEN -> {
                if (isFromThere && !wire.primaryGone() && !wire.backupGone()) {
                    welcome(state, at, wire, steps);
                }
                if (isFromThere && !wire.primaryGone()) {
                    dialFails(state, at, wire, steps);
                }
            }
            case OPEN -> {
                if (isFromThere && !wire.primaryGone()) {
                    primaryNotices(state, at, wire, steps);
                }
                if (isFromThere && !wire.acks().isEmpty()) {
                    ack(state, at, wire, steps);
                }
            }
        }
        if (wire.to() >= 0 && !wire.backupGone()) {
            Peer to = state.peers.get(wire.to());
            if (to.life == wire.toLife()) {
                backupSide(state, at, wire, to, steps);
            }
        }
    }

    private void hello(State state, int at, Wire wire, Steps steps) {
        for (int i = 0; i < state.peers.size(); i++) {
            Peer to = state.peers.get(i);
            if (i == wire.from() || !to.isUp()) {
                continue;
            }
            Draft draft = new Draft(state);
            Peer next = draft.change(i);
            if (next.primary != null) {
                performer.feed(
                        draft,
                        next,
                        new PrimaryEvent.CheckpointOffered(wire.id(), wire.source(), wire.term()),
                        QUIET);
                draft.wires.set(at, wire.taken(i, next.life, next.self).withoutBackup());
            } else {
                performer.feed(
                        draft,
                        next,
                        new BackupEvent.SessionOffered(
                                wire.id(),
                                Performer.LINEAGE,
                                wire.source(),
                                wire.term(),
                                wire.call()),
                        QUIET,
                        at,
                        null);
            }
            steps.step(
                    "%s hears a Hello of %s".formatted(next.name(), wire.source()), draft.done());
        }
    }

    private void dialFails(State state, int at, Wire wire, Steps steps) {
        Draft draft = new Draft(state);
        Peer next = draft.change(wire.from());
        boolean isLate = wire.stage() == Wire.Stage.DIALLED && bounds.hellosComeLate();
        draft.wires.set(at, isLate ? wire.late() : wire.withoutPrimary());
        performer.feed(draft, next, new PrimaryEvent.DialFailed(""), QUIET);
        steps.step(next.name() + " fails to dial", draft.done());
    }

    private void welcome(State state, int at, Wire wire, Steps steps) {
        Incarnation peer = wire.peer();
        if (peer == null) {
            return;
        }
        Draft draft = new Draft(state);
        Peer next = draft.change(wire.from());
        draft.wires.set(at, wire.opened());
        performer.feed(draft, next, new PrimaryEvent.SessionOpened(wire.id(), peer), QUIET);
        steps.step("%s has a session with %s".formatted(next.name(), peer), draft.done());
    }

    private void primaryNotices(State state, int at, Wire wire, Steps steps) {
        Draft draft = new Draft(state);
        Peer next = draft.change(wire.from());
        draft.wires.set(at, wire.withoutPrimary());
        performer.feed(draft, next, new PrimaryEvent.SessionClosed(wire.id(), ""), QUIET);
        steps.step(
                "%s notices the end of session %d".formatted(next.name(), wire.id()), draft.done());
    }

    private void ack(State state, int at, Wire wire, Steps steps) {
        Draft draft = new Draft(state);
        Peer next = draft.change(wire.from());
        Wire.Ack first = wire.acks().getFirst();
        draft.wires.set(at, wire.withAcks(Wire.withoutFirst(wire.acks())));
        performer.feed(
                draft,
                next,
                new PrimaryEvent.Acknowledged(
                        wire.id(), first.source(), first.destination(), first.epoch()),
                QUIET);
        steps.step(
                "%s hears ack %d of %s".formatted(next.name(), first.epoch(), first.source()),
                draft.done());
    }

    private void backupSide(State state, int at, Wire wire, Peer to, Steps steps) {
        if (to.backup == null) {
            return;
        }
        if (!wire.frames().isEmpty()) {
            frame(state, at, wire, steps);
        } else if (wire.offer() != null) {
            offer(state, at, wire, steps);
        }
        Draft draft = new Draft(state);
        Peer next = draft.change(wire.to());
        draft.wires.set(at, wire.withoutBackup());
        performer.feed(draft, next, new BackupEvent.SessionClosed(wire.id(), ""), QUIET);
        steps.step(
                "%s notices the end of session %d".formatted(next.name(), wire.id()), draft.done());
    }

    private void frame(State state, int at, Wire wire, Steps steps) {
        Draft draft = new Draft(state);
        Peer next = draft.change(wire.to());
        Wire.Frame first = wire.frames().getFirst();
        draft.wires.set(at, wire.withFrames(Wire.withoutFirst(wire.frames())));
        BackupRole role = next.backup;
        if (role != null
                && role.acknowledgedEpoch() >= 0
                && !rules.enforces(EPOCH_IS_WHOLE_BEFORE_ACKNOWLEDGEMENT)) {
            // Acknowledged at its beginning, and its end never comes.
            Wire now = draft.wires.get(at);
            Wire.Ack early = new Wire.Ack(role.self(), wire.source(), first.epoch());
            draft.wires.set(at, now.withAcks(Wire.plus(now.acks(), early)));
            steps.step(next.name() + " acknowledges the beginning of an epoch", draft.done());
            return;
        }
        performer.feed(
                draft,
                next,
                new BackupEvent.EpochStaged(
                        wire.id(),
                        Math.max(first.term(), role == null ? 0 : role.term()),
                        first.epoch(),
                        first.said().length(),
                        first.completes()),
                QUIET,
                at,
                first.completes() || next.image != null ? first.said() : null);
        steps.step("%s stages epoch %d".formatted(next.name(), first.epoch()), draft.done());
    }

    private void offer(State state, int at, Wire wire, Steps steps) {
        Wire.Offer offer = wire.offer();
        if (offer == null) {
            return;
        }
        Draft draft = new Draft(state);
        Peer next = draft.change(wire.to());
        draft.wires.set(at, wire.withOffer(null));
        performer.feed(
                draft,
                next,
                new BackupEvent.MachineOffered(
                        wire.id(), offer.term(), offer.epoch(), offer.successor()),
                QUIET);
        steps.step(next.name() + " is offered the machine", draft.done());
    }

    /** What is to be done with a node of a draft. */
    private interface Deed {
        void on(Draft draft, Peer peer);
    }

    private Deed primary(PrimaryEvent event, long nowNs) {
        return (draft, peer) -> performer.feed(draft, peer, event, nowNs);
    }

    private Deed backup(BackupEvent event, long nowNs) {
        return (draft, peer) -> performer.feed(draft, peer, event, nowNs);
    }

    private static void change(State state, int at, Steps steps, String label, Deed deed) {
        Draft draft = new Draft(state);
        Peer next = draft.change(at);
        deed.on(draft, next);
        steps.step(next.name() + label, draft.done());
    }
}
