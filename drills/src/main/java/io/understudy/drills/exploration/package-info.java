/**
 * Every interleaving within bounds, of the production roles and the production register rules: a
 * breadth-first search over states, in which any message may be late or lost for ever, every
 * request may arrive any number of times and in any order, any connection may break at any moment,
 * every timer may fire at any moment, and nodes crash and come back.
 *
 * <p>A state is known by 128 bits of hash of its canonical encoding, as are its parts, so what two
 * states share is encoded once. Times are not part of it: a role is copied without its times before
 * each step, and each tick is tried with and without everything being overdue.
 *
 * <p>Content is a letter per written output, different for each incarnation that writes it. Pages,
 * digests and clients are the simulation's subject, not this one's.
 */
@NullMarked
package io.understudy.drills.exploration;

import org.jspecify.annotations.NullMarked;
