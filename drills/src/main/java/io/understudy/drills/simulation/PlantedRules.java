package io.understudy.drills.simulation;

import io.understudy.replication.rule.ProtocolRule;
import io.understudy.replication.rule.RuleBook;
import java.util.Set;

/** Every rule but those that a plant leaves out; counts what each one decided. */
final class PlantedRules implements RuleBook {
    private final Set<ProtocolRule> leftOut;
    private final Coverage coverage;

    PlantedRules(Set<ProtocolRule> leftOut, Coverage coverage) {
        this.leftOut = leftOut;
        this.coverage = coverage;
    }

    @Override
    public boolean enforces(ProtocolRule rule) {
        coverage.decided(rule);
        return !leftOut.contains(rule);
    }

    @Override
    public boolean isComplete() {
        return leftOut.isEmpty();
    }
}
