package io.understudy.drills.monitoring;

import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.vmx.groundtruth.TranslationWitness;

/**
 * Pages that the guest used since {@link #begin}, told by the processor itself, at 4 KiB whatever
 * the mappings: complete if the interval began with no cached translations, otherwise without those
 * used through translations that were cached before.
 */
final class PagesUsed implements TranslationWitness {
    private final VirtualMachine machine;
    private final PageSet byInstructions;
    private final PageSet byWalks;
    private final PageSet union;

    PagesUsed(VirtualMachine machine) {
        this.machine = machine;
        this.byInstructions = new PageSet(machine.layout().regions());
        this.byWalks = new PageSet(machine.layout().regions());
        this.union = new PageSet(machine.layout().regions());
        machine.processor().groundTruth().witness = this;
    }

    void begin() {
        byInstructions.clear();
        byWalks.clear();
    }

    long count() {
        return countWith(byInstructions);
    }

    /**
     * Pages that this machine used, given that another one, which saw everything, ran the same
     * instructions: instructions use the same pages on both, walks happen on each for itself.
     */
    long countAfter(PagesUsed complete) {
        return countWith(complete.byInstructions);
    }

    private long countWith(PageSet instructions) {
        union.clear();
        union.addAll(instructions);
        union.addAll(byWalks);
        return union.size();
    }

    @Override
    public void translated(long gpaPage, boolean isWrite, boolean isWalk) {
        long pageId = machine.pageIdOf(gpaPage);
        if (pageId >= 0) {
            (isWalk ? byWalks : byInstructions).add(pageId);
        }
    }
}
