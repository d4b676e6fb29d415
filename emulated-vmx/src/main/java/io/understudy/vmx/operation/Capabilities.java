package io.understudy.vmx.operation;

import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.ProcessorModel;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Msr;
import io.understudy.vmx.decode.Extension;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;

/**
 * What the VMX capability MSRs report, and what entry checks enforce: one set of numbers (SDM
 * volume 3, appendix "VMX Capability Reporting Facility").
 */
public final class Capabilities {
    public static final int REVISION = 0x0001_7ac5;
    public static final int CR3_TARGETS = 4;

    /** Entries of an MSR list. */
    public static final int MSR_LIST_MAX = 512;

    private static final int PIN_DEFAULT_1 = 0x16;
    private static final int PRIMARY_DEFAULT_1 = 0x0401_e172;
    private static final int EXIT_DEFAULT_1 = 0x0003_6dff;
    private static final int ENTRY_DEFAULT_1 = 0x0000_11ff;

    static final int PIN_ALLOWED_0 = PIN_DEFAULT_1;
    private static final int PIN_ALLOWED_1 =
            PIN_DEFAULT_1
                    | PIN_EXTERNAL_INTERRUPT_EXITING
                    | PIN_NMI_EXITING
                    | PIN_VIRTUAL_NMIS
                    | PIN_PREEMPTION_TIMER
                    | PIN_POSTED_INTERRUPTS;

    static final int PRIMARY_ALLOWED_0 =
            PRIMARY_DEFAULT_1 & ~(PRIMARY_CR3_LOAD_EXITING | PRIMARY_CR3_STORE_EXITING);
    static final int PRIMARY_ALLOWED_1 =
            PRIMARY_DEFAULT_1
                    | PRIMARY_INTERRUPT_WINDOW_EXITING
                    | PRIMARY_TSC_OFFSETTING
                    | PRIMARY_HLT_EXITING
                    | PRIMARY_INVLPG_EXITING
                    | PRIMARY_MWAIT_EXITING
                    | PRIMARY_RDPMC_EXITING
                    | PRIMARY_RDTSC_EXITING
                    | PRIMARY_CR8_LOAD_EXITING
                    | PRIMARY_CR8_STORE_EXITING
                    | PRIMARY_TPR_SHADOW
                    | PRIMARY_NMI_WINDOW_EXITING
                    | PRIMARY_MOV_DR_EXITING
                    | PRIMARY_UNCONDITIONAL_IO_EXITING
                    | PRIMARY_IO_BITMAPS
                    | PRIMARY_MONITOR_TRAP_FLAG
                    | PRIMARY_MSR_BITMAPS
                    | PRIMARY_MONITOR_EXITING
                    | PRIMARY_PAUSE_EXITING
                    | PRIMARY_SECONDARY_CONTROLS;

    private static final int SECONDARY_ALLOWED_1 =
            SECONDARY_VIRTUALIZE_APIC_ACCESSES
                    | SECONDARY_EPT
                    | SECONDARY_DESCRIPTOR_TABLE_EXITING
                    | SECONDARY_RDTSCP
                    | SECONDARY_VIRTUALIZE_X2APIC
                    | SECONDARY_VPID
                    | SECONDARY_WBINVD_EXITING
                    | SECONDARY_UNRESTRICTED_GUEST
                    | SECONDARY_APIC_REGISTER_VIRTUALIZATION
                    | SECONDARY_VIRTUAL_INTERRUPT_DELIVERY
                    | SECONDARY_PAUSE_LOOP_EXITING
                    | SECONDARY_RDRAND_EXITING
                    | SECONDARY_INVPCID
                    | SECONDARY_VM_FUNCTIONS
                    | SECONDARY_VMCS_SHADOWING
                    | SECONDARY_RDSEED_EXITING
                    | SECONDARY_PML
                    | SECONDARY_EPT_VIOLATION_VE
                    | SECONDARY_MODE_BASED_EXECUTE
                    | SECONDARY_TSC_SCALING
                    | SECONDARY_INSTRUCTION_TIMEOUT;

    static final int EXIT_ALLOWED_0 = EXIT_DEFAULT_1 & ~EXIT_SAVE_DEBUG_CONTROLS;
    static final int EXIT_ALLOWED_1 =
            EXIT_DEFAULT_1
                    | EXIT_HOST_ADDRESS_SPACE_SIZE
                    | EXIT_ACKNOWLEDGE_INTERRUPT
                    | EXIT_SAVE_PAT
                    | EXIT_LOAD_PAT
                    | EXIT_SAVE_EFER
                    | EXIT_LOAD_EFER
                    | EXIT_SAVE_PREEMPTION_TIMER;

    static final int ENTRY_ALLOWED_0 = ENTRY_DEFAULT_1 & ~ENTRY_LOAD_DEBUG_CONTROLS;
    static final int ENTRY_ALLOWED_1 =
            ENTRY_DEFAULT_1 | ENTRY_IA32E_MODE_GUEST | ENTRY_LOAD_PAT | ENTRY_LOAD_EFER;

    static final long CR0_FIXED_0 = ControlBits.CR0_PE | ControlBits.CR0_NE | ControlBits.CR0_PG;
    static final long CR0_FIXED_1 = 0xffff_ffffL;
    static final long CR4_FIXED_0 = ControlBits.CR4_VMXE;

    /** Execute-only, 4 levels, UC and WB, 2M and 1G pages, A/D, advanced exit information. */
    private static final long EPT_VPID = 0x0000_0f01_0673_4141L;

