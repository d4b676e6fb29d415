package io.understudy.checkpoint.encoding;

/**
 * Sizes of the encoder.
 *
 * @param batchBytes size of a batch buffer, {@value #BATCH_BYTES_MIN} to {@value #BATCH_BYTES_MAX}
 * @param batches number of batch buffers, more than {@code workers}
 * @param workers threads that encode one epoch together, 1 to {@value #WORKERS_MAX}
 * @param referencePagesMax pages whose last sent content is kept, to send differences to it
 * @param mode which encodings may be used
 */
public record EncoderOptions(
        int batchBytes, int batches, int workers, int referencePagesMax, EncodingMode mode) {
    public static final int BATCH_BYTES_MIN = 16 << 10;
    public static final int BATCH_BYTES_MAX = PageBatchFormat.BATCH_BYTES_MAX;
    public static final int WORKERS_MAX = 64;

    /** 64 MiB of reference copies, as much as XBZRLE has by default. */
    public static final int REFERENCE_PAGES = 16384;

    public static final EncoderOptions DEFAULT =
            new EncoderOptions(512 << 10, 8, 1, REFERENCE_PAGES, EncodingMode.AUTO);

    public EncoderOptions {
        if (workers < 1 || workers > WORKERS_MAX || referencePagesMax < 0) {
            throw new IllegalArgumentException(
                    "1 to %d workers and no less than 0 reference pages, not %d and %d"
                            .formatted(WORKERS_MAX, workers, referencePagesMax));
        }
        if (batchBytes < BATCH_BYTES_MIN || batchBytes > BATCH_BYTES_MAX || batches <= workers) {
            throw new IllegalArgumentException(
                    "batches must be more than %d of %d to %d bytes, not %d of %d"
                            .formatted(
                                    workers,
                                    BATCH_BYTES_MIN,
                                    BATCH_BYTES_MAX,
                                    batches,
                                    batchBytes));
        }
    }

    public EncoderOptions withBatches(int bytes, int number) {
        return new EncoderOptions(bytes, number, workers, referencePagesMax, mode);
    }

    /** Each worker fills a batch of its own while others are on their way. */
    public EncoderOptions withWorkers(int threads) {
        return new EncoderOptions(
                batchBytes, Math.max(batches, 2 * threads + 2), threads, referencePagesMax, mode);
    }

    public EncoderOptions withReferencePagesMax(int pages) {
        return new EncoderOptions(batchBytes, batches, workers, pages, mode);
    }

    public EncoderOptions withMode(EncodingMode other) {
        return new EncoderOptions(batchBytes, batches, workers, referencePagesMax, other);
    }
}
