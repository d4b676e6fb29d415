/**
 * Drills: rehearsals of a disaster on real processes, judged from outside.
 *
 * <p>{@link io.understudy.drills.Drills} lists them. A scenario in {@code scenario} starts the
 * three roles with {@code process}, breaks something by PID, and hands what a client saw to the
 * checkers in {@code checker}; only checkers decide whether a promise held. Nothing below this
 * module knows that it is being drilled, and nothing here is used by the modules below.
 */
@NullMarked
package io.understudy.drills;

import org.jspecify.annotations.NullMarked;
