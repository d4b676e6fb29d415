package io.understudy.replication.witness;

import io.understudy.replication.witness.RegisterRules.Accepted;
import io.understudy.replication.witness.RegisterRules.Refused;
import io.understudy.replication.witness.RegisterRules.Unknown;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything that a witness keeps: the register, and the last requests that changed it with what
 * each made of it. Pure: the same requests in the same order make the same ledger, on every peer.
 *
 * <p>An accepted request that comes again, because its caller or the way to the witness repeated
 * it, gets the answer that it got; it would be refused otherwise, for a term that it raised itself.
 * A refused one is decided again, and is refused again: nobody can expect a term before it exists.
 *
 * @param register null if the witness was initialised and no lineage was created yet
 * @param answered accepted requests, newest last
 */
public record Ledger(@Nullable Register register, List<Answered> answered) {
    /** Requests that are remembered: many times what can still be under way. */
    public static final int ANSWERED_MAX = 32;

    public static final Ledger EMPTY = new Ledger(null, List.of());

    /** An accepted request and what the register became by it. */
    public record Answered(RegisterRequest request, Register result) {}

    /**
     * What becomes of a request.
     *
     * @param next the ledger afterwards, which must be durable before the caller hears of it; the
     *     same object if nothing changed
     * @param ok whether the operation was accepted, now or when it came first
     * @param register what the caller is told of the register; null: nothing, as from a witness
     *     that is not there
     * @param reason why not, or empty
     */
    public record Outcome(Ledger next, boolean ok, @Nullable Register register, String reason) {}

    public Ledger {
        if (answered.size() > ANSWERED_MAX) {
            throw new IllegalArgumentException(
                    "a ledger remembers %d requests, not %d"
                            .formatted(ANSWERED_MAX, answered.size()));
        }
        answered = List.copyOf(answered);
    }

    /** Decides one request. */
    public Outcome take(RegisterRequest request, RegisterRules rules) {
        for (Answered each : answered) {
            if (each.request().equals(request)) {
                return new Outcome(this, true, each.result(), "");
            }
        }
        return switch (rules.decide(register, request)) {
            case Unknown(String reason) -> new Outcome(this, false, null, reason);
            case Refused(Register current, String reason) ->
                    new Outcome(this, false, current, reason);
            case Accepted(Register next) ->
                    new Outcome(accepted(new Answered(request, next)), true, next, "");
        };
    }

    private Ledger accepted(Answered newest) {
        List<Answered> all = new ArrayList<>(answered);
        if (all.size() == ANSWERED_MAX) {
            all.removeFirst();
        }
        all.add(newest);
        return new Ledger(newest.result(), all);
    }
}
