package io.understudy.replication.transport;

import io.understudy.checkpoint.MachineLayout;
import io.understudy.replication.witness.Incarnation;
import java.util.UUID;

/**
 * What a primary says first.
 *
 * @param session drawn for this stream, repeated in every acknowledgement
 * @param digestKey key of the digests of this session
 * @param call which of the source's calls this is, from 1 (docs/PROTOCOL.md rule 14)
 */
public record SessionHello(
        UUID lineage,
        Incarnation source,
        long term,
        long session,
        long digestKey,
        long call,
        MachineLayout layout) {}
