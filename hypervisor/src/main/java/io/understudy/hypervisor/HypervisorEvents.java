package io.understudy.hypervisor;

import io.understudy.hypervisor.dirty.TrackingCounters;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.exit.EptExits;
import io.understudy.hypervisor.exit.ExitCounters;
import io.understudy.hypervisor.exit.ExitHandler;
import io.understudy.hypervisor.pager.Pager;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.vmx.ExitReason;
import org.jspecify.annotations.Nullable;

/** What the parts of a hypervisor count, under one set of names. */
final class HypervisorEvents {
    private HypervisorEvents() {}

    /**
     * @param view whose large mappings are split and merged
     * @param pager null if the machine is not paged
     */
    static EventCounts count(
            ExitHandler exits,
            TrackingCounters tracking,
            EptView view,
            Vcpu vcpu,
            @Nullable Pager pager) {
        EptExits ept = exits.ept();
        ExitCounters counters = exits.counters();
        return EventCounts.NONE
                .with(MachineEvent.EPT_VIOLATIONS_READ, ept.reads())
                .with(MachineEvent.EPT_VIOLATIONS_WRITE, ept.writes())
                .with(MachineEvent.EPT_VIOLATIONS_FETCH, ept.fetches())
                .with(MachineEvent.EPT_VIOLATIONS_WALK, ept.walks())
                .with(MachineEvent.EPT_VIOLATIONS_DELIVERY, ept.deliveries())
                .with(
                        MachineEvent.EPT_MISCONFIGURATIONS,
                        counters.of(ExitReason.EPT_MISCONFIGURATION))
                .with(MachineEvent.PML_FULL, counters.of(ExitReason.PML_LOG_FULL))
                .with(MachineEvent.LEAVES_READ, tracking.leavesRead())
                .with(MachineEvent.LEAVES_CLEARED, tracking.leavesCleared())
                .with(MachineEvent.NON_LEAVES_READ, tracking.nonLeavesRead())
                .with(MachineEvent.NON_LEAVES_CLEARED, tracking.nonLeavesCleared())
                .with(MachineEvent.SPLITS, view.splits())
                .with(MachineEvent.MERGES, view.merges())
                .with(MachineEvent.INVEPT_SINGLE, vcpu.inveptSingle())
                .with(MachineEvent.BITMAP_WORDS, tracking.bitmapWords())
                .with(MachineEvent.PAGE_INS, pager == null ? 0 : pager.counters().pageIns())
                .with(MachineEvent.PAGE_OUTS, pager == null ? 0 : pager.counters().pageOuts());
    }
}
