package io.understudy.drills.views;

/**
 * A stay in the window, as the thread inside measured it.
 *
 * @param fromVirtualNs when it came in
 * @param toVirtualNs when it left; an interruption lies in between
 */
public record WindowEntry(long fromVirtualNs, long toVirtualNs) {}
