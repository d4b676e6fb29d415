package io.understudy.replication.witness;

import static io.understudy.replication.rule.ProtocolRule.FLOOR_IS_MET;
import static io.understudy.replication.rule.ProtocolRule.NAMED_BACKUP_PROMOTES;
import static io.understudy.replication.rule.ProtocolRule.TERM_IS_COMPARED;
import static io.understudy.replication.rule.ProtocolRule.TERM_RISES;

import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.RegisterOperation.Bump;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterOperation.Handover;
import io.understudy.replication.witness.RegisterOperation.Pair;
import io.understudy.replication.witness.RegisterOperation.Promote;
import io.understudy.replication.witness.RegisterOperation.Read;
import io.understudy.replication.witness.RegisterOperation.Solo;
import org.jspecify.annotations.Nullable;

/**
 * Which changes of the register are legal (docs/PROTOCOL.md, table of "Register"). Pure and total:
 * every request gets an answer in every state, and what is not listed is refused.
 *
 * <p>Invariants, by construction: the term grows by one with each accepted operation and only then
 * (I5); a lineage is created once; only the named backup with everything that was released becomes
 * the holder.
 */
public final class RegisterRules {
    /** What becomes of a request. */
    public sealed interface Decision {}

    /** The register is to become {@code next}, durably, before the caller hears of it. */
    public record Accepted(Register next) implements Decision {}

    /** The register stays as it is. */
    public record Refused(Register current, String reason) implements Decision {}

    /** The witness knows nothing of this lineage, which a caller must take as no answer at all. */
    public record Unknown(String reason) implements Decision {}

    private final RuleBook rules;

    /**
     * @param rules {@link RuleBook#ENFORCED}, except to show what breaks without one
     */
    public RegisterRules(RuleBook rules) {
        this.rules = rules;
    }

    /**
     * @param current what the witness holds; null if it was initialised and never asked to create
     */
    public Decision decide(@Nullable Register current, RegisterRequest request) {
        if (current == null) {
            return request.operation() instanceof Create && request.expectedTerm() == 0
                    ? new Accepted(new Register(request.lineage(), 1, request.caller(), null, 0))
                    : new Unknown("no lineage was created at this witness yet");
        }
        if (!current.lineage().equals(request.lineage())) {
            return new Unknown(
                    "this witness serves lineage %s, not %s"
                            .formatted(current.lineage(), request.lineage()));
        }
        if (request.operation() instanceof Read) {
            return new Refused(current, "");
        }
        if (request.operation() instanceof Create) {
            return new Refused(current, "this lineage exists already");
        }
        if (current.term() != request.expectedTerm() && rules.enforces(TERM_IS_COMPARED)) {
            return new Refused(
                    current,
                    "the register has term %d, not %d"
                            .formatted(current.term(), request.expectedTerm()));
        }
        return decideAtTerm(current, request.caller(), request.operation());
    }

    private Decision decideAtTerm(
            Register current, Incarnation caller, RegisterOperation operation) {
        return switch (operation) {
            case Read read -> new Refused(current, "");
            case Create create -> new Refused(current, "this lineage exists already");
            case Pair pair -> pair(current, caller, pair);
            case Solo solo -> solo(current, caller);
            case Promote promote -> promote(current, caller, promote);
            case Handover handover -> handover(current, caller, handover);
            case Bump bump -> bump(current, caller);
        };
    }

    private Decision pair(Register current, Incarnation caller, Pair pair) {
        if (!current.isHeldBy(caller)) {
            return notHolder(current, caller);
        }
        if (current.mode() != Register.Mode.SOLO) {
            return new Refused(current, "the holder has a backup already");
        }
        if (pair.backup().equals(caller)) {
            return new Refused(current, "the holder cannot be its own backup");
        }
        if (pair.released() < 0) {
            return new Refused(current, "no epoch has the number " + pair.released());
        }
        return accepted(current, caller, pair.backup(), pair.released());
    }

    private Decision solo(Register current, Incarnation caller) {
        if (!current.isHeldBy(caller)) {
            return notHolder(current, caller);
        }
        if (current.mode() != Register.Mode.PAIRED) {
            return new Refused(current, "the holder is alone already");
        }
        return accepted(current, caller, null, current.floor());
    }

    private Decision promote(Register current, Incarnation caller, Promote promote) {
        if (!current.names(caller) && rules.enforces(NAMED_BACKUP_PROMOTES)) {
            return new Refused(current, caller + " is not the named backup");
        }
        if (promote.acknowledged() < current.floor() && rules.enforces(FLOOR_IS_MET)) {
            return new Refused(
                    current,
                    "epoch %d was released, %s has acknowledged only %d"
                            .formatted(current.floor(), caller, promote.acknowledged()));
        }
        return accepted(current, caller, null, current.floor());
    }

    private Decision handover(Register current, Incarnation caller, Handover handover) {
        if (!current.names(caller)) {
            return new Refused(current, caller + " is not the named backup");
        }
        if (handover.epoch() < current.floor()) {
            return new Refused(
                    current,
                    "epoch %d was released, a hand-over at epoch %d would lose it"
                            .formatted(current.floor(), handover.epoch()));
        }
        Incarnation holder = current.holder();
        Incarnation successor = handover.successor();
        if (successor.equals(holder) || !successor.nodeId().equals(holder.nodeId())) {
            return new Refused(
                    current,
                    "%s is no next incarnation of the holder %s".formatted(successor, holder));
        }
        return accepted(current, caller, successor, handover.epoch());
    }

    private Decision bump(Register current, Incarnation caller) {
        if (!current.isHeldBy(caller)) {
            return notHolder(current, caller);
        }
        return accepted(current, caller, current.backup(), current.floor());
    }

    private Decision accepted(
            Register current, Incarnation holder, @Nullable Incarnation backup, long floor) {
        long term = rules.enforces(TERM_RISES) ? current.term() + 1 : current.term();
        return new Accepted(new Register(current.lineage(), term, holder, backup, floor));
    }

    private static Decision notHolder(Register current, Incarnation caller) {
        return new Refused(current, caller + " is not the holder");
    }
}
