package io.understudy.vmx;

/**
 * VMCS component encodings (SDM volume 3, appendix "Field Encoding in VMCS").
 *
 * <pre>
 * bit 0 access type (1 = high half of a 64-bit field) | 9:1 index | 11:10 type (control, read-only, guest, host)
 * bit 12 zero | 14:13 width (0 = 16, 1 = 64, 2 = 32 bits, 3 = natural)
 * </pre>
 */
public final class VmcsField {

    // 16-bit, control
    public static final int VPID = 0x0000;
    public static final int POSTED_INTERRUPT_NOTIFICATION_VECTOR = 0x0002;
    public static final int EPTP_INDEX = 0x0004;
    public static final int HLAT_PREFIX = 0x0006;
    public static final int LAST_PID_POINTER_INDEX = 0x0008;

    // 16-bit, guest state
    public static final int GUEST_ES_SELECTOR = 0x0800;
    public static final int GUEST_CS_SELECTOR = 0x0802;
    public static final int GUEST_SS_SELECTOR = 0x0804;
    public static final int GUEST_DS_SELECTOR = 0x0806;
    public static final int GUEST_FS_SELECTOR = 0x0808;
    public static final int GUEST_GS_SELECTOR = 0x080A;
    public static final int GUEST_LDTR_SELECTOR = 0x080C;
    public static final int GUEST_TR_SELECTOR = 0x080E;
    public static final int GUEST_INTERRUPT_STATUS = 0x0810;
    public static final int GUEST_PML_INDEX = 0x0812;

    // 16-bit, host state
    public static final int HOST_ES_SELECTOR = 0x0C00;
    public static final int HOST_CS_SELECTOR = 0x0C02;
    public static final int HOST_SS_SELECTOR = 0x0C04;
    public static final int HOST_DS_SELECTOR = 0x0C06;
    public static final int HOST_FS_SELECTOR = 0x0C08;
    public static final int HOST_GS_SELECTOR = 0x0C0A;
    public static final int HOST_TR_SELECTOR = 0x0C0C;

    // 64-bit, control
    public static final int IO_BITMAP_A = 0x2000;
    public static final int IO_BITMAP_B = 0x2002;
    public static final int MSR_BITMAPS = 0x2004;
    public static final int VMEXIT_MSR_STORE_ADDR = 0x2006;
    public static final int VMEXIT_MSR_LOAD_ADDR = 0x2008;
    public static final int VMENTRY_MSR_LOAD_ADDR = 0x200A;
    public static final int EXECUTIVE_VMCS_PTR = 0x200C;
    public static final int PML_ADDRESS = 0x200E;
    public static final int TSC_OFFSET = 0x2010;
    public static final int VIRTUAL_APIC_PAGE_ADDRESS = 0x2012;
    public static final int APIC_ACCESS_PAGE_ADDRESS = 0x2014;
    public static final int POSTED_INTERRUPT_DESCRIPTOR_ADDRESS = 0x2016;
    public static final int VM_FUNCTION_CONTROLS = 0x2018;
    public static final int EPT_POINTER = 0x201A;
    public static final int EOI_EXIT_BITMAP0 = 0x201C;
    public static final int EOI_EXIT_BITMAP1 = 0x201E;
    public static final int EOI_EXIT_BITMAP2 = 0x2020;
    public static final int EOI_EXIT_BITMAP3 = 0x2022;
    public static final int EPTP_LIST_ADDRESS = 0x2024;
    public static final int VMREAD_BITMAP_ADDR = 0x2026;
    public static final int VMWRITE_BITMAP_ADDR = 0x2028;
    public static final int VE_INFORMATION_AREA_ADDRESS = 0x202A;
    public static final int XSS_EXITING_BITMAP = 0x202C;
    public static final int ENCLS_EXITING_BITMAP = 0x202E;
    public static final int SUB_PAGE_PERMISSION_TABLE_POINTER = 0x2030;
    public static final int TSC_MULTIPLIER = 0x2032;
    public static final int TERTIARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS = 0x2034;
    public static final int ENCLV_EXITING_BITMAP = 0x2036;
    public static final int LO_PASID_DIRECTORY_ADDR = 0x2038;
    public static final int HI_PASID_DIRECTORY_ADDR = 0x203A;
    public static final int PCONFIG_EXITING_BITMAP = 0x203E;
    public static final int HLAT_POINTER = 0x2040;
    public static final int PID_POINTER_TABLE_ADDRESS = 0x2042;
    public static final int SECONDARY_VM_EXIT_CONTROLS = 0x2044;
    public static final int IA32_SPEC_CTRL_MASK = 0x204A;
    public static final int IA32_SPEC_CTRL_SHADOW = 0x204C;

