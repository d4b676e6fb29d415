/**
 * The register as a state machine that several witness peers replicate by Raft (Apache Ratis), so
 * that the loss of a minority of them is not the loss of the witness.
 *
 * <p>Realises "A witness of several peers" of docs/PROTOCOL.md. Invariants: what was accepted is
 * synced to the logs of a majority before anybody hears of it; reads are linearizable; a peer that
 * does not have the storage it joined with neither votes nor stores, and becomes a member again
 * only as a new one, when an operator says so. Clocks play no part in any of this.
 *
 * <p>The only package that uses Ratis. Nothing else refers to it except whoever starts such a peer,
 * so that a program without one neither loads nor needs the library.
 */
@NullMarked
package io.understudy.replication.witness.replicated;

import org.jspecify.annotations.NullMarked;
