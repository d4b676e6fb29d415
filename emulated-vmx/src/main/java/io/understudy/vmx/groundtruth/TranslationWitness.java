package io.understudy.vmx.groundtruth;

/**
 * Hears of guest-physical accesses that were translated by a walk of EPT. Between two invalidations
 * of EPT translations that is at least the first access to each page, and the first write to it.
 */
public interface TranslationWitness {
    /**
     * @param gpaPage guest-physical address of the page
     * @param isWrite whether the page counts as written; an access to a guest paging structure does
     *     whenever accessed and dirty flags for EPT are on
     * @param isWalk whether the access was to a guest paging structure
     */
    void translated(long gpaPage, boolean isWrite, boolean isWalk);
}
