package io.understudy.replication;

import io.understudy.checkpoint.apply.StandbyPolicy;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.encoding.EncoderPolicy;
import io.understudy.replication.role.OutputPolicy;

/**
 * What a drill may break on purpose, to show that its checkers notice. Everything else runs {@link
 * #SAFE}.
 *
 * @param output when output may leave (promise 1)
 * @param capture promise 5
 * @param encoder promise 5
 * @param standby promises 2 and 4
 */
public record NodePolicies(
        OutputPolicy output, CapturePolicy capture, EncoderPolicy encoder, StandbyPolicy standby) {
    public static final NodePolicies SAFE =
            new NodePolicies(
                    OutputPolicy.ACKNOWLEDGED,
                    CapturePolicy.SAFE,
                    EncoderPolicy.SAFE,
                    StandbyPolicy.SAFE);

    public NodePolicies withOutput(OutputPolicy other) {
        return new NodePolicies(other, capture, encoder, standby);
    }
}
