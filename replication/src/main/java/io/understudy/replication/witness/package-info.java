/**
 * The register that decides who may speak for a machine and who may take over, its legal changes,
 * the file it survives restarts in, and the server and client around it.
 *
 * <p>Realises "Register" of docs/PROTOCOL.md; its file is described in docs/formats/register.md.
 * Invariants: a change is on the disk before anybody hears of it; the term grows by exactly one
 * with every accepted change; a witness that lost its state says so and never makes up a new one.
 * Clocks play no part. May depend on the schema in {@code proto} and gRPC, not on the roles.
 */
@NullMarked
package io.understudy.replication.witness;

import org.jspecify.annotations.NullMarked;
