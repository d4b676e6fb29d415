/**
 * Setting up a VMCS: controls within what the capability MSRs allow, host state, MSR bitmap (SDM
 * volume 3, "Virtual Machine Control Structures").
 */
@NullMarked
package io.understudy.hypervisor.vmcs;

import org.jspecify.annotations.NullMarked;
