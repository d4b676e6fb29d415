/**
 * Watching a guest's memory use and judging what was seen: the monitor's estimates beside the pages
 * that the guest really used, which only the emulated processor can tell.
 *
 * <p>The guest runs twice, interval by interval to the same instruction: watched as it should be,
 * and watched without dropping cached translations. May use hypervisor and processor; knows nothing
 * of how results are shown.
 */
@NullMarked
package io.understudy.drills.monitoring;

import org.jspecify.annotations.NullMarked;
