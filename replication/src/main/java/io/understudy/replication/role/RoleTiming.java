package io.understudy.replication.role;

/**
 * When a role acts on silence. Nothing here takes part in safety.
 *
 * @param detectionNs silence after which the other side counts as lost
 * @param streamLossGraceNs the same once its stream broke: time for a live primary to strike out
 *     its backup before the backup claims the machine
 * @param retryNs pause before the witness is asked again or the backup is dialled again
 */
public record RoleTiming(long detectionNs, long streamLossGraceNs, long retryNs) {}
