/**
 * What a witness of several peers costs, measured on real processes of this host: how long an
 * accepted change takes, and how long changes stop when the leader is killed.
 *
 * <p>Measures only; the drills judge. May depend on {@code process} and the witness of replication.
 */
@NullMarked
package io.understudy.drills.witness;

import org.jspecify.annotations.NullMarked;
