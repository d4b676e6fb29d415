/**
 * Instructions that touch privileged state: control and debug registers, descriptor tables and
 * segments, far transfers, ports, MSRs, identification, and what non-root operation intercepts.
 *
 * <p>Invariant: an instruction checks everything that can fault or exit before it changes anything;
 * checks come in the order of SDM volume 3, "Relative Priority of Faults and VM Exits".
 *
 * <p>Limits: 64-bit code segments only. A transfer to a code segment with L = 0, a call gate and a
 * task gate raise #GP with the selector.
 */
@NullMarked
package io.understudy.vmx.system;

import org.jspecify.annotations.NullMarked;
