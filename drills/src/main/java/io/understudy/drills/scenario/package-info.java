/**
 * Drill scenarios: each starts real processes, breaks one thing, and leaves the judgement to the
 * checkers. A scenario's random choices come from its seed alone; what the processes do meanwhile
 * follows the host's clock, so a seed repeats the choices, not the run.
 */
@NullMarked
package io.understudy.drills.scenario;

import org.jspecify.annotations.NullMarked;
