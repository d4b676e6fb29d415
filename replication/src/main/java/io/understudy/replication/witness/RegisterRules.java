package io.understudy.replication.witness;

import io.understudy.replication.witness.RegisterOperation.Bump;
import io.understudy.replication.witness.RegisterOperation.Create;
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

    private RegisterRules() {}

    /**
     * @param current what the witness holds; null if it was initialised and never asked to create
     */
    public static Decision decide(@Nullable Register current, RegisterRequest request) {
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
        if (current.term() != request.expectedTerm()) {
            return new Refused(
                    current,
                    "the register has term %d, not %d"
                            .formatted(current.term(), request.expectedTerm()));
        }
        return decideAtTerm(current, request.caller(), request.operation());
    }

    private static Decision decideAtTerm(
            Register current, Incarnation caller, RegisterOperation operation) {
        return switch (operation) {
            case Read read -> new Refused(current, "");
            case Create create -> new Refused(current, "this lineage exists already");
            case Pair pair -> pair(current, caller, pair);
            case Solo solo -> solo(current, caller);
            case Promote promote -> promote(current, caller, promote);
            case Bump bump -> bump(current, caller);
        };
    }

    private static Decision pair(Register current, Incarnation caller, Pair pair) {
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

    private static Decision solo(Register current, Incarnation caller) {
        if (!current.isHeldBy(caller)) {
            return notHolder(current, caller);
        }
        if (current.mode() != Register.Mode.PAIRED) {
            return new Refused(current, "the holder is alone already");
        }
        return accepted(current, caller, null, current.floor());
    }

    private static Decision promote(Register current, Incarnation caller, Promote promote) {
        if (!current.names(caller)) {
            return new Refused(current, caller + " is not the named backup");
        }
        if (promote.acknowledged() < current.floor()) {
            return new Refused(
                    current,
                    "epoch %d was released, %s has acknowledged only %d"
                            .formatted(current.floor(), caller, promote.acknowledged()));
        }
        return accepted(current, caller, null, current.floor());
    }

    private static Decision bump(Register current, Incarnation caller) {
        if (!current.isHeldBy(caller)) {
            return notHolder(current, caller);
        }
        return accepted(current, caller, current.backup(), current.floor());
    }

    private static Decision accepted(
            Register current, Incarnation holder, @Nullable Incarnation backup, long floor) {
        return new Accepted(
                new Register(current.lineage(), current.term() + 1, holder, backup, floor));
    }

    private static Decision notHolder(Register current, Incarnation caller) {
        return new Refused(current, caller + " is not the holder");
    }
}
