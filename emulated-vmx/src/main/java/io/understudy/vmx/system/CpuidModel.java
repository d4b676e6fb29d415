package io.understudy.vmx.system;

import io.understudy.vmx.ProcessorModel;
import io.understudy.vmx.VirtualClock;
import io.understudy.vmx.cpu.ControlBits;
import java.nio.charset.StandardCharsets;

/** What CPUID reports (SDM volume 2, "CPUID"): only what this processor implements, so no AVX. */
public final class CpuidModel {
    private static final int BASIC_MAX = 0x16;
    private static final int EXTENDED = 0x8000_0000;
    private static final int EXTENDED_MAX = 0x8000_0008;

    /** Family 6, model 3DH. */
    private static final int SIGNATURE = 0x0003_06d4;

    // Leaf 1 ECX: SSE3, PCLMULQDQ, VMX, SSSE3, CX16, PCID, SSE4.1, SSE4.2, x2APIC, MOVBE, POPCNT,
    // TSC-deadline, AES, XSAVE, RDRAND.
    private static final int LEAF1_ECX =
            bits(0, 1, 5, 9, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 30);
    // Leaf 1 EDX: FPU, DE, PSE, TSC, MSR, PAE, MCE, CX8, APIC, SEP, MTRR, PGE, MCA, CMOV, PAT,
    // PSE-36, CLFSH, MMX, FXSR, SSE, SSE2.
    private static final int LEAF1_EDX =
            bits(0, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 19, 23, 24, 25, 26);
    // Leaf 7 EBX: FSGSBASE, TSC_ADJUST, BMI1, x87 data pointer on exceptions only, SMEP, BMI2,
    // INVPCID, no x87 selectors, RDSEED, ADX, SMAP, SHA.
    private static final int LEAF7_EBX = bits(0, 1, 3, 6, 7, 8, 10, 13, 18, 19, 20, 29);
    // Leaf 0DH: XCR0 may have x87 and SSE; XSAVE needs 576 bytes; XSAVEOPT.
    private static final int XCR0_MASK = 3;
    private static final int XSAVE_BYTES = 576;
    private static final int XSAVEOPT = 1;
    // Leaf 7 ECX: UMIP, RDPID.
    private static final int LEAF7_ECX = bits(2, 22);
    // Leaf 80000001H ECX: LAHF, LZCNT.
    private static final int EXTENDED1_ECX = bits(0, 5);
    // Leaf 80000001H EDX: SYSCALL, NX, 1-GByte pages, RDTSCP, Intel 64.
    private static final int EXTENDED1_EDX = bits(11, 20, 26, 27, 29);

    /** 64-byte lines, in units of 8. */
    private static final int CLFLUSH_LINE = 8 << 8;

    private static final int INVARIANT_TSC = 1 << 8;
    private static final int ARAT = 1 << 2;

    private static final byte[] VENDOR = "GenuineIntel".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BRAND =
            "Understudy emulated VMX processor".getBytes(StandardCharsets.US_ASCII);

    private static final int LEAF1_ECX_MONITOR = 1 << 3;
    private static final int LEAF7_ECX_PKU = 1 << 3;

    private final int apicId;
    private final int processors;
    private final ProcessorModel model;

    /**
     * @param processors logical processors of the package
     */
    public CpuidModel(int apicId, int processors, ProcessorModel model) {
        this.apicId = apicId;
        this.processors = processors;
        this.model = model;
    }

    /** Whether MONITOR and MWAIT exist. */
    public boolean hasMonitor() {
        return model.hasMonitor();
    }

    private boolean hasProtectionKeys() {
        return model.hasProtectionKeys();
    }

    /** The CR4 bits that exist. */
    public long supportedCr4() {
        return model.supportedCr4();
    }

    private int leaf1Ebx() {
        return (apicId << 24) | (processors << 16) | CLFLUSH_LINE;
    }

    private int leaf1Ecx() {
        return LEAF1_ECX | (hasMonitor() ? LEAF1_ECX_MONITOR : 0);
    }

    private int leaf7Ecx() {
        return LEAF7_ECX | (hasProtectionKeys() ? LEAF7_ECX_PKU : 0);
    }

    /** Extended topology: one thread a core, every core in one package. */
    private void topology(int subleaf, int[] result) {
        int shift = 32 - Integer.numberOfLeadingZeros(processors - 1);
        switch (subleaf) {
            case 0 -> set(result, 0, 1, 1 << 8, apicId);
            case 1 -> set(result, shift, processors, 1 | 2 << 8, apicId);
            default -> set(result, 0, 0, subleaf & 0xff, apicId);
        }
    }

    /**
     * @param result receives EAX, EBX, ECX, EDX
     */
    public void query(int leaf, int subleaf, int[] result) {
        switch (leaf) {
            case 0 -> set(result, BASIC_MAX, word(VENDOR, 0), word(VENDOR, 8), word(VENDOR, 4));
            case 1 -> set(result, SIGNATURE, leaf1Ebx(), leaf1Ecx(), LEAF1_EDX);
            case 6 -> set(result, ARAT, 0, 0, 0);
            case 7 ->
                    set(result, 0, subleaf == 0 ? LEAF7_EBX : 0, subleaf == 0 ? leaf7Ecx() : 0, 0);
            case 0xb -> topology(subleaf, result);
            case 0xd -> {
                switch (subleaf) {
                    case 0 -> set(result, XCR0_MASK, XSAVE_BYTES, XSAVE_BYTES, 0);
                    case 1 -> set(result, XSAVEOPT, 0, 0, 0);
                    default -> set(result, 0, 0, 0, 0);
                }
            }
            case 0x15 -> set(result, 1, 1, (int) VirtualClock.TSC_HZ, 0);
            case 0x16 -> set(result, 1000, 1000, 100, 0);
            case EXTENDED -> set(result, EXTENDED_MAX, 0, 0, 0);
            case EXTENDED + 1 -> set(result, 0, 0, EXTENDED1_ECX, EXTENDED1_EDX);
            case EXTENDED + 2, EXTENDED + 3, EXTENDED + 4 -> {
                int at = (leaf - EXTENDED - 2) * 16;
                set(
                        result,
                        word(BRAND, at),
                        word(BRAND, at + 4),
                        word(BRAND, at + 8),
                        word(BRAND, at + 12));
            }
            case EXTENDED + 7 -> set(result, 0, 0, 0, INVARIANT_TSC);
            case EXTENDED + 8 ->
                    set(result, ControlBits.PHYSICAL_ADDRESS_BITS | (48 << 8), 0, 0, 0);
            default -> set(result, 0, 0, 0, 0);
        }
    }

    private static void set(int[] result, int eax, int ebx, int ecx, int edx) {
        result[0] = eax;
        result[1] = ebx;
        result[2] = ecx;
        result[3] = edx;
    }

    private static int word(byte[] text, int at) {
        int value = 0;
        for (int i = 0; i < 4 && at + i < text.length; i++) {
            value |= (text[at + i] & 0xff) << (8 * i);
        }
        return value;
    }

    private static int bits(int... numbers) {
        int value = 0;
        for (int n : numbers) {
            value |= 1 << n;
        }
        return value;
    }
}
