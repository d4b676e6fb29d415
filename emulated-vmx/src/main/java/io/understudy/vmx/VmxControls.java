package io.understudy.vmx;

/**
 * Bits of the VM-execution, VM-exit and VM-entry control fields (SDM volume 3, "VM-Execution
 * Control Fields", "VM-Exit Control Fields", "VM-Entry Control Fields").
 */
public final class VmxControls {
    // Pin-based.
    public static final int PIN_EXTERNAL_INTERRUPT_EXITING = 1;
    public static final int PIN_NMI_EXITING = 1 << 3;
    public static final int PIN_VIRTUAL_NMIS = 1 << 5;
    public static final int PIN_PREEMPTION_TIMER = 1 << 6;
    public static final int PIN_POSTED_INTERRUPTS = 1 << 7;

    // Primary processor-based.
    public static final int PRIMARY_INTERRUPT_WINDOW_EXITING = 1 << 2;
    public static final int PRIMARY_TSC_OFFSETTING = 1 << 3;
    public static final int PRIMARY_HLT_EXITING = 1 << 7;
    public static final int PRIMARY_INVLPG_EXITING = 1 << 9;
    public static final int PRIMARY_MWAIT_EXITING = 1 << 10;
    public static final int PRIMARY_RDPMC_EXITING = 1 << 11;
    public static final int PRIMARY_RDTSC_EXITING = 1 << 12;
    public static final int PRIMARY_CR3_LOAD_EXITING = 1 << 15;
    public static final int PRIMARY_CR3_STORE_EXITING = 1 << 16;
    public static final int PRIMARY_CR8_LOAD_EXITING = 1 << 19;
    public static final int PRIMARY_CR8_STORE_EXITING = 1 << 20;
    public static final int PRIMARY_TPR_SHADOW = 1 << 21;
    public static final int PRIMARY_NMI_WINDOW_EXITING = 1 << 22;
    public static final int PRIMARY_MOV_DR_EXITING = 1 << 23;
    public static final int PRIMARY_UNCONDITIONAL_IO_EXITING = 1 << 24;
    public static final int PRIMARY_IO_BITMAPS = 1 << 25;
    public static final int PRIMARY_MONITOR_TRAP_FLAG = 1 << 27;
    public static final int PRIMARY_MSR_BITMAPS = 1 << 28;
    public static final int PRIMARY_MONITOR_EXITING = 1 << 29;
    public static final int PRIMARY_PAUSE_EXITING = 1 << 30;
    public static final int PRIMARY_SECONDARY_CONTROLS = 1 << 31;

    // Secondary processor-based.
    public static final int SECONDARY_VIRTUALIZE_APIC_ACCESSES = 1;
    public static final int SECONDARY_EPT = 1 << 1;
    public static final int SECONDARY_DESCRIPTOR_TABLE_EXITING = 1 << 2;
    public static final int SECONDARY_RDTSCP = 1 << 3;
    public static final int SECONDARY_VIRTUALIZE_X2APIC = 1 << 4;
    public static final int SECONDARY_VPID = 1 << 5;
    public static final int SECONDARY_WBINVD_EXITING = 1 << 6;
    public static final int SECONDARY_UNRESTRICTED_GUEST = 1 << 7;
    public static final int SECONDARY_APIC_REGISTER_VIRTUALIZATION = 1 << 8;
    public static final int SECONDARY_VIRTUAL_INTERRUPT_DELIVERY = 1 << 9;
    public static final int SECONDARY_PAUSE_LOOP_EXITING = 1 << 10;
    public static final int SECONDARY_RDRAND_EXITING = 1 << 11;
    public static final int SECONDARY_INVPCID = 1 << 12;
    public static final int SECONDARY_VM_FUNCTIONS = 1 << 13;
    public static final int SECONDARY_VMCS_SHADOWING = 1 << 14;
    public static final int SECONDARY_RDSEED_EXITING = 1 << 16;
    public static final int SECONDARY_PML = 1 << 17;
    public static final int SECONDARY_EPT_VIOLATION_VE = 1 << 18;
    public static final int SECONDARY_MODE_BASED_EXECUTE = 1 << 22;
    public static final int SECONDARY_TSC_SCALING = 1 << 25;
    public static final int SECONDARY_INSTRUCTION_TIMEOUT = 1 << 31;

    // VM exit.
    public static final int EXIT_SAVE_DEBUG_CONTROLS = 1 << 2;
    public static final int EXIT_HOST_ADDRESS_SPACE_SIZE = 1 << 9;
    public static final int EXIT_ACKNOWLEDGE_INTERRUPT = 1 << 15;
    public static final int EXIT_SAVE_PAT = 1 << 18;
    public static final int EXIT_LOAD_PAT = 1 << 19;
    public static final int EXIT_SAVE_EFER = 1 << 20;
    public static final int EXIT_LOAD_EFER = 1 << 21;
    public static final int EXIT_SAVE_PREEMPTION_TIMER = 1 << 22;

    // VM entry.
    public static final int ENTRY_LOAD_DEBUG_CONTROLS = 1 << 2;
    public static final int ENTRY_IA32E_MODE_GUEST = 1 << 9;
    public static final int ENTRY_TO_SMM = 1 << 10;
    public static final int ENTRY_DEACTIVATE_DUAL_MONITOR = 1 << 11;
    public static final int ENTRY_LOAD_PAT = 1 << 14;
    public static final int ENTRY_LOAD_EFER = 1 << 15;

    private VmxControls() {}
}
