package io.understudy.vmx;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.decode.Extension;
import java.util.Collections;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * Which processor to emulate. Models differ in what VMX offers a hypervisor (IA32_VMX_EPT_VPID_CAP,
 * IA32_VMX_PROCBASED_CTLS2) and in the extensions that CPUID reports; an instruction that CPUID
 * does not report raises #UD.
 */
public enum ProcessorModel {
    /** Instructions of a processor of 2012 without AVX, with all of VMX. */
    BASELINE("baseline", true, true, Since.BASELINE),
    /** Accessed and dirty flags for EPT, but no page-modification logging, as on Haswell. */
    BASELINE_NO_PML("baseline-no-pml", true, false, Since.BASELINE),
    /** EPT without accessed and dirty flags and without VM functions, as before Haswell. */
    BASELINE_NO_AD("baseline-no-ad", false, false, Since.BASELINE),
    /**
     * APIC accesses and the TPR are virtualized, but not the other registers nor delivery, and
     * interrupts cannot be posted, as before Ivy Bridge-EP.
     */
    BASELINE_NO_APICV("baseline-no-apicv", true, true, Since.BASELINE),
    /** What a processor of 2013 has, but AVX and transactions; no page-modification logging. */
    HASWELL("haswell", true, false, Since.HASWELL),
    /** Everything that is implemented. */
    MAX("max", true, true, EnumSet.allOf(Extension.class));

    private final String optionName;
    private final boolean eptAccessedDirty;
    private final boolean pageModificationLogging;

    @SuppressWarnings("ImmutableEnumChecker") // unmodifiable, and nobody else has it
    private final Set<Extension> extensions;

    /** Asked for at every VM entry. */
    private final long supportedCr4;

    ProcessorModel(
            String optionName,
            boolean eptAccessedDirty,
            boolean pageModificationLogging,
            Set<Extension> extensions) {
        this.optionName = optionName;
        this.eptAccessedDirty = eptAccessedDirty;
        this.pageModificationLogging = pageModificationLogging;
        this.extensions = Collections.unmodifiableSet(extensions);
        this.supportedCr4 = supportedCr4(extensions);
    }

    /** What the makers of processors added, by year. */
    private static final class Since {
        static final Set<Extension> BASELINE =
                EnumSet.of(
                        Extension.SSE3,
                        Extension.PCLMUL,
                        Extension.SSSE3,
                        Extension.CX16,
                        Extension.PCID,
                        Extension.SSE4_1,
                        Extension.SSE4_2,
                        Extension.POPULATION_COUNT,
                        Extension.AES,
                        Extension.XSAVING,
                        Extension.XSAVE_OPTIMIZED,
                        Extension.RANDOM,
                        Extension.FSGSBASE,
                        Extension.SMEP,
                        Extension.TSC_WITH_PROCESSOR);

        static final Set<Extension> HASWELL =
                with(
                        BASELINE,
                        Extension.MWAITING,
                        Extension.MOVE_BIG_ENDIAN,
                        Extension.BMI1,
                        Extension.BMI2,
                        Extension.LEADING_ZEROS,
                        Extension.INVALIDATE_PCID);

        private Since() {}

        private static Set<Extension> with(Set<Extension> older, Extension... added) {
            Set<Extension> all = EnumSet.copyOf(older);
            Collections.addAll(all, added);
            return all;
        }
    }

    /** Extensions of the instruction set that CPUID reports; no others execute. */
    public Set<Extension> extensions() {
        return extensions;
    }

    /** The CR4 bits that exist. */
    public long supportedCr4() {
        return supportedCr4;
    }

    private static long supportedCr4(Set<Extension> extensions) {
        long bits = ControlBits.CR4_SUPPORTED;
        bits &= extensions.contains(Extension.FSGSBASE) ? -1 : ~ControlBits.CR4_FSGSBASE;
        bits &= extensions.contains(Extension.PCID) ? -1 : ~ControlBits.CR4_PCIDE;
        bits &= extensions.contains(Extension.XSAVING) ? -1 : ~ControlBits.CR4_OSXSAVE;
        bits &= extensions.contains(Extension.SMEP) ? -1 : ~ControlBits.CR4_SMEP;
        bits &= extensions.contains(Extension.SMAP) ? -1 : ~ControlBits.CR4_SMAP;
        bits &= extensions.contains(Extension.UMIP) ? -1 : ~ControlBits.CR4_UMIP;
        return bits & (extensions.contains(Extension.PROTECTION_KEYS) ? -1 : ~ControlBits.CR4_PKE);
    }

    /** As typed on the command line. */
    public String optionName() {
        return optionName;
    }

    public boolean hasEptAccessedDirty() {
        return eptAccessedDirty;
    }

    public boolean hasPageModificationLogging() {
        return pageModificationLogging;
    }

    /** Whether VMFUNC can switch EPT pointers without a VM exit. */
    public boolean hasVmFunctions() {
        return this != BASELINE_NO_AD;
    }

    /**
     * Whether VMREAD and VMWRITE of a guest can reach a shadow VMCS, and VMWRITE fields of exit
     * information.
     */
    public boolean hasVmcsShadowing() {
        return this == HASWELL || this == MAX;
    }

    /** Whether EPT can tell fetches from user pages and from supervisor pages apart. */
    public boolean hasModeBasedExecute() {
        return this == MAX;
    }

    /** Whether interrupts reach a guest without exits: register virtualization and what follows. */
    public boolean hasVirtualInterrupts() {
        return this != BASELINE_NO_APICV;
    }

    public static Optional<ProcessorModel> of(String optionName) {
        for (ProcessorModel m : values()) {
            if (m.optionName.equals(optionName)) {
                return Optional.of(m);
            }
        }
        return Optional.empty();
    }
}
