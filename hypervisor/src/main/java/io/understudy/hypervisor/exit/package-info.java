/**
 * What the hypervisor does at a VM exit, by basic exit reason (SDM volume 3, "VM Exits"; appendix
 * "VMX Basic Exit Reasons").
 *
 * <p>Invariants: nothing here allocates per exit; root mode costs the guest no time; what the guest
 * gets back depends on its own state only.
 */
@NullMarked
package io.understudy.hypervisor.exit;

import org.jspecify.annotations.NullMarked;
