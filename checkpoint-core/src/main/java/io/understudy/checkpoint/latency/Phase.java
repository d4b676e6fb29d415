package io.understudy.checkpoint.latency;

/** The phases of an epoch, in order. */
public enum Phase {
    /** From the decision to end the epoch until the machine stood still. */
    QUIESCE,
    /** Read and clear the dirty log. */
    HARVEST,
    /** Dirty pages to staging. */
    COPY,
    /** State of every component; output sealed. */
    STATE,
    /** From the end of capture until the guest runs. */
    RESUME,
    /** The five above together: what the guest feels. Epochs after the warm-up only. */
    PAUSE,
    /** As PAUSE, every epoch. */
    PAUSE_ALL,
    /** Staged pages to batches, waiting for the sink included. */
    ENCODE,
    /** First batch handed to the transport until the trailer was. */
    SEND,
    /** Trailer handed to the transport until the acknowledgement came. */
    ACKNOWLEDGE,
    /** Acknowledgement until the epoch's output was released. */
    COMMIT,
    /** From the seal of an epoch's output until its release. */
    OUTPUT_HOLD
}
