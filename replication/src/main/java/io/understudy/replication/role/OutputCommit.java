package io.understudy.replication.role;

import static io.understudy.replication.rule.ProtocolRule.ACKNOWLEDGEMENT_IS_OF_THE_PEER;
import static io.understudy.replication.rule.ProtocolRule.COPY_IS_WHOLE_BEFORE_ELIGIBLE;

import io.understudy.checkpoint.Invariant;
import io.understudy.replication.role.PrimaryAction.AbortEpochs;
import io.understudy.replication.role.PrimaryAction.CloseSession;
import io.understudy.replication.role.PrimaryAction.Settle;
import io.understudy.replication.role.PrimaryEvent.Acknowledged;
import io.understudy.replication.role.PrimaryEvent.EpochCaptured;
import io.understudy.replication.role.PrimaryEvent.OutputWritten;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import org.jspecify.annotations.Nullable;

/**
 * Output commit of a primary: the gate, the session with the peer, and what the peer has
 * acknowledged in it (docs/PROTOCOL.md rules 1 to 3). When the gate opens and closes, and who the
 * peer is, the role decides.
 *
 * <p>Invariant: with the gate closed nothing leaves beyond what the peer of the open session
 * acknowledged.
 */
final class OutputCommit {
    private final Incarnation self;
    private final RoleTiming timing;
    private final RuleBook rules;
    private final Decisions<PrimaryAction> decisions;
    private final OutputLedger ledger;
    private @Nullable PeerSession session;
    private boolean isGateOpen;

    /**
     * @param ledger what has left until now
     */
    OutputCommit(
            Incarnation self,
            RoleTiming timing,
            RuleBook rules,
            Decisions<PrimaryAction> decisions,
            OutputLedger ledger) {
        this.self = self;
        this.timing = timing;
        this.rules = rules;
        this.decisions = decisions;
        this.ledger = ledger;
    }

    /** The same, with the peer heard at 0. */
    OutputCommit copy(Decisions<PrimaryAction> others) {
        OutputCommit copy = new OutputCommit(self, timing, rules, others, ledger.copy());
        PeerSession open = session;
        copy.session = open == null ? null : open.copy(0);
        copy.isGateOpen = isGateOpen;
        return copy;
    }

    void encode(StateSink out) {
        ledger.encode(out);
        PeerSession open = session;
        out.flag(open != null);
        if (open != null) {
            open.encode(out);
        }
        out.flag(isGateOpen);
    }

    // The gate.

    boolean isGateOpen() {
        return isGateOpen;
    }

    void openGate() {
        isGateOpen = true;
    }

    void closeGate() {
        isGateOpen = false;
    }

    /** Last epoch of which any output has left. */
    long releasedEpoch() {
        return ledger.releasedEpoch();
    }

    long releasedOffset() {
        return ledger.releasedOffset();
    }

    long capturedEpoch() {
        return ledger.capturedEpoch();
    }

    void releaseOpen(OutputWritten written) {
        Invariant.check(isGateOpen, "only an open gate lets out what nobody acknowledged (rule 1)");
        ledger.releaseWritten(written.epoch(), written.outputOffset(), written.inputOffset())
                .ifPresent(decisions::add);
    }

    private void releaseAcknowledged() {
        ledger.releaseAcknowledged(acknowledged()).ifPresent(decisions::add);
    }

    // The session.

    boolean hasSession() {
        return session != null;
    }

    boolean isCurrent(long id) {
        PeerSession open = session;
        return open != null && open.id() == id;
    }

    /** The other side of the open session, null without one. */
    @Nullable Incarnation peer() {
        PeerSession open = session;
        return open == null ? null : open.peer();
    }

    /** Number of the open session, which there must be. */
    long sessionId() {
        return Invariant.present(session, "a session is open").id();
    }

    /** Last epoch that the peer acknowledged with a whole image, -1 for none. */
    long acknowledged() {
        PeerSession open = session;
        return open == null ? -1 : open.acknowledged();
    }

    /** Whether the peer has everything released (rule 5a). */
    boolean isReleasedCovered() {
        return ledger.isCoveredBy(acknowledged());
    }

    void open(long id, Incarnation peer, long nowNs) {
        session = new PeerSession(id, self, peer, nowNs);
    }

    void heard(long id, long nowNs) {
        PeerSession open = session;
        if (open != null && open.id() == id) {
            open.heard(nowNs);
        }
    }

    boolean isPeerSilent(long nowNs) {
        PeerSession open = session;
        return open != null && open.silentNs(nowNs) > timing.detectionNs();
    }

    String silence(long nowNs) {
        PeerSession open = session;
        return "%s was silent for %d ms"
                .formatted(
                        open == null ? "the backup" : open.peer(),
                        open == null ? 0 : open.silentNs(nowNs) / 1_000_000);
    }

    void close(String reason) {
        PeerSession open = session;
        if (open != null) {
            decisions.add(new CloseSession(open.id(), reason));
            drop();
        }
    }

    /** It is over already: nothing in flight will be acknowledged. */
    void drop() {
        session = null;
        ledger.abort();
        decisions.add(new AbortEpochs());
    }

    // Its epochs.

    /** Rules 3 and 13. Returns whether the epoch is one of the open session. */
    boolean enter(EpochCaptured captured) {
        PeerSession open = session;
        if (open == null || open.id() != captured.session()) {
            return false;
        }
        ledger.capture(captured.epoch(), captured.outputOffset(), captured.inputOffset());
        open.captured(
                captured.epoch(),
                captured.completesImage() || !rules.enforces(COPY_IS_WHOLE_BEFORE_ELIGIBLE));
        return true;
    }

    /** As {@link #enter}, behind a closed gate: it may have been acknowledged already. */
    void enterHeld(EpochCaptured captured) {
        if (enter(captured)) {
            releaseAcknowledged();
        }
    }

    /** Rule 2. Returns whether the acknowledgement counts. */
    boolean acknowledge(Acknowledged ack, long nowNs) {
        PeerSession open = session;
        if (open == null || ack.epoch() > ledger.capturedEpoch()) {
            return false;
        }
        if (!open.counts(ack) && rules.enforces(ACKNOWLEDGEMENT_IS_OF_THE_PEER)) {
            return false;
        }
        open.heard(nowNs);
        open.acknowledge(ack.epoch());
        if (!isGateOpen) {
            releaseAcknowledged();
        }
        if (ledger.settle(ack.epoch())) {
            decisions.add(new Settle(ack.epoch()));
        }
        return true;
    }
}
