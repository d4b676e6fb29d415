package io.understudy.drills.guarding;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.guard.GuardOptions;

/**
 * What a {@link GuardRun} does.
 *
 * @param machine an unprotected machine
 * @param forHostNs length of the whole run, the second machine's included
 * @param compares whether a second machine runs the same guest without a guard
 */
public record GuardPlan(
        VirtualMachineConfig machine,
        GuestImage image,
        GuardOptions options,
        long forHostNs,
        boolean compares) {}
