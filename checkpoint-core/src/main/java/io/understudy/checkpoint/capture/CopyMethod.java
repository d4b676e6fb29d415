package io.understudy.checkpoint.capture;

/** When the content of dirty pages is copied. The checkpoint is the same, byte for byte. */
public enum CopyMethod {
    /** At the pause, all of it: the pause grows with the number of dirty pages. */
    STAGED,
    /**
     * After the pause: dirty pages are write-protected instead, and each is copied at its first
     * write or by the encoder, whoever comes first. Needs a machine with a {@link
     * io.understudy.checkpoint.WriteGuard}.
     */
    ON_WRITE
}
