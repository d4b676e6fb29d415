package io.understudy.replication;

import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CopyMethod;
import io.understudy.checkpoint.encoding.EncoderOptions;
import io.understudy.checkpoint.encoding.EncodingMode;

/**
 * How checkpoints go from a primary to its backup, docs/pipeline.md. A backup takes its own when it
 * becomes a primary.
 *
 * @param depth checkpoints captured and not yet acknowledged, 1 to {@value #DEPTH_MAX}; the guest
 *     stands still at the end of an epoch until one more is allowed. 1 lets one travel while the
 *     next is filled
 * @param copyMethod when dirty pages are copied
 * @param encoding which encodings may be used
 * @param encodeWorkers threads that encode one checkpoint together
 * @param referencePagesMax pages whose last sent content is kept, to send differences to it
 * @param stagingPagesMax page copies of all checkpoints under way, on either side; 0 for as many as
 *     can be needed
 * @param bytesPerSecondMax limit on what is sent; {@link Long#MAX_VALUE} for none
 * @param auditEvery epochs from one audit to the next, 0 for none
 * @param scrubPagesPerSecond pages of the applied image that a backup reads and compares a second,
 *     0 for none
 */
public record PipelineOptions(
        int depth,
        CopyMethod copyMethod,
        EncodingMode encoding,
        int encodeWorkers,
        int referencePagesMax,
        long stagingPagesMax,
        long bytesPerSecondMax,
        long auditEvery,
        long scrubPagesPerSecond) {
    /** More only adds to what a failover loses and to what output waits for. */
    public static final int DEPTH_MAX = 4;

    public static final PipelineOptions DEFAULT =
            new PipelineOptions(
                    1,
                    CopyMethod.STAGED,
                    EncodingMode.AUTO,
                    1,
                    EncoderOptions.REFERENCE_PAGES,
                    0,
                    Long.MAX_VALUE,
                    0,
                    2560);

    public PipelineOptions {
        if (depth < 1 || depth > DEPTH_MAX) {
            throw new IllegalArgumentException(
                    "the pipeline is 1 to %d checkpoints deep, not %d".formatted(DEPTH_MAX, depth));
        }
        if (stagingPagesMax < 0
                || bytesPerSecondMax < 1
                || auditEvery < 0
                || scrubPagesPerSecond < 0) {
            throw new IllegalArgumentException(
                    "limits of the pipeline are positive: staging %d, bytes %d, audit %d, scrub %d"
                            .formatted(
                                    stagingPagesMax,
                                    bytesPerSecondMax,
                                    auditEvery,
                                    scrubPagesPerSecond));
        }
    }

    /** Staging of a machine like this. */
    public long stagingPages(MachineLayout layout) {
        return stagingPagesMax == 0 ? CaptureOptions.stagingFor(layout) : stagingPagesMax;
    }

    public PipelineOptions withDepth(int checkpoints) {
        return new PipelineOptions(
                checkpoints,
                copyMethod,
                encoding,
                encodeWorkers,
                referencePagesMax,
                stagingPagesMax,
                bytesPerSecondMax,
                auditEvery,
                scrubPagesPerSecond);
    }

    public PipelineOptions withAuditEvery(long epochs) {
        return new PipelineOptions(
                depth,
                copyMethod,
                encoding,
                encodeWorkers,
                referencePagesMax,
                stagingPagesMax,
                bytesPerSecondMax,
                epochs,
                scrubPagesPerSecond);
    }

    public EncoderOptions encoderOptions() {
        return EncoderOptions.DEFAULT
                .withWorkers(encodeWorkers)
                .withReferencePagesMax(referencePagesMax)
                .withMode(encoding);
    }
}
