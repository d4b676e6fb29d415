package io.understudy.hypervisor.interrupt;

import io.understudy.vmx.memory.PhysicalMemory;

/**
 * A virtual-APIC page: 4 KiB of host-physical memory with one register every 16 bytes (SDM volume
 * 3, "Virtual APIC State"). The processor reads and writes it too, in non-root operation.
 */
final class ApicPage {
    /** Words of 32 bits of a 256-bit register. */
    static final int BANK_WORDS = 8;

    private static final int NONE = -1;

    private final PhysicalMemory memory;
    private final long hpa;

    ApicPage(PhysicalMemory memory, long hpa) {
        this.memory = memory;
        this.hpa = hpa;
    }

    long hpa() {
        return hpa;
    }

    int get(int register) {
        return memory.read32(hpa + 16L * register);
    }

    void set(int register, int value) {
        memory.write32(hpa + 16L * register, value);
    }

    /** The ICR of x2APIC mode. */
    long get64(int register) {
        return memory.read64(hpa + 16L * register);
    }

    void set64(int register, long value) {
        memory.write64(hpa + 16L * register, value);
    }

    /**
     * @param bank first register of the ISR, TMR or IRR
     */
    void setBit(int bank, int vector, boolean to) {
        int register = bank + (vector >>> 5);
        int bit = 1 << (vector & 31);
        set(register, to ? get(register) | bit : get(register) & ~bit);
    }

    boolean bit(int bank, int vector) {
        return (get(bank + (vector >>> 5)) >>> (vector & 31) & 1) != 0;
    }

    /** The highest vector of a 256-bit register, or -1. */
    int highest(int bank) {
        for (int i = BANK_WORDS - 1; i >= 0; i--) {
            int bits = get(bank + i);
            if (bits != 0) {
                return 32 * i + 31 - Integer.numberOfLeadingZeros(bits);
            }
        }
        return NONE;
    }
}
