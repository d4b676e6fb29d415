package io.understudy.checkpoint.encoding;

/**
 * What a simulation may break on purpose, to show that its checkers notice. Everything else runs
 * {@link #SAFE}.
 *
 * @param forgetsAborted hashes of an aborted checkpoint are taken back, so that no later page is
 *     held to be the same as one that the backup never got
 * @param dropsReferences reference copies of pages of an aborted checkpoint are dropped, so that no
 *     later page is sent as a difference to content that the backup never got
 */
public record EncoderPolicy(boolean forgetsAborted, boolean dropsReferences) {
    public static final EncoderPolicy SAFE = new EncoderPolicy(true, true);
}
