package io.understudy.replication.role;

import static io.understudy.replication.rule.ProtocolRule.NAMED_BACKUP_PROMOTES;
import static io.understudy.replication.rule.ProtocolRule.SAME_TERM_RESOLVES_NOTHING;

import io.understudy.replication.role.BackupAction.AskWitness;
import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterOperation.Handover;
import io.understudy.replication.witness.RegisterOperation.Promote;
import io.understudy.replication.witness.RegisterOperation.Read;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a backup knows of the register and asks of it, on the way to the machine (docs/PROTOCOL.md
 * rules 6, 7 and 9): first a read, then a PROMOTE; or a HANDOVER, if the holder offered it (rule
 * 12).
 */
final class Claim {
    /** What a register says to a node that claims the machine. */
    enum Ruling {
        /** Nothing: it is old, or a request under way may still be accepted. */
        OPEN,
        /** The machine is this node's. */
        WON,
        /** It was offered, and the offer was taken back. */
        OFFER_CANCELLED,
        /** This node is the named backup, and may ask. */
        NAMED,
        /** Somebody else's turn. */
        NOT_NAMED
    }

    private final RoleTiming timing;
    private final RuleBook rules;
    private final Decisions<BackupAction> decisions;
    private final ImageCustody image;
    private long term;
    private long askAtNs;

    /** Term that a PROMOTE or HANDOVER under way expects, 0 for none. */
    private long expectedTerm;

    /** The primary's next incarnation, while it is a HANDOVER that is under way. */
    private @Nullable Incarnation successor;

    /**
     * @param knownTerm highest term this process has seen, 0 at its start
     */
    Claim(
            RoleTiming timing,
            RuleBook rules,
            Decisions<BackupAction> decisions,
            ImageCustody image,
            long knownTerm) {
        this.timing = timing;
        this.rules = rules;
        this.decisions = decisions;
        this.image = image;
        this.term = knownTerm;
    }

    /** The same, with everything due at 0. */
    Claim copy(Decisions<BackupAction> others, ImageCustody its) {
        Claim copy = new Claim(timing, rules, others, its, term);
        copy.expectedTerm = expectedTerm;
        copy.successor = successor;
        return copy;
    }

    void encode(StateSink out) {
        out.number(term);
        out.number(expectedTerm);
        out.incarnation(successor);
    }

    /** Highest term heard of. */
    long term() {
        return term;
    }

    void heardOf(long otherTerm) {
        term = Math.max(term, otherTerm);
    }

    /** Terms are counted anew: those of another lineage say nothing, or a session tells its own. */
    void restartAt(long otherTerm) {
        term = otherTerm;
    }

    boolean isDue(long nowNs) {
        return nowNs >= askAtNs;
    }

    /** Whether something is under way that may make this node the holder. */
    boolean isAsked() {
        return expectedTerm != 0;
    }

    boolean isHandOver() {
        return successor != null;
    }

    void read(long nowNs) {
        ask(0, new Read(), nowNs);
    }

    /** Rule 9: this node is the named backup at the term known. */
    void promote(long nowNs) {
        expectedTerm = term;
        request(nowNs);
    }

    /**
     * Rule 12.
     *
     * @param next who the holder will be as the backup
     */
    void takeOver(long offeredTerm, Incarnation next, long nowNs) {
        term = offeredTerm;
        successor = next;
        expectedTerm = offeredTerm;
        request(nowNs);
    }

    /** No answer came, or none that resolves anything. */
    void askAgain(long nowNs) {
        if (isAsked()) {
            request(nowNs);
        } else {
            read(nowNs);
        }
    }

    void giveUp(long nowNs) {
        expectedTerm = 0;
        successor = null;
        askAtNs = nowNs + timing.retryNs();
    }

    /** Rules 6, 7 and 9. */
    Ruling judge(Register register) {
        if (isAsked()
                && register.term() <= expectedTerm
                && rules.enforces(SAME_TERM_RESOLVES_NOTHING)) {
            // The request may still be accepted.
            return Ruling.OPEN;
        }
        if (register.term() < term) {
            // An old read. Nothing it says is still true.
            return Ruling.OPEN;
        }
        term = register.term();
        if (register.isHeldBy(image.self())) {
            return Ruling.WON;
        }
        if (isHandOver()) {
            return Ruling.OFFER_CANCELLED;
        }
        return register.names(image.self()) || !rules.enforces(NAMED_BACKUP_PROMOTES)
                ? Ruling.NAMED
                : Ruling.NOT_NAMED;
    }

    private void request(long nowNs) {
        Incarnation next = successor;
        long epoch = image.acknowledgedEpoch();
        ask(expectedTerm, next == null ? new Promote(epoch) : new Handover(epoch, next), nowNs);
    }

    private void ask(long expected, RegisterOperation operation, long nowNs) {
        UUID lineage = image.lineage();
        if (lineage != null) {
            askAtNs = nowNs + timing.retryNs();
            decisions.add(new AskWitness(lineage, expected, operation));
        }
    }
}