    private static final long EPT_ACCESSED_DIRTY = 1L << 21;

    private static final long BASIC =
            REVISION | (4096L << 32) | (6L << 50) | (1L << 54) | (1L << 55);

    /** EPTP switching. */
    static final long VM_FUNCTIONS = 1;

    /** Timer rate 0, LMA stored at exits, all activity states, CR3 targets. */
    private static final long MISC = (1L << 5) | (7L << 6) | ((long) CR3_TARGETS << 16);

    /** VMWRITE may write fields of exit information. */
    private static final long MISC_WRITES_ALL = 1L << 29;

    /** Looked up at every VM entry. */
    private static final Map<ProcessorModel, Integer> SECONDARY_ALLOWED_1_BY_MODEL =
            secondaryAllowed1ByModel();

    private Capabilities() {}

    /** Secondary controls that may be 1. */
    static int secondaryAllowed1(ProcessorModel model) {
        return SECONDARY_ALLOWED_1_BY_MODEL.getOrDefault(model, 0);
    }

    private static Map<ProcessorModel, Integer> secondaryAllowed1ByModel() {
        Map<ProcessorModel, Integer> byModel = new EnumMap<>(ProcessorModel.class);
        for (ProcessorModel model : ProcessorModel.values()) {
            byModel.put(model, secondaryAllowed1Of(model));
        }
        return byModel;
    }

    private static int secondaryAllowed1Of(ProcessorModel model) {
        Set<Extension> has = model.extensions();
        int absent = model.hasPageModificationLogging() ? 0 : SECONDARY_PML;
        absent |= model.hasVmFunctions() ? 0 : SECONDARY_VM_FUNCTIONS;
        absent |= model.hasVmcsShadowing() ? 0 : SECONDARY_VMCS_SHADOWING;
        absent |= model.hasModeBasedExecute() ? 0 : SECONDARY_MODE_BASED_EXECUTE;
        absent |= has.contains(Extension.TSC_WITH_PROCESSOR) ? 0 : SECONDARY_RDTSCP;
        absent |= has.contains(Extension.RANDOM) ? 0 : SECONDARY_RDRAND_EXITING;
        absent |= has.contains(Extension.RANDOM_SEED) ? 0 : SECONDARY_RDSEED_EXITING;
        absent |= has.contains(Extension.INVALIDATE_PCID) ? 0 : SECONDARY_INVPCID;
        absent |=
                model.hasVirtualInterrupts()
                        ? 0
                        : SECONDARY_APIC_REGISTER_VIRTUALIZATION
                                | SECONDARY_VIRTUAL_INTERRUPT_DELIVERY;
        return SECONDARY_ALLOWED_1 & ~absent;
    }

    /** Pin-based controls that may be 1. */
    static int pinAllowed1(ProcessorModel model) {
        return model.hasVirtualInterrupts()
                ? PIN_ALLOWED_1
                : PIN_ALLOWED_1 & ~PIN_POSTED_INTERRUPTS;
    }

    /** Value of a VMX capability MSR, or -1 if there is none of that number. */
    public static long msr(int number, ProcessorModel model) {
        return switch (number) {
            case Msr.VMX_BASIC -> BASIC;
            case Msr.VMX_PINBASED_CTLS -> both(PIN_DEFAULT_1, pinAllowed1(model));
            case Msr.VMX_TRUE_PINBASED_CTLS -> both(PIN_ALLOWED_0, pinAllowed1(model));
            case Msr.VMX_PROCBASED_CTLS -> both(PRIMARY_DEFAULT_1, PRIMARY_ALLOWED_1);
            case Msr.VMX_TRUE_PROCBASED_CTLS -> both(PRIMARY_ALLOWED_0, PRIMARY_ALLOWED_1);
            case Msr.VMX_EXIT_CTLS -> both(EXIT_DEFAULT_1, EXIT_ALLOWED_1);
            case Msr.VMX_TRUE_EXIT_CTLS -> both(EXIT_ALLOWED_0, EXIT_ALLOWED_1);
            case Msr.VMX_ENTRY_CTLS -> both(ENTRY_DEFAULT_1, ENTRY_ALLOWED_1);
            case Msr.VMX_TRUE_ENTRY_CTLS -> both(ENTRY_ALLOWED_0, ENTRY_ALLOWED_1);
            case Msr.VMX_PROCBASED_CTLS2 -> both(0, secondaryAllowed1(model));
            case Msr.VMX_MISC -> model.hasVmcsShadowing() ? MISC | MISC_WRITES_ALL : MISC;
            case Msr.VMX_CR0_FIXED0 -> CR0_FIXED_0;
            case Msr.VMX_CR0_FIXED1 -> CR0_FIXED_1;
            case Msr.VMX_CR4_FIXED0 -> CR4_FIXED_0;
            case Msr.VMX_CR4_FIXED1 -> model.supportedCr4();
            case Msr.VMX_VMCS_ENUM -> (long) new VmcsFields(model).highestIndex() << 1;
            case Msr.VMX_EPT_VPID_CAP ->
                    model.hasEptAccessedDirty() ? EPT_VPID : EPT_VPID & ~EPT_ACCESSED_DIRTY;
            case Msr.VMX_VMFUNC -> model.hasVmFunctions() ? VM_FUNCTIONS : -1;
            default -> -1;
        };
    }

    private static long both(int allowed0, int allowed1) {
        return Integer.toUnsignedLong(allowed0) | ((long) allowed1 << 32);
    }
}
