package io.understudy.replication;

import io.understudy.checkpoint.apply.StandbyPolicy;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.replication.rule.RuleBook;

/**
 * What a drill may break on purpose, to show that its checkers notice. Everything else runs {@link
 * #SAFE}.
 *
 * @param rules of docs/PROTOCOL.md (promises 1, 3 and 4)
 * @param capture promise 5
 * @param encoder promise 5
 * @param standby promises 2 and 4
 */
public record NodePolicies(
        RuleBook rules, CapturePolicy capture, EncoderPolicy encoder, StandbyPolicy standby) {
    public static final NodePolicies SAFE =
            new NodePolicies(
                    RuleBook.ENFORCED, CapturePolicy.SAFE, EncoderPolicy.SAFE, StandbyPolicy.SAFE);

    public NodePolicies withRules(RuleBook other) {
        return new NodePolicies(other, capture, encoder, standby);
    }
}
