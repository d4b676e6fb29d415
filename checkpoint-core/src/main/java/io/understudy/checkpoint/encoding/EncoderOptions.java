package io.understudy.checkpoint.encoding;

/**
 * Sizes of the encoder.
 *
 * @param batchBytes size of a batch buffer, {@value #BATCH_BYTES_MIN} to {@value #BATCH_BYTES_MAX}
 * @param batches number of batch buffers, at least 2
 */
public record EncoderOptions(int batchBytes, int batches) {
    public static final int BATCH_BYTES_MIN = 16 << 10;
    public static final int BATCH_BYTES_MAX = PageBatchFormat.BATCH_BYTES_MAX;
    public static final EncoderOptions DEFAULT = new EncoderOptions(512 << 10, 8);

    public EncoderOptions {
        if (batchBytes < BATCH_BYTES_MIN || batchBytes > BATCH_BYTES_MAX || batches < 2) {
            throw new IllegalArgumentException(
                    "batches must be at least 2 of %d to %d bytes, not %d of %d"
                            .formatted(BATCH_BYTES_MIN, BATCH_BYTES_MAX, batches, batchBytes));
        }
    }
}
