package io.understudy.drills.views;

import io.understudy.hypervisor.view.SharingMethod;
import java.util.Map;

/**
 * Packets exchanged in one way, after both machines had warmed up.
 *
 * @param packets received by either machine
 * @param bytes of these packets
 * @param corrupt packets that were not what was sent; anything but 0 is a broken promise
 * @param exits that the guests caused, by reason; those of the scheduler are not among them
 * @param switches of views by VMFUNC, for packets that went through
 * @param bytesCopied by the hypervisor
 * @param mappings that were granted and taken away
 * @param hostNs host time of the measured part
 * @param model what it would take on real hardware
 * @param epochs checkpoints of the pair as one unit; 0 if it is not protected
 * @param pagesMissed pages that changed and were not harvested; -1 if the pair is not protected
 * @param difference an address that means different pages in two views, one sentence; else empty
 * @param guestEnd one sentence if a guest ended; else empty
 */
public record ExchangeResult(
        SharingMethod method,
        long packets,
        long bytes,
        long corrupt,
        Map<String, Long> exits,
        long switches,
        long bytesCopied,
        long mappings,
        long hostNs,
        ExchangeModel model,
        long epochs,
        long pagesMissed,
        String difference,
        String guestEnd) {
    public long exitCount() {
        return exits.values().stream().mapToLong(Long::longValue).sum();
    }

    /** Mebibytes that went across. */
    public double mib() {
        return bytes / (double) (1 << 20);
    }

    /** Exits for each MiB that went across. */
    public double exitsPerMib() {
        return bytes == 0 ? 0 : exitCount() / mib();
    }
}
