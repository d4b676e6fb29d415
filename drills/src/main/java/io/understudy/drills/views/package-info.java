/**
 * EPT views at work: a secret window with an attacker beside it, and two machines that exchange
 * packets in three ways. What is counted, what it would take on real hardware, and whether a
 * promise of the views was broken. May use the hypervisor and the cost model; knows nothing of how
 * results are shown.
 */
@NullMarked
package io.understudy.drills.views;

import org.jspecify.annotations.NullMarked;
