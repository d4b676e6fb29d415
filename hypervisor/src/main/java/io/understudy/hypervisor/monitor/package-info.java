/**
 * Watching which memory a guest uses, by the accessed and dirty flags of EPT.
 *
 * <p>Invariants: the monitor is a subscriber of {@code AccessDirtyService} like any other and
 * clears no flag itself, so that it takes nothing from a dirty log; it reads nothing that only an
 * emulator can know. An interval begins with every flag clear and, unless told otherwise, with no
 * cached translation, so that a page's flag at the interval's end says that it was used inside the
 * interval.
 *
 * <p>Realises "Accessed and Dirty Flags for EPT" of SDM volume 3. Knows neither where activity
 * comes from ({@link io.understudy.hypervisor.monitor.ActivitySource}) nor how it is shown.
 */
@NullMarked
package io.understudy.hypervisor.monitor;

import org.jspecify.annotations.NullMarked;
