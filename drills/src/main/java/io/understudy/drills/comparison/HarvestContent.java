package io.understudy.drills.comparison;

/**
 * A harvest judged by content: how many pages had changed, and why the others are in it. A page is
 * in the first class that fits, in this order.
 *
 * @param changed pages whose content differs from that at the last harvest
 * @param missed changed pages that the harvest lacks: any is a broken promise
 * @param device unchanged pages that a device or the hypervisor wrote
 * @param superpage unchanged pages of a 2 MiB mapping that is dirty as a whole
 * @param walkOnly unchanged pages that only page walks of the processor wrote
 * @param silentStores unchanged pages that instructions wrote with what they held, or changed and
 *     changed back
 */
public record HarvestContent(
        long changed, long missed, long device, long superpage, long walkOnly, long silentStores) {
    /** Harvested pages that had not changed. */
    public long surplus() {
        return device + superpage + walkOnly + silentStores;
    }
}
