package io.understudy.replication.role;

import io.understudy.replication.role.PrimaryAction.AnswerSwitchover;
import io.understudy.replication.role.PrimaryAction.BecomeBackup;
import io.understudy.replication.role.PrimaryAction.FreezeGuest;
import io.understudy.replication.role.PrimaryAction.OfferMachine;
import io.understudy.replication.role.PrimaryAction.ResumeGuest;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;

/**
 * One attempt to give the machine to the backup (docs/PROTOCOL.md rule 12): freeze at epoch k, wait
 * until k is acknowledged and released, offer the machine. Until the offer was sent the attempt can
 * be dropped; from then on only a higher term ends it.
 */
final class Handing {
    private static final long NOT_FROZEN = -1;

    private final Incarnation successor;
    private final long begunNs;
    private final Decisions<PrimaryAction> decisions;
    private long frozenEpoch = NOT_FROZEN;
    private boolean isOffered;

    /**
     * @param successor who this node is once it has become the backup
     */
    Handing(Incarnation successor, long begunNs, Decisions<PrimaryAction> decisions) {
        this.successor = successor;
        this.begunNs = begunNs;
        this.decisions = decisions;
    }

    Handing copy(long nowNs, Decisions<PrimaryAction> others) {
        Handing copy = new Handing(successor, nowNs, others);
        copy.frozenEpoch = frozenEpoch;
        copy.isOffered = isOffered;
        return copy;
    }

    void encode(StateSink out) {
        out.incarnation(successor);
        out.number(frozenEpoch);
        out.flag(isOffered);
    }

    boolean isOffered() {
        return isOffered;
    }

    long ageNs(long nowNs) {
        return nowNs - begunNs;
    }

    /** Whether the register says that the offer was taken. */
    boolean isTakenBy(Register answer) {
        return answer.names(successor);
    }

    void freezeGuest(long session) {
        decisions.add(new FreezeGuest(session));
    }

    /** The guest stands still since this epoch; only the first word of it counts. */
    void frozen(long epoch, OutputCommit commit, long term) {
        if (frozenEpoch == NOT_FROZEN) {
            frozenEpoch = epoch;
            offerIfCovered(commit, term);
        }
    }

    /** Offers the machine as soon as the peer has every epoch there is. */
    void offerIfCovered(OutputCommit commit, long term) {
        boolean isCovered = frozenEpoch != NOT_FROZEN && commit.acknowledged() >= frozenEpoch;
        if (commit.hasSession() && !isOffered && isCovered) {
            offer(commit.sessionId(), term, frozenEpoch);
        }
    }

    void offer(long session, long term, long epoch) {
        frozenEpoch = epoch;
        isOffered = true;
        decisions.add(new OfferMachine(session, term, epoch, successor));
    }

    /** The predecessor has every epoch up to the offered one, frozen, in its machine. */
    void taken(Register answer, long releasedOffset, String sentence) {
        answer(true, sentence);
        decisions.add(new BecomeBackup(successor, answer, frozenEpoch, releasedOffset));
    }

    /** Nobody takes the machine, and nobody can any more: the guest goes on here. */
    void cancelled(String sentence) {
        decisions.add(new ResumeGuest());
        answer(false, sentence);
    }

    /** The machine is elsewhere, however it got there. */
    void overtaken(String sentence) {
        answer(true, sentence);
    }

    private void answer(boolean isDone, String sentence) {
        decisions.add(new AnswerSwitchover(isDone, sentence));
    }
}
