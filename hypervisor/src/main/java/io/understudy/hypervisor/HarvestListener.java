package io.understudy.hypervisor;

import io.understudy.checkpoint.PageSet;

/** Hears why pages are in a harvest, as far as the hypervisor knows. For judges. */
public interface HarvestListener {
    void harvestBegins();

    /** Written by a device or the hypervisor, or returned by a checkpoint that failed. */
    void fromSoftware(PageSet pages);

    /** All pages of a large mapping that is dirty as a whole, consecutive page indices of RAM. */
    void fromLargeMapping(long firstPage, long pages);
}
