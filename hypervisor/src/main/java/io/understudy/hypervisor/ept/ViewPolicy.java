package io.understudy.hypervisor.ept;

/**
 * What a view lets the guest do with each page. A view never gives another page at an address: it
 * shows the page that the address means in every view, with fewer rights, or nothing.
 */
public interface ViewPolicy {
    /** Every page, with every right. */
    ViewPolicy OPEN = page -> EptEntry.ALL_RIGHTS;

    /**
     * @param page index of a page of the machine's memory
     * @return rights of {@link EptEntry}; 0 if the view does not map the page
     */
    long rights(long page);
}
