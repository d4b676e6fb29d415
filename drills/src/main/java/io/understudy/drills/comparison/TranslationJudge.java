package io.understudy.drills.comparison;

import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.vmx.groundtruth.TranslationWitness;

/**
 * Which pages the guest touched and wrote since the epoch began, told by the processor itself. An
 * epoch begins with no cached translations, so the first access to each page is seen.
 */
final class TranslationJudge implements TranslationWitness {
    private final VirtualMachine machine;
    private final PageSet touched;
    private final PageSet writtenByInstructions;
    private final PageSet writtenByWalks;

    TranslationJudge(VirtualMachine machine) {
        this.machine = machine;
        this.touched = new PageSet(machine.layout().regions());
        this.writtenByInstructions = new PageSet(machine.layout().regions());
        this.writtenByWalks = new PageSet(machine.layout().regions());
        machine.processor().groundTruth().witness = this;
    }

    void startEpoch() {
        touched.clear();
        writtenByInstructions.clear();
        writtenByWalks.clear();
    }

    long pagesTouched() {
        return touched.size();
    }

    /** Whether page walks wrote the page, and no instruction did. */
    boolean isWrittenByWalksOnly(long pageId) {
        return writtenByWalks.contains(pageId) && !writtenByInstructions.contains(pageId);
    }

    @Override
    public void translated(long gpaPage, boolean isWrite, boolean isWalk) {
        long pageId = machine.pageIdOf(gpaPage);
        if (pageId < 0) {
            return; // no RAM: the exit that follows says so
        }
        touched.add(pageId);
        if (isWrite) {
            (isWalk ? writtenByWalks : writtenByInstructions).add(pageId);
        }
    }
}
