package io.understudy.replication.witness;

import java.util.UUID;

/**
 * One question to the witness. An operation other than a read is refused unless the register has
 * exactly {@code expectedTerm}, so a request can be accepted once at most, however often and
 * however late it arrives.
 *
 * @param nonce drawn by the caller, returned in the reply
 */
public record RegisterRequest(
        long nonce,
        UUID lineage,
        long expectedTerm,
        Incarnation caller,
        RegisterOperation operation) {}
