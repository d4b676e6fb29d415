package io.understudy.replication.role;

import static io.understudy.replication.rule.ProtocolRule.ONLY_NEWER_TERMS_COUNT;
import static io.understudy.replication.rule.ProtocolRule.SAME_TERM_RESOLVES_NOTHING;

import io.understudy.replication.rule.RuleBook;
import io.understudy.replication.witness.Incarnation;
import io.understudy.replication.witness.Register;
import io.understudy.replication.witness.RegisterOperation;
import io.understudy.replication.witness.RegisterOperation.Bump;
import io.understudy.replication.witness.RegisterOperation.Create;
import io.understudy.replication.witness.RegisterOperation.Pair;
import io.understudy.replication.witness.RegisterOperation.Read;
import io.understudy.replication.witness.RegisterOperation.Solo;
import org.jspecify.annotations.Nullable;

/**
 * What a primary knows of the register, and what it has asked the witness (docs/PROTOCOL.md rules 6
 * to 8). Invariant: a PAIR counts as sent for as long as no higher term was seen.
 */
final class WitnessDialogue {
    private final Incarnation self;
    private final RoleTiming timing;
    private final RuleBook rules;
    private final Decisions<PrimaryAction> decisions;
    private long term;
    private @Nullable Register known;
    private boolean isPairSent;
    private long askAtNs;

    WitnessDialogue(
            Incarnation self,
            RoleTiming timing,
            RuleBook rules,
            Decisions<PrimaryAction> decisions) {
        this.self = self;
        this.timing = timing;
        this.rules = rules;
        this.decisions = decisions;
    }

    /** The same knowledge, with everything due at 0. */
    WitnessDialogue copy(Decisions<PrimaryAction> others) {
        WitnessDialogue copy = new WitnessDialogue(self, timing, rules, others);
        copy.term = term;
        copy.known = known;
        copy.isPairSent = isPairSent;
        return copy;
    }

    void encode(StateSink out) {
        out.number(term);
        out.register(known);
        out.flag(isPairSent);
    }

    /** Begins with a register that was won. */
    void begin(Register won, long nowNs) {
        term = won.term();
        known = won;
        askAtNs = nowNs;
    }

    /** Highest term seen. */
    long term() {
        return term;
    }

    boolean isPairSent() {
        return isPairSent;
    }

    /** Whether the pause since the last question is over. */
    boolean isDue(long nowNs) {
        return nowNs >= askAtNs;
    }

    /** Whether the register of the highest term says that this node runs the machine alone. */
    boolean isKnownAlone() {
        Register register = known;
        return register != null
                && register.mode() == Register.Mode.SOLO
                && register.isHeldBy(self)
                && register.term() == term;
    }

    /** Whether the register, as far as known, names this incarnation the backup. */
    boolean names(@Nullable Incarnation peer) {
        Register register = known;
        return register != null && peer != null && register.names(peer);
    }

    /**
     * Rules 6 and 7: a register counts only if its term is greater than the known one. The same
     * term resolves nothing, since a request under way may still be accepted.
     */
    boolean counts(Register answer) {
        return answer.term() > term || isBelievedByMistake(answer);
    }

    /** Never, while rules 6 and 7 are in force. */
    private boolean isBelievedByMistake(Register answer) {
        if (answer.term() < term) {
            return !rules.enforces(ONLY_NEWER_TERMS_COUNT);
        }
        return isPairSent
                && answer.mode() == Register.Mode.SOLO
                && !rules.enforces(SAME_TERM_RESOLVES_NOTHING);
    }

    /** Every request of an earlier term is dead from here on. */
    void adopt(Register answer) {
        term = answer.term();
        known = answer;
        isPairSent = false;
    }

    void create(long nowNs) {
        ask(0, new Create(), nowNs);
    }

    /**
     * Rule 5: from now on a PAIR may be accepted at any moment.
     *
     * @param released the floor
     */
    void pair(Incarnation peer, long released, long nowNs) {
        isPairSent = true;
        ask(term, new Pair(peer, released), nowNs);
    }

    /** SOLO strikes out a named backup; BUMP kills a PAIR that may still be under way (rule 6). */
    void goOnAlone(long nowNs) {
        Register register = known;
        boolean isPaired = register != null && register.mode() == Register.Mode.PAIRED;
        ask(term, isPaired ? new Solo() : new Bump(), nowNs);
    }

    /** Kills a HANDOVER that may be under way (rule 12). */
    void takeOfferBack(long nowNs) {
        ask(term, new Bump(), nowNs);
    }

    /** Rule 10: STALE, or a checkpoint of a higher term, is a hint to ask somebody who knows. */
    void readIfAbove(long otherTerm) {
        if (otherTerm > term) {
            decisions.add(new PrimaryAction.AskWitness(term, new Read()));
        }
    }

    private void ask(long expectedTerm, RegisterOperation operation, long nowNs) {
        askAtNs = nowNs + timing.retryNs();
        decisions.add(new PrimaryAction.AskWitness(expectedTerm, operation));
    }
}
