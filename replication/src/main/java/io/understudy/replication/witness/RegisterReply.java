package io.understudy.replication.witness;

/**
 * The witness's answer to one request.
 *
 * @param ok the operation was accepted, and {@code register} is its result
 * @param register the whole register after the request
 * @param reason why the request was refused; empty if it was not
 */
public record RegisterReply(
        long nonce, long expectedTerm, boolean ok, Register register, String reason) {}
