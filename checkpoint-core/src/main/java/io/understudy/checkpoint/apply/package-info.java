/**
 * The backup's image: epochs are decoded into staging, verified against their digests, and only
 * then applied.
 *
 * <p>Invariants. The image is always exactly one verified epoch (while a full copy runs: the copy
 * as of one epoch), never a mixture of an epoch and a part of the next. An epoch whose {@link
 * io.understudy.checkpoint.apply.PendingEpoch#complete} returned is never dropped, and applying it
 * cannot fail. An image that is not complete is never promoted. May depend on everything in this
 * module but the primary's side of capture and encoding.
 */
@NullMarked
package io.understudy.checkpoint.apply;

import org.jspecify.annotations.NullMarked;
