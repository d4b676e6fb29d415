package io.understudy.replication;

import io.understudy.checkpoint.apply.StandbyPolicy;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.replication.rule.RuleBook;

/**
 * What a drill may do to a node: break something on purpose, to show that its checkers notice, or
 * stop it at an exact point. Everything else runs {@link #SAFE}.
 *
 * @param rules of docs/PROTOCOL.md (promises 1, 3 and 4)
 * @param capture promise 5
 * @param encoder promise 5
 * @param standby promises 2 and 4
 * @param barrier breaks nothing: where a process may be stopped
 */
public record NodePolicies(
        RuleBook rules,
        CapturePolicy capture,
        EncoderPolicy encoder,
        StandbyPolicy standby,
        Barrier barrier) {
    public static final NodePolicies SAFE =
            new NodePolicies(
                    RuleBook.ENFORCED,
                    CapturePolicy.SAFE,
                    EncoderPolicy.SAFE,
                    StandbyPolicy.SAFE,
                    Barrier.NONE);

    public NodePolicies withRules(RuleBook other) {
        return new NodePolicies(other, capture, encoder, standby, barrier);
    }

    public NodePolicies withBarrier(Barrier other) {
        return new NodePolicies(rules, capture, encoder, standby, other);
    }
}
