package io.understudy.vmx.system;

import io.understudy.vmx.ProcessorModel;
import io.understudy.vmx.VirtualClock;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.XsaveLayout;
import io.understudy.vmx.decode.Extension;
import io.understudy.vmx.decode.Extension.Leaf;
import java.nio.charset.StandardCharsets;

/** What CPUID reports (SDM volume 2, "CPUID"): only what this processor implements, so no AVX. */
public final class CpuidModel {
    private static final int BASIC_MAX = 0x16;
    private static final int EXTENDED = 0x8000_0000;
    private static final int EXTENDED_MAX = 0x8000_0008;

    /** Family 6, model 3DH. */
    private static final int SIGNATURE = 0x0003_06d4;

    // What every model has; the rest are extensions.
    // Leaf 1 ECX: VMX, x2APIC, TSC-deadline.
    private static final int LEAF1_ECX = bits(5, 21, 24);
    // Leaf 1 EDX: FPU, VME, DE, PSE, TSC, MSR, PAE, MCE, CX8, APIC, SEP, MTRR, PGE, MCA, CMOV, PAT,
    // PSE-36, CLFSH, MMX, FXSR, SSE, SSE2.
    private static final int LEAF1_EDX =
            bits(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 19, 23, 24, 25, 26);
    // Leaf 7 EBX: TSC_ADJUST, x87 data pointer on exceptions only, no x87 selectors.
    private static final int LEAF7_EBX = bits(1, 6, 13);
    // Leaf 0DH: XCR0 may have x87 and SSE, whose image has 576 bytes, and PKRU.
    private static final int X87_AND_SSE = 3;
    // Leaf 80000001H ECX: LAHF.
    private static final int EXTENDED1_ECX = bits(0);
    // Leaf 80000001H EDX: SYSCALL, NX, 1-GByte pages, Intel 64.
    private static final int EXTENDED1_EDX = bits(11, 20, 26, 29);

    /** 64-byte lines, in units of 8. */
    private static final int CLFLUSH_LINE = 8 << 8;

    private static final int INVARIANT_TSC = 1 << 8;
    private static final int ARAT = 1 << 2;

    private static final byte[] VENDOR = "GenuineIntel".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BRAND =
            "Understudy emulated VMX processor".getBytes(StandardCharsets.US_ASCII);

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

    /** The CR4 bits that exist. */
    public long supportedCr4() {
        return model.supportedCr4();
    }

    private int leaf1Ebx() {
        return (apicId << 24) | (processors << 16) | CLFLUSH_LINE;
    }

    /** The bits of the model's extensions in one register. */
    private int extensionBits(Leaf leaf) {
        int value = 0;
        for (Extension e : model.extensions()) {
            value |= e.leaf() == leaf ? e.mask() : 0;
        }
        return value;
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

    /** Leaf 0DH: the components of XSAVE, their places and sizes. */
    private void extendedState(int subleaf, long xcr0, int[] result) {
        boolean keys = model.extensions().contains(Extension.PROTECTION_KEYS);
        int keysEnd = XsaveLayout.PKRU_OFFSET + XsaveLayout.PKRU_BYTES;
        switch (subleaf) {
            case 0 -> {
                int mask = keys ? X87_AND_SSE | (int) SystemState.XCR0_PKRU : X87_AND_SSE;
                boolean enabled = (xcr0 & SystemState.XCR0_PKRU) != 0;
                set(
                        result,
                        mask,
                        enabled ? keysEnd : XsaveLayout.MINIMUM_BYTES,
                        keys ? keysEnd : XsaveLayout.MINIMUM_BYTES,
                        0);
            }
            case 1 -> set(result, extensionBits(Leaf.XSAVE_EAX), 0, 0, 0);
            case XsaveLayout.PKRU_COMPONENT ->
                    set(
                            result,
                            keys ? XsaveLayout.PKRU_BYTES : 0,
                            keys ? XsaveLayout.PKRU_OFFSET : 0,
                            0,
                            0);
            default -> set(result, 0, 0, 0, 0);
        }
    }

    /**
     * A leaf above the highest gives what the highest basic leaf gives, as on Intel processors.
     *
     * @param xcr0 the register, on which the size of an image depends
     * @param result receives EAX, EBX, ECX, EDX
     */
    public void query(int leaf, int subleaf, long xcr0, int[] result) {
        boolean exists =
                Integer.compareUnsigned(leaf, BASIC_MAX) <= 0
                        || Integer.compareUnsigned(leaf - EXTENDED, EXTENDED_MAX - EXTENDED) <= 0;
        existing(exists ? leaf : BASIC_MAX, subleaf, xcr0, result);
    }

    private void existing(int leaf, int subleaf, long xcr0, int[] result) {
        switch (leaf) {
            case 0 -> set(result, BASIC_MAX, word(VENDOR, 0), word(VENDOR, 8), word(VENDOR, 4));
            case 1 ->
                    set(
                            result,
                            SIGNATURE,
                            leaf1Ebx(),
                            LEAF1_ECX | extensionBits(Leaf.BASIC_ECX),
                            LEAF1_EDX);
            case 6 -> set(result, ARAT, 0, 0, 0);
            case 7 -> {
                boolean first = subleaf == 0;
                set(
                        result,
                        0,
                        first ? LEAF7_EBX | extensionBits(Leaf.STRUCTURED_EBX) : 0,
                        first ? extensionBits(Leaf.STRUCTURED_ECX) : 0,
                        0);
            }
            case 0xb -> topology(subleaf, result);
            case 0xd -> extendedState(subleaf, xcr0, result);
            case 0x15 -> set(result, 1, 1, (int) VirtualClock.TSC_HZ, 0);
            case 0x16 -> set(result, 1000, 1000, 100, 0);
            case EXTENDED -> set(result, EXTENDED_MAX, 0, 0, 0);
            case EXTENDED + 1 ->
                    set(
                            result,
                            0,
                            0,
                            EXTENDED1_ECX | extensionBits(Leaf.EXTENDED_ECX),
                            EXTENDED1_EDX | extensionBits(Leaf.EXTENDED_EDX));
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
