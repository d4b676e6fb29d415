/**
 * Memory outside the heap in which page copies wait: on the primary between capture and
 * acknowledgement, on the backup between decoding and apply.
 *
 * <p>Bounded by a page limit, allocated by the chunk on first use and then reused, so that a steady
 * epoch allocates nothing. Knows pages, not checkpoints.
 */
@NullMarked
package io.understudy.checkpoint.staging;

import org.jspecify.annotations.NullMarked;
