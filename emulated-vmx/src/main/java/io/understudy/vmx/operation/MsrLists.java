package io.understudy.vmx.operation;

import io.understudy.vmx.cpu.Msr;
import io.understudy.vmx.memory.PhysicalMemory;

/**
 * MSR areas of a VMCS (SDM volume 3, "Loading MSRs" and "Saving MSRs").
 *
 * <pre>
 * entry (16 bytes): +0 index | +4 reserved, zero | +8 value
 * </pre>
 */
final class MsrLists {
    private static final int ENTRY_BYTES = 16;

    private MsrLists() {}

    /** Loads each entry in order; returns the 1-based number of the first unusable one, or 0. */
    static int load(PhysicalMemory memory, MsrAccess msrs, long address, int count) {
        for (int i = 0; i < count; i++) {
            long at = address + (long) i * ENTRY_BYTES;
            if (!isUsable(memory, at, i)) {
                return i + 1;
            }
            int number = memory.read32(at);
            boolean banned = number == Msr.FS_BASE || number == Msr.GS_BASE || number >>> 8 == 8;
            if (banned || !msrs.write(number, memory.read64(at + 8))) {
                return i + 1;
            }
        }
        return 0;
    }

    /** Returns false at the first unusable entry. */
    static boolean store(PhysicalMemory memory, MsrAccess msrs, long address, int count) {
        for (int i = 0; i < count; i++) {
            long at = address + (long) i * ENTRY_BYTES;
            if (!isUsable(memory, at, i)) {
                return false;
            }
            int number = memory.read32(at);
            if (number >>> 8 == 8 || !msrs.isReadable(number)) {
                return false;
            }
            memory.write64(at + 8, msrs.read(number));
        }
        return true;
    }

    /** More entries than IA32_VMX_MISC recommends are unusable, as the SDM leaves open. */
    private static boolean isUsable(PhysicalMemory memory, long at, int index) {
        return index < Capabilities.MSR_LIST_MAX
                && memory.contains(at, ENTRY_BYTES)
                && memory.read32(at + 4) == 0;
    }
}
