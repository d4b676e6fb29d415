package io.understudy.replication.rule;

/**
 * Which rules are in force. There is one right answer, {@link #ENFORCED}; simulation and
 * exploration pass others, to count or to show that their checkers notice a rule that is missing.
 */
@FunctionalInterface
public interface RuleBook {
    /** All of them. */
    RuleBook ENFORCED = rule -> true;

    /**
     * Asked when {@code rule} is about to decide something, and only then: an implementation may
     * count.
     */
    boolean enforces(ProtocolRule rule);

    /** Whether no rule is left out: roles then check their own invariants after every step. */
    default boolean isComplete() {
        return true;
    }
}
