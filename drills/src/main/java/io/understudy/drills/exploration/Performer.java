package io.understudy.drills.exploration;

import io.understudy.drills.exploration.State.Draft;
import io.understudy.drills.exploration.State.Request;
import io.understudy.replication.role.BackupAction;
import io.understudy.replication.role.BackupEvent;
import io.understudy.replication.role.BackupRole;
import io.understudy.replication.role.PrimaryAction;
import io.understudy.replication.role.PrimaryEvent;
import io.understudy.replication.role.PrimaryRole;
import io.understudy.replication.role.RoleTiming;
import io.understudy.replication.rule.ProtocolRule;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterOperation.Read;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Feeds roles and does what they want, in the draft of a state. */
final class Performer {
    /** Silence counts from 0 on: a tick at 0 finds nobody silent, one at 1 everybody. */
    static final RoleTiming TIMING = new RoleTiming(0, 0, 0);

    static final UUID LINEAGE = new UUID(0, 1);

    private final Bounds bounds;
    private final RuleBook rules;

    Performer(Bounds bounds, RuleBook rules) {
        this.bounds = bounds;
        this.rules = rules;
    }

    void feed(Draft draft, Peer peer, PrimaryEvent event, long nowNs) {
        PrimaryRole role = peer.primary;
        if (role == null) {
            return;
        }
        for (PrimaryAction action : role.step(event, nowNs)) {
            perform(draft, peer, role, action);
        }
    }

    void feed(Draft draft, Peer peer, BackupEvent event, long nowNs) {
        feed(draft, peer, event, nowNs, -1, null);
    }

    /**
     * @param wire index of the connection that the event came by, -1 for none
     * @param said output that a staged epoch covers
     */
    void feed(
            Draft draft,
            Peer peer,
            BackupEvent event,
            long nowNs,
            int wire,
            @Nullable String said) {
        BackupRole role = peer.backup;
        if (role == null) {
            return;
        }
        List<BackupAction> actions = role.step(event, nowNs);
        for (BackupAction action : actions) {
            perform(draft, peer, role, action, wire, said);
        }
        if (peer.primary == null) {
            peer.self = role.self();
        }
    }

    private void perform(Draft draft, Peer peer, PrimaryRole role, PrimaryAction action) {
        switch (action) {
            case PrimaryAction.AskWitness(long expected, var operation) ->
                    ask(draft, peer.self, expected, operation);
            case PrimaryAction.RunGuest run -> peer.isRunning = true;
            case PrimaryAction.Dial(long call) -> {
                if (draft.sessions < bounds.sessions()) {
                    draft.sessions++;
                    draft.wires.add(
                            Wire.dial(
                                    draft.sessions,
                                    peer.index,
                                    peer.life,
                                    peer.self,
                                    role.term(),
                                    call));
                }
            }
            case PrimaryAction.StartFullCopy copy -> peer.isCopied = false;
            case PrimaryAction.CloseSession(long id, String reason) -> closePrimary(draft, id);
            case PrimaryAction.Settle settle -> peer.inFlight = 0;
            case PrimaryAction.Release(long epoch, long offset, long input) ->
                    draft.emitted = InvariantsOfStates.released(peer, draft.emitted, (int) offset);
            case PrimaryAction.AbortEpochs abort -> peer.inFlight = 0;
            case PrimaryAction.Fence fence -> {
                peer.blank();
                standBy(peer, role.term());
            }
            case PrimaryAction.AnswerStale stale -> {}
            case PrimaryAction.FreezeGuest freeze -> peer.isFreezeWanted = true;
            case PrimaryAction.ResumeGuest resume -> {
                peer.isFreezeWanted = false;
                peer.isFrozen = false;
            }
            case PrimaryAction.OfferMachine(long id, long term, long epoch, var successor) -> {
                for (int i = 0; i < draft.wires.size(); i++) {
                    Wire wire = draft.wires.get(i);
                    if (wire.id() == id) {
                        draft.wires.set(i, wire.withOffer(new Wire.Offer(term, epoch, successor)));
                    }
                }
            }
            case PrimaryAction.BecomeBackup(var successor, Register register, long epoch, long o) ->
                    becomeBackup(peer, successor, register, epoch, o);
            case PrimaryAction.AnswerSwitchover answer -> {}
        }
    }

