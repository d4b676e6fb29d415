/**
 * The same guest with all of its memory in frames and with less, one victim policy beside another:
 * what each costs, and whether a page was lost. The machines take turns, each to the same
 * instruction. May use the hypervisor; knows nothing of how results are shown.
 */
@NullMarked
package io.understudy.drills.paging;

import org.jspecify.annotations.NullMarked;
