package io.understudy.hypervisor.paging;

import java.nio.file.Path;

/**
 * How a machine's memory is paged.
 *
 * @param residentPages frames for guest memory
 * @param policy how victims are chosen
 * @param swapFile where pages go; made new, and deleted when the machine is closed
 */
public record PagingOptions(long residentPages, VictimPolicyName policy, Path swapFile) {
    /** One instruction may need a dozen pages at once, page tables included; this is plenty. */
    public static final long RESIDENT_PAGES_MIN = 256;
}