    private void becomeBackup(
            Peer peer, Incarnation successor, Register register, long epoch, long offset) {
        String said = peer.said;
        peer.blank();
        peer.primary = null;
        peer.self = successor;
        peer.backup =
                BackupRole.holding(
                        successor,
                        peer.draws(),
                        TIMING,
                        rules,
                        LINEAGE,
                        register.term(),
                        epoch,
                        offset,
                        0);
        peer.image = said;
        peer.imageEpoch = epoch;
    }

    void standBy(Peer peer, long knownTerm) {
        peer.primary = null;
        peer.image = null;
        peer.imageEpoch = 0;
        BackupRole role = BackupRole.standby(peer.draws(), TIMING, rules, knownTerm);
        peer.backup = role;
        peer.self = role.self();
    }

    private static void closePrimary(Draft draft, long id) {
        for (int i = 0; i < draft.wires.size(); i++) {
            if (draft.wires.get(i).id() == id) {
                draft.wires.set(i, draft.wires.get(i).withoutPrimary());
            }
        }
    }

    private void perform(
            Draft draft,
            Peer peer,
            BackupRole role,
            BackupAction action,
            int at,
            @Nullable String said) {
        switch (action) {
            case BackupAction.AcceptSession(long id, Incarnation self) ->
                    draft.wires.set(at, draft.wires.get(at).taken(peer.index, peer.life, self));
            case BackupAction.RefuseSession refuse -> refuse(draft, peer, at);
            case BackupAction.AnswerStale(long id, long term) -> {
                if (at >= 0 && draft.wires.get(at).stage() == Wire.Stage.DIALLED) {
                    refuse(draft, peer, at);
                }
            }
            case BackupAction.CloseSession(long id, String reason) -> closeBackup(draft, id);
            case BackupAction.DropUnacknowledged drop -> {}
            case BackupAction.DiscardImage discard -> peer.image = null;
            case BackupAction.Acknowledge(long id, var destination, long epoch, boolean whole) -> {
                Wire wire = draft.wires.get(at);
                draft.wires.set(
                        at,
                        wire.withAcks(
                                Wire.plus(
                                        wire.acks(),
                                        new Wire.Ack(role.self(), destination, epoch))));
            }
            case BackupAction.Apply(long epoch) -> {
                if (role.acknowledgedEpoch() == epoch) {
                    apply(peer, epoch, said);
                }
            }
            case BackupAction.AskWitness(UUID lineage, long expected, var operation) ->
                    ask(draft, role.self(), expected, operation);
            case BackupAction.GoLive(UUID lineage, Register won, long epoch, long offset) ->
                    goLive(peer, won, epoch, (int) offset);
        }
    }

    /**
     * @param said null if what is applied is a mixture, whatever the role takes it for
     */
    private void apply(Peer peer, long epoch, @Nullable String said) {
        String old = peer.image;
        if (old != null && !rules.enforces(ProtocolRule.RESTART_IS_STANDBY)) {
            // What a disk keeps may be older than what was acknowledged.
            peer.keptImage = old;
            peer.keptEpoch = peer.imageEpoch;
            peer.keptSelf = peer.self;
        }
        peer.image = said;
        peer.imageEpoch = epoch;
    }

    private static void refuse(Draft draft, Peer by, int at) {
        draft.wires.set(at, draft.wires.get(at).taken(by.index, by.life, by.self).withoutBackup());
    }

    private static void closeBackup(Draft draft, long id) {
        for (int i = 0; i < draft.wires.size(); i++) {
            if (draft.wires.get(i).id() == id) {
                draft.wires.set(i, draft.wires.get(i).withoutBackup());
            }
        }
    }

    private void goLive(Peer peer, Register won, long epoch, int offset) {
        String image = peer.image;
        InvariantsOfStates.promoting(peer, image, epoch);
        peer.blank();
        peer.said = image == null ? "" : image.substring(0, offset);
        peer.fillingEpoch = epoch + 1;
        peer.isRunning = true;
        peer.image = null;
        peer.imageEpoch = 0;
        peer.primary =
                PrimaryRole.promoted(peer.self, TIMING, rules, true, won, epoch, offset, 0, 0);
        if (rules.enforces(ProtocolRule.LIVE_NODE_TAKES_NOTHING)) {
            peer.backup = null;
        }
    }

    private static void ask(
            Draft draft, Incarnation caller, long expected, RegisterOperation operation) {
        if (operation instanceof Read || expected < draft.register().term()) {
            // Reads change nothing, and what was overtaken never will.
            return;
        }
        Request request = new Request(caller, expected, operation);
        if (!draft.requests.contains(request)) {
            draft.requests.add(request);
        }
    }
}
