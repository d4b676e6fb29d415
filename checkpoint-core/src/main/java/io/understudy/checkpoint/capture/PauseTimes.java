package io.understudy.checkpoint.capture;

/**
 * Host time of the pause by phase, as far as capture sees it; resume follows.
 *
 * @param quiesceNs from the decision to end the epoch until capture began
 * @param harvestNs read and clear the dirty log
 * @param copyNs dirty pages to staging
 * @param stateNs component state, sealing of output
 */
public record PauseTimes(long quiesceNs, long harvestNs, long copyNs, long stateNs) {}
