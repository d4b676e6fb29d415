/**
 * Who owns which host-physical frame.
 *
 * <p>Invariants: a frame has exactly one owner or is free; a frame that is handed out reads as
 * zeroes; the reverse map tells for every frame of guest RAM which view and guest frame it backs.
 */
@NullMarked
package io.understudy.hypervisor.frame;

import org.jspecify.annotations.NullMarked;
