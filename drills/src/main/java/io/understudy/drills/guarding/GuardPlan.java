package io.understudy.drills.guarding;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.guard.GuardOptions;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link GuardRun} does.
 *
 * @param machine an unprotected machine
 * @param rehearsal the same guest with much to do for a guard: it runs first and is not measured,
 *     so that the guard's code is compiled as the rest is; null for none
 * @param forHostNs length of the whole run
 * @param compares whether two more machines run the same guest to measure what a guard costs
 */
public record GuardPlan(
        VirtualMachineConfig machine,
        @Nullable VirtualMachineConfig rehearsal,
        GuestImage image,
        GuardOptions options,
        long forHostNs,
        boolean compares) {}
