package io.understudy.hypervisor.exit;

import io.understudy.vmx.LogicalProcessor;

/**
 * What CPUID tells the guest: what the processor has, less what this hypervisor does not hand on,
 * and that there is a hypervisor (SDM volume 2, "CPUID").
 */
public final class GuestCpuid {
    private static final int HYPERVISOR_LEAF = 0x4000_0000;
    private static final int EAX = 0;
    private static final int EBX = 1;
    private static final int ECX = 2;
    private static final int EDX = 3;

    /** VMX is not nested; RDRAND has a state that no exit reports. */
    private static final int LEAF1_ECX_HIDDEN = 1 << 5 | 1 << 30;

    private static final int LEAF1_ECX_HYPERVISOR = 1 << 31;

    /** OSXSAVE: the guest's own CR4.OSXSAVE. */
    private static final int LEAF1_ECX_OSXSAVE = 1 << 27;

    private static final long CR4_OSXSAVE = 1 << 18;

    /** OSPKE: the guest's own CR4.PKE. */
    private static final int LEAF7_ECX_OSPKE = 1 << 4;

    private static final long CR4_PKE = 1 << 22;

    /** Initial APIC id: the vCPU's, whatever processor it runs on. */
    private static final int LEAF1_EBX_APIC_ID = 0xff << 24;

    /** MCE, MTRR, MCA: their MSRs are not virtualized. */
    private static final int LEAF1_EDX_HIDDEN = 1 << 7 | 1 << 12 | 1 << 14;

    /** TSC_ADJUST, RDSEED. */
    private static final int LEAF7_EBX_HIDDEN = 1 << 1 | 1 << 18;

    private final LogicalProcessor processor;
    private final int[] registers = new int[4];

    public GuestCpuid(LogicalProcessor processor) {
        this.processor = processor;
    }

    /** As {@link #query(int, int)}, with what depends on the guest's CR4. */
    public void query(int leaf, int subleaf, long guestCr4) {
        query(leaf, subleaf);
        if (leaf == 7 && subleaf == 0 && (guestCr4 & CR4_PKE) != 0) {
            registers[ECX] |= LEAF7_ECX_OSPKE;
        }
        if (leaf == 1) {
            boolean enabled = (guestCr4 & CR4_OSXSAVE) != 0;
            registers[ECX] =
                    (registers[ECX] & ~LEAF1_ECX_OSXSAVE) | (enabled ? LEAF1_ECX_OSXSAVE : 0);
        }
    }

    /** Looks a leaf up; the registers are then in {@link #eax} to {@link #edx}. */
    void query(int leaf, int subleaf) {
        processor.cpuid(leaf, subleaf, registers);
        switch (leaf) {
            case 1 -> {
                registers[EBX] &= ~LEAF1_EBX_APIC_ID;
                registers[ECX] = (registers[ECX] & ~LEAF1_ECX_HIDDEN) | LEAF1_ECX_HYPERVISOR;
                registers[EDX] &= ~LEAF1_EDX_HIDDEN;
            }
            case 7 -> registers[EBX] &= ~LEAF7_EBX_HIDDEN;
            case 0xb -> registers[EDX] = 0;
            case HYPERVISOR_LEAF -> {
                registers[EAX] = HYPERVISOR_LEAF;
                registers[EBX] = 0x6564_6e55; // Unde
                registers[ECX] = 0x7574_7372; // rstu
                registers[EDX] = 0x2020_7964; // dy
            }
            default -> {
                // As the processor has it.
            }
        }
    }

    public long eax() {
        return registers[EAX] & 0xffff_ffffL;
    }

    public long ebx() {
        return registers[EBX] & 0xffff_ffffL;
    }

    public long ecx() {
        return registers[ECX] & 0xffff_ffffL;
    }

    public long edx() {
        return registers[EDX] & 0xffff_ffffL;
    }
}
