package io.understudy.drills.comparison;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.oracle.ContentOracle;
import io.understudy.hypervisor.HarvestListener;
import io.understudy.hypervisor.VirtualMachine;

/** Judges harvests by content: what they lack, and why they hold more than what changed. */
final class ContentJudge implements HarvestListener, AutoCloseable {
    private final ContentOracle oracle;
    private final TranslationJudge translations;
    private final PageSet changed;
    private final PageSet writtenBySoftware;
    private final PageSet inLargeMappings;

    ContentJudge(VirtualMachine machine, TranslationJudge translations) {
        this.oracle = new ContentOracle(machine);
        this.translations = translations;
        this.changed = new PageSet(machine.layout().regions());
        this.writtenBySoftware = new PageSet(machine.layout().regions());
        this.inLargeMappings = new PageSet(machine.layout().regions());
        machine.observeHarvests(this);
    }

    @Override
    public void harvestBegins() {
        writtenBySoftware.clear();
        inLargeMappings.clear();
    }

    @Override
    public void fromSoftware(PageSet pages) {
        writtenBySoftware.addAll(pages);
    }

    @Override
    public void fromLargeMapping(long firstPage, long pages) {
        for (long page = firstPage; page < firstPage + pages; page++) {
            inLargeMappings.add(PageId.of(0, page));
        }
    }

    /** Judges the harvest that was just made. */
    HarvestContent judge(PageSet harvested) {
        changed.clear();
        oracle.changedPages(changed);
        long missed = 0;
        for (long id = changed.next(0); id >= 0; id = changed.next(id + 1)) {
            missed += harvested.contains(id) ? 0 : 1;
        }
        long device = 0;
        long superpage = 0;
        long walkOnly = 0;
        long silentStores = 0;
        for (long id = harvested.next(0); id >= 0; id = harvested.next(id + 1)) {
            if (changed.contains(id)) {
                continue;
            }
            if (writtenBySoftware.contains(id)) {
                device++;
            } else if (inLargeMappings.contains(id)) {
                superpage++;
            } else if (translations.isWrittenByWalksOnly(id)) {
                walkOnly++;
            } else {
                silentStores++;
            }
        }
        return new HarvestContent(
                changed.size(), missed, device, superpage, walkOnly, silentStores);
    }

    @Override
    public void close() {
        oracle.close();
    }
}