    // 64-bit, read-only data
    public static final int GUEST_PHYSICAL_ADDRESS = 0x2400;

    // 64-bit, guest state
    public static final int GUEST_VMCS_LINK_POINTER = 0x2800;
    public static final int GUEST_IA32_DEBUGCTL = 0x2802;
    public static final int GUEST_IA32_PAT = 0x2804;
    public static final int GUEST_IA32_EFER = 0x2806;
    public static final int GUEST_IA32_PERF_GLOBAL_CTRL = 0x2808;
    public static final int GUEST_IA32_PDPTE0 = 0x280A;
    public static final int GUEST_IA32_PDPTE1 = 0x280C;
    public static final int GUEST_IA32_PDPTE2 = 0x280E;
    public static final int GUEST_IA32_PDPTE3 = 0x2810;
    public static final int GUEST_IA32_BNDCFGS = 0x2812;
    public static final int GUEST_IA32_RTIT_CTL = 0x2814;
    public static final int GUEST_LBR_CTL = 0x2816;
    public static final int GUEST_IA32_PKRS = 0x2818;
    public static final int GUEST_IA32_SPEC_CTRL = 0x282E;
    public static final int GUEST_DEADLINE = 0x2830;

    // 64-bit, host state
    public static final int HOST_IA32_PAT = 0x2C00;
    public static final int HOST_IA32_EFER = 0x2C02;
    public static final int HOST_IA32_PERF_GLOBAL_CTRL = 0x2C04;
    public static final int HOST_IA32_PKRS = 0x2C06;
    public static final int HOST_IA32_SPEC_CTRL = 0x2C1A;

    // 32-bit, control
    public static final int PIN_BASED_VM_EXECUTION_CONTROLS = 0x4000;
    public static final int PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS = 0x4002;
    public static final int EXCEPTION_BITMAP = 0x4004;
    public static final int PAGE_FAULT_ERR_CODE_MASK = 0x4006;
    public static final int PAGE_FAULT_ERR_CODE_MATCH = 0x4008;
    public static final int CR3_TARGET_COUNT = 0x400A;
    public static final int PRIMARY_VM_EXIT_CONTROLS = 0x400C;
    public static final int VMEXIT_MSR_STORE_COUNT = 0x400E;
    public static final int VMEXIT_MSR_LOAD_COUNT = 0x4010;
    public static final int VM_ENTRY_CONTROLS = 0x4012;
    public static final int VMENTRY_MSR_LOAD_COUNT = 0x4014;
    public static final int VM_ENTRY_INTERRUPTION_INFORMATION = 0x4016;
    public static final int VM_ENTRY_EXCEPTION_ERROR_CODE = 0x4018;
    public static final int VM_ENTRY_INSTRUCTION_LENGTH = 0x401A;
    public static final int TPR_THRESHOLD = 0x401C;
    public static final int SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS = 0x401E;
    public static final int PLE_GAP = 0x4020;
    public static final int PLE_WINDOW = 0x4022;
    public static final int INSTRUCTION_TIMEOUT = 0x4024;

    // 32-bit, read-only data
    public static final int VM_INSTRUCTION_ERROR = 0x4400;
    public static final int EXIT_REASON = 0x4402;
    public static final int EXIT_INTERRUPTION_INFORMATION = 0x4404;
    public static final int EXIT_INTERRUPTION_ERROR_CODE = 0x4406;
    public static final int IDT_VECTORING_INFORMATION = 0x4408;
    public static final int IDT_VECTORING_ERROR_CODE = 0x440A;
    public static final int EXIT_INSTRUCTION_LENGTH = 0x440C;
    public static final int EXIT_INSTRUCTION_INFORMATION = 0x440E;

