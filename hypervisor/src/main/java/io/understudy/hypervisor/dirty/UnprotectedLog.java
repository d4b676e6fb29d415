package io.understudy.hypervisor.dirty;

import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.ept.LeafSize;

/**
 * No tracking at all: the baseline that protection is compared with. Every page counts as dirty. A
 * harvest still drops all translations, so that runs of every mode see the same page walks.
 */
public final class UnprotectedLog implements MachineDirtyLog {
    private final Runnable dropTranslations;

    public UnprotectedLog(Runnable dropTranslations) {
        this.dropTranslations = dropTranslations;
    }

    @Override
    public DirtyLogMode mode() {
        return DirtyLogMode.NONE;
    }

    @Override
    public LeafSize leafSize() {
        return LeafSize.TWO_MIB;
    }

    @Override
    public void harvest(PageSet into) {
        dropTranslations.run();
        into.addAll();
    }

    @Override
    public void giveBack(PageSet pages) {
        // The next harvest is every page anyway.
    }

    @Override
    public boolean onViolation(long gpa, long qualification) {
        return false;
    }
}
