/**
 * Keeps the epochs of a standby image on disk while they are applied, as segments of {@code
 * docs/formats/checkpoint.md}.
 *
 * <p>Invariants. Only epochs that were verified, acknowledged and belong to a whole image are kept,
 * so every kept epoch is one of the machine's one history. Whatever the disk does, nobody waits for
 * it: epochs are copied to bounded buffers and written by a thread of their own; when no buffer is
 * free, epochs are left out and said to be, and a new segment begins with a new image; when the
 * disk fails, keeping stops for good and says so, and protection goes on.
 *
 * <p>May depend on {@code apply}, {@code file}, and what they show.
 */
@NullMarked
package io.understudy.checkpoint.keep;

import org.jspecify.annotations.NullMarked;
