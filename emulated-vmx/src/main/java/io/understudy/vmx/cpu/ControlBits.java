package io.understudy.vmx.cpu;

/** Bits of RFLAGS, CR0, CR4 and IA32_EFER (SDM volume 3, "Control Registers"). */
public final class ControlBits {
    // RFLAGS
    public static final long FLAG_CF = 1L;
    public static final long FLAG_FIXED = 1L << 1;
    public static final long FLAG_TF = 1L << 8;
    public static final long FLAG_IF = 1L << 9;
    public static final long FLAG_DF = 1L << 10;
    public static final long FLAG_IOPL = 3L << 12;
    public static final long FLAG_NT = 1L << 14;
    public static final long FLAG_RF = 1L << 16;
    public static final long FLAG_VM = 1L << 17;
    public static final long FLAG_AC = 1L << 18;
    public static final long FLAG_VIF = 1L << 19;
    public static final long FLAG_VIP = 1L << 20;
    public static final long FLAG_ID = 1L << 21;

    /** CF, PF, AF, ZF, SF, OF. */
    public static final long STATUS_FLAGS = 0x8d5;

    // CR0
    public static final long CR0_PE = 1L;
    public static final long CR0_MP = 1L << 1;
    public static final long CR0_EM = 1L << 2;
    public static final long CR0_TS = 1L << 3;
    public static final long CR0_ET = 1L << 4;
    public static final long CR0_NE = 1L << 5;
    public static final long CR0_WP = 1L << 16;
    public static final long CR0_AM = 1L << 18;
    public static final long CR0_NW = 1L << 29;
    public static final long CR0_CD = 1L << 30;
    public static final long CR0_PG = 1L << 31;

    /**
     * What VM entry and exit leave as it is: CD, NW, and what does not exist (SDM volume 3,
     * "Loading Guest Control Registers, Debug Registers, and MSRs").
     */
    public static final long CR0_KEPT_BY_VMX = 0x7ffa_ffd0L;

    // CR4
    public static final long CR4_VME = 1L;
    public static final long CR4_PVI = 1L << 1;
    public static final long CR4_TSD = 1L << 2;
    public static final long CR4_DE = 1L << 3;
    public static final long CR4_PSE = 1L << 4;
    public static final long CR4_PAE = 1L << 5;
    public static final long CR4_MCE = 1L << 6;
    public static final long CR4_PGE = 1L << 7;
    public static final long CR4_OSFXSR = 1L << 9;
    public static final long CR4_OSXMMEXCPT = 1L << 10;
    public static final long CR4_UMIP = 1L << 11;
    public static final long CR4_VMXE = 1L << 13;
    public static final long CR4_FSGSBASE = 1L << 16;
    public static final long CR4_PCIDE = 1L << 17;
    public static final long CR4_OSXSAVE = 1L << 18;
    public static final long CR4_SMEP = 1L << 20;
    public static final long CR4_SMAP = 1L << 21;
    public static final long CR4_PKE = 1L << 22;

    /** Every CR4 bit that this processor implements. */
    public static final long CR4_SUPPORTED =
            CR4_VME
                    | CR4_PVI
                    | CR4_TSD
                    | CR4_DE
                    | CR4_PSE
                    | CR4_PAE
                    | CR4_MCE
                    | CR4_PGE
                    | CR4_OSFXSR
                    | CR4_OSXMMEXCPT
                    | CR4_UMIP
                    | CR4_VMXE
                    | CR4_FSGSBASE
                    | CR4_PCIDE
                    | CR4_OSXSAVE
                    | CR4_SMEP
                    | CR4_SMAP
                    | CR4_PKE;

    // IA32_EFER
    public static final long EFER_SCE = 1L;
    public static final long EFER_LME = 1L << 8;
    public static final long EFER_LMA = 1L << 10;
    public static final long EFER_NXE = 1L << 11;
    public static final long EFER_SUPPORTED = EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE;

    /** Width of a physical address; CPUID leaf 80000008H reports it. */
    public static final int PHYSICAL_ADDRESS_BITS = 46;

    /** Physical-address bits that do not exist, up to bit 51. */
    public static final long PHYSICAL_RESERVED = ((1L << 52) - 1) & -(1L << PHYSICAL_ADDRESS_BITS);

    /** Bits {@code M-1:12} of a paging-structure entry. */
    public static final long FRAME_MASK = ((1L << PHYSICAL_ADDRESS_BITS) - 1) & ~0xfffL;

    private ControlBits() {}

    /** Whether bits 63:47 are all equal (4-level paging). */
    public static boolean isCanonical(long linear) {
        return linear << 16 >> 16 == linear;
    }

    /** Whether {@code address} lies within the physical-address width. */
    public static boolean isPhysical(long address) {
        return address >>> PHYSICAL_ADDRESS_BITS == 0;
    }
}
