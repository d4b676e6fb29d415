package io.understudy.hypervisor.vmcs;

import io.understudy.vmx.memory.PhysicalMemory;

/**
 * The MSR-bitmap page (SDM volume 3, "MSR-Bitmap Address"): one bit per MSR, 1 = exit.
 *
 * <pre>
 * 000h read 0..1fffh   400h read c0000000h..c0001fffh   800h write 0..1fffh   c00h write c0000000h..
 * </pre>
 */
final class MsrBitmap {
    private static final int WRITE_OFFSET = 0x800;
    private static final int HIGH_OFFSET = 0x400;

    private MsrBitmap() {}

    /** Intercepts every MSR but those that the guest may use directly. */
    static void write(PhysicalMemory memory, long hpa, int... passedThrough) {
        memory.fill(hpa, PhysicalMemory.PAGE_BYTES, 0xff);
        for (int msr : passedThrough) {
            long at = hpa + (msr < 0 ? HIGH_OFFSET : 0) + ((msr & 0x1fff) >>> 3);
            int mask = ~(1 << (msr & 7));
            memory.write8(at, memory.read8(at) & mask);
            memory.write8(at + WRITE_OFFSET, memory.read8(at + WRITE_OFFSET) & mask);
        }
    }
}
