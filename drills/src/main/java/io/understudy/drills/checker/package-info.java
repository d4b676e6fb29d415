/**
 * Checkers: each class verifies one thing about what a client of the pair saw, and its first
 * sentences say what it verifies and what it does not.
 *
 * <p>They are pure: they take bytes and counts, know no processes and no clocks, and are used by
 * drills and tests alike.
 */
@NullMarked
package io.understudy.drills.checker;

import org.jspecify.annotations.NullMarked;
