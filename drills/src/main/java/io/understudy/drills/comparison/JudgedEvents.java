package io.understudy.drills.comparison;

import io.understudy.hypervisor.EventCounts;
import io.understudy.hypervisor.MachineEvent;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.vmx.groundtruth.Counters;

/** Puts together what hypervisor, processor and capture counted. */
public final class JudgedEvents {
    private JudgedEvents() {}

    /**
     * Counts since the machine was built. Exact while it is paused; while it runs, every count is
     * one of the recent past.
     *
     * @param pagesCopied to staging, by whoever captures its checkpoints
     */
    public static EventCounts of(VirtualMachine machine, long pagesCopied) {
        Counters processor = machine.processor().groundTruth();
        return machine.events()
                .with(MachineEvent.PML_LOGGED, processor.pmlLogged)
                .with(MachineEvent.ASSISTS_ACCESSED, processor.assistsAccessed)
                .with(MachineEvent.ASSISTS_DIRTY, processor.assistsDirty)
                .with(MachineEvent.DIRTY_BY_WALK, processor.eptDirtySetByWalk)
                .with(MachineEvent.TLB_MISSES, processor.tlbMisses)
                .with(MachineEvent.PAGES_COPIED, pagesCopied);
    }
}
