package io.understudy.checkpoint.capture;

/**
 * What a simulation may break on purpose, to show that its checkers notice. Everything else runs
 * {@link #SAFE}.
 *
 * @param returnsPagesOfAborted a failed checkpoint gives its pages back (promise 5)
 */
public record CapturePolicy(boolean returnsPagesOfAborted) {
    public static final CapturePolicy SAFE = new CapturePolicy(true);
}