    // 32-bit, guest state
    public static final int GUEST_ES_LIMIT = 0x4800;
    public static final int GUEST_CS_LIMIT = 0x4802;
    public static final int GUEST_SS_LIMIT = 0x4804;
    public static final int GUEST_DS_LIMIT = 0x4806;
    public static final int GUEST_FS_LIMIT = 0x4808;
    public static final int GUEST_GS_LIMIT = 0x480A;
    public static final int GUEST_LDTR_LIMIT = 0x480C;
    public static final int GUEST_TR_LIMIT = 0x480E;
    public static final int GUEST_GDTR_LIMIT = 0x4810;
    public static final int GUEST_IDTR_LIMIT = 0x4812;
    public static final int GUEST_ES_ACCESS_RIGHTS = 0x4814;
    public static final int GUEST_CS_ACCESS_RIGHTS = 0x4816;
    public static final int GUEST_SS_ACCESS_RIGHTS = 0x4818;
    public static final int GUEST_DS_ACCESS_RIGHTS = 0x481A;
    public static final int GUEST_FS_ACCESS_RIGHTS = 0x481C;
    public static final int GUEST_GS_ACCESS_RIGHTS = 0x481E;
    public static final int GUEST_LDTR_ACCESS_RIGHTS = 0x4820;
    public static final int GUEST_TR_ACCESS_RIGHTS = 0x4822;
    public static final int GUEST_INTERRUPTIBILITY_STATE = 0x4824;
    public static final int GUEST_ACTIVITY_STATE = 0x4826;
    public static final int GUEST_SMBASE = 0x4828;
    public static final int GUEST_IA32_SYSENTER_CS_MSR = 0x482A;
    public static final int GUEST_PREEMPTION_TIMER_VALUE = 0x482E;

    // 32-bit, host state
    public static final int HOST_IA32_SYSENTER_CS_MSR = 0x4C00;

    // natural-width, control
    public static final int CR0_GUEST_HOST_MASK = 0x6000;
    public static final int CR4_GUEST_HOST_MASK = 0x6002;
    public static final int CR0_READ_SHADOW = 0x6004;
    public static final int CR4_READ_SHADOW = 0x6006;
    public static final int CR3_TARGET0 = 0x6008;
    public static final int CR3_TARGET1 = 0x600A;
    public static final int CR3_TARGET2 = 0x600C;
    public static final int CR3_TARGET3 = 0x600E;

    // natural-width, read-only data
    public static final int EXIT_QUALIFICATION = 0x6400;
    public static final int I_O_RCX = 0x6402;
    public static final int I_O_RSI = 0x6404;
    public static final int I_O_RDI = 0x6406;
    public static final int I_O_RIP = 0x6408;
    public static final int GUEST_LINEAR_ADDRESS = 0x640A;

    // natural-width, guest state
    public static final int GUEST_CR0 = 0x6800;
    public static final int GUEST_CR3 = 0x6802;
    public static final int GUEST_CR4 = 0x6804;
    public static final int GUEST_ES_BASE = 0x6806;
    public static final int GUEST_CS_BASE = 0x6808;
    public static final int GUEST_SS_BASE = 0x680A;
    public static final int GUEST_DS_BASE = 0x680C;
    public static final int GUEST_FS_BASE = 0x680E;
    public static final int GUEST_GS_BASE = 0x6810;
    public static final int GUEST_LDTR_BASE = 0x6812;
    public static final int GUEST_TR_BASE = 0x6814;
    public static final int GUEST_GDTR_BASE = 0x6816;
    public static final int GUEST_IDTR_BASE = 0x6818;
    public static final int GUEST_DR7 = 0x681A;
    public static final int GUEST_RSP = 0x681C;
    public static final int GUEST_RIP = 0x681E;
    public static final int GUEST_RFLAGS = 0x6820;
    public static final int GUEST_PENDING_DBG_EXCEPTIONS = 0x6822;
    public static final int GUEST_IA32_SYSENTER_ESP_MSR = 0x6824;
    public static final int GUEST_IA32_SYSENTER_EIP_MSR = 0x6826;
    public static final int GUEST_IA32_S_CET = 0x6828;
    public static final int GUEST_SSP = 0x682A;
    public static final int GUEST_INTERRUPT_SSP_TABLE_ADDR = 0x682C;

    // natural-width, host state
    public static final int HOST_CR0 = 0x6C00;
    public static final int HOST_CR3 = 0x6C02;
    public static final int HOST_CR4 = 0x6C04;
    public static final int HOST_FS_BASE = 0x6C06;
    public static final int HOST_GS_BASE = 0x6C08;
    public static final int HOST_TR_BASE = 0x6C0A;
    public static final int HOST_GDTR_BASE = 0x6C0C;
    public static final int HOST_IDTR_BASE = 0x6C0E;
    public static final int HOST_IA32_SYSENTER_ESP_MSR = 0x6C10;
    public static final int HOST_IA32_SYSENTER_EIP_MSR = 0x6C12;
    public static final int HOST_RSP = 0x6C14;
    public static final int HOST_RIP = 0x6C16;
    public static final int HOST_IA32_S_CET = 0x6C18;
    public static final int HOST_SSP = 0x6C1A;
    public static final int HOST_INTERRUPT_SSP_TABLE_ADDR = 0x6C1C;

    private VmcsField() {}
}
