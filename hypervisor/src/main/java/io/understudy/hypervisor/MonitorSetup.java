package io.understudy.hypervisor;

import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.ept.MappingRules;
import io.understudy.hypervisor.ept.WriteProtection;
import io.understudy.hypervisor.monitor.Granularity;
import io.understudy.hypervisor.monitor.MonitorOptions;
import io.understudy.hypervisor.vmcs.LoggingCapabilities;

/** Which ways of watching memory go together with a machine. */
final class MonitorSetup {
    private MonitorSetup() {}

    /** Whether accessed flags are on under a dirty log. */
    static boolean isPossible(DirtyLogMode mode) {
        return mode == DirtyLogMode.NONE || mode.needsAccessedDirty();
    }

    /**
     * @throws MachineSetupException if they do not, in one sentence
     */
    static void check(DirtyLogMode mode, LoggingCapabilities capabilities, MonitorOptions options)
            throws MachineSetupException {
        if (!capabilities.accessedDirty()) {
            throw new MachineSetupException(
                    "memory is watched by accessed and dirty flags for EPT, which this processor"
                            + " model lacks");
        }
        if (mode == DirtyLogMode.NONE) {
            return;
        }
        if (!isPossible(mode)) {
            throw new MachineSetupException(
                    "dirty log %s turns the accessed flags off that memory is watched by"
                            .formatted(mode.optionName()));
        }
        if (!options.invalidates()) {
            throw new MachineSetupException(
                    "a protected machine cannot be watched without invalidation: its checkpoints"
                            + " would lose dirty pages");
        }
        if (options.granularity() != Granularity.FOUR_KIB) {
            throw new MachineSetupException(
                    "dirty log %s sees pages of 4K and decides on the size of mappings, %s cannot"
                                    .formatted(
                                            mode.optionName(), options.granularity().optionName())
                            + " be chosen");
        }
    }

    /** Mappings of an unprotected machine that is watched. */
    static MappingRules rules(Granularity granularity) {
        LeafSize leafSize =
                switch (granularity) {
                    case FOUR_KIB -> LeafSize.FOUR_KIB;
                    case TWO_MIB -> LeafSize.TWO_MIB;
                    case ONE_GIB -> LeafSize.ONE_GIB;
                };
        return new MappingRules(true, leafSize, WriteProtection.NONE);
    }
}
