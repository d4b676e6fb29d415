package io.understudy.checkpoint.encoding;

/**
 * What the backup learns before the first batch of an epoch, so that it can refuse early.
 *
 * @param previousEpoch the epoch that this one builds on, 0 if it is the first of its session
 * @param pagesMax no more page records than this follow
 * @param stateBytes exactly this much machine state follows
 */
public record EpochHeader(long epoch, long previousEpoch, int pagesMax, int stateBytes) {}
