package io.understudy.checkpoint.encoding;

/** A checkpoint whose batches have all been handed to the sink. */
public record EncodedEpoch(EpochTrailer trailer, EncodeStatistics statistics) {}
