/**
 * The same interrupt-heavy guest with its local APICs virtualized to different degrees: how many VM
 * exits each saves, how many it makes cheaper, and whether the guest can tell. May use the
 * hypervisor and the cost model; knows nothing of how results are shown.
 */
@NullMarked
package io.understudy.drills.interrupts;

import org.jspecify.annotations.NullMarked;
