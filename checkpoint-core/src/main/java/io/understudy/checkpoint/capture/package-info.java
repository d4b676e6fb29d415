/**
 * Checkpoints at the pause: harvest the dirty pages, copy them to staging, save the machine's
 * state, seal its output; then the guest resumes and everything else happens off the pause.
 *
 * <p>Invariants. A harvest is a transaction: a checkpoint that is not committed gives its pages
 * back, so the next one is a superset. When a checkpoint is aborted, every later one in flight is
 * aborted with it. Commits are in order. May depend on the ports and on staging.
 */
@NullMarked
package io.understudy.checkpoint.capture;

import org.jspecify.annotations.NullMarked;
