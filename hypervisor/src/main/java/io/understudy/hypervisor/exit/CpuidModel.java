package io.understudy.hypervisor.exit;

import io.understudy.vmx.VirtualClock;

/**
 * What CPUID tells the guest: the instructions that the processor executes, and nothing else (SDM
 * volume 2, "CPUID").
 */
final class CpuidModel {
    private static final int LEAF_MAX = 0x15;
    private static final int HYPERVISOR_LEAF = 0x4000_0000;
    private static final int EXTENDED_LEAF = 0x8000_0000;
    private static final int EXTENDED_LEAF_MAX = 0x8000_0008;

    /** PSE TSC MSR PAE CX8 APIC SEP PGE CMOV PAT. */
    private static final int FEATURES_EDX =
            1 << 3 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 8 | 1 << 9 | 1 << 11 | 1 << 13 | 1 << 15
                    | 1 << 16;

    /** CX16 PCID x2APIC MOVBE POPCNT TSC-deadline, running under a hypervisor. */
    private static final int FEATURES_ECX =
            1 << 13 | 1 << 17 | 1 << 21 | 1 << 22 | 1 << 23 | 1 << 24 | 1 << 31;

    /** FSGSBASE BMI1 SMEP BMI2 ERMS INVPCID ADX SMAP. */
    private static final int STRUCTURED_EBX =
            1 | 1 << 3 | 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10 | 1 << 19 | 1 << 20;

    /** UMIP RDPID. */
    private static final int STRUCTURED_ECX = 1 << 2 | 1 << 22;

    /** LAHF in 64-bit mode, LZCNT. */
    private static final int EXTENDED_ECX = 1 | 1 << 5;

    /** SYSCALL NX 1-GiB pages RDTSCP long mode. */
    private static final int EXTENDED_EDX = 1 << 11 | 1 << 20 | 1 << 26 | 1 << 27 | 1 << 29;

    /** Family 6, as every processor with these features. */
    private static final int SIGNATURE = 0x0003_06e4;

    private static final int PHYSICAL_BITS = 46;
    private static final int LINEAR_BITS = 48;
    private static final int ARAT = 1 << 2;
    private static final int INVARIANT_TSC = 1 << 8;
    private static final int LEVEL_SMT = 1;
    private static final int LEVEL_CORE = 2;

    private int eax;
    private int ebx;
    private int ecx;
    private int edx;

    /** Looks a leaf up; the registers are then in {@link #eax} to {@link #edx}. */
    void query(int leaf, int subleaf) {
        set(0, 0, 0, 0);
        switch (leaf) {
            case 0 -> set(LEAF_MAX, 0x756e_6547, 0x6c65_746e, 0x4965_6e69); // GenuineIntel
            case 1 -> set(SIGNATURE, (1 << 16) | (8 << 8), FEATURES_ECX, FEATURES_EDX);
            case 6 -> set(ARAT, 0, 0, 0);
            case 7 -> {
                if (subleaf == 0) {
                    set(0, STRUCTURED_EBX, STRUCTURED_ECX, 0);
                }
            }
            case 0xb -> topology(subleaf);
            case 0x15 -> set(1, 1, (int) VirtualClock.TSC_HZ, 0);
            case HYPERVISOR_LEAF ->
                    set(HYPERVISOR_LEAF, 0x6564_6e55, 0x7574_7372, 0x2020_7964); // Understudy
            case EXTENDED_LEAF -> set(EXTENDED_LEAF_MAX, 0, 0, 0);
            case EXTENDED_LEAF + 1 -> set(0, 0, EXTENDED_ECX, EXTENDED_EDX);
            case EXTENDED_LEAF + 2 -> set(0x6c65_746e, 0x2020_2020, 0x2020_2020, 0x2020_2020);
            case EXTENDED_LEAF + 7 -> set(0, 0, 0, INVARIANT_TSC);
            case EXTENDED_LEAF + 8 -> set(PHYSICAL_BITS | (LINEAR_BITS << 8), 0, 0, 0);
            default -> {
                // Leaves without a meaning are zero.
            }
        }
    }

    int eax() {
        return eax;
    }

    int ebx() {
        return ebx;
    }

    int ecx() {
        return ecx;
    }

    int edx() {
        return edx;
    }

    /** One package, one core, one thread, x2APIC id 0. */
    private void topology(int subleaf) {
        switch (subleaf) {
            case 0 -> set(0, 1, LEVEL_SMT << 8, 0);
            case 1 -> set(0, 1, (LEVEL_CORE << 8) | 1, 0);
            default -> set(0, 0, subleaf & 0xff, 0);
        }
    }

    private void set(int a, int b, int c, int d) {
        eax = a;
        ebx = b;
        ecx = c;
        edx = d;
    }
}
