package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.*;

import io.understudy.vmx.ProcessorModel;

/**
 * The VMCS components that this processor has, and where each lives in a {@link Vmcs}: a field
 * exists if a feature that the capability MSRs report uses it.
 */
final class VmcsFields {
    /** Slots of a VMCS; a slot is width, type and the low six bits of the index. */
    static final int SLOTS = 1024;

    static final int TYPE_CONTROL = 0;
    static final int TYPE_READ_ONLY = 1;
    static final int TYPE_GUEST = 2;
    static final int TYPE_HOST = 3;

    private static final int[] ENCODINGS = {
        // 16 bits
        VPID,
        POSTED_INTERRUPT_NOTIFICATION_VECTOR,
        EPTP_INDEX,
        GUEST_ES_SELECTOR,
        GUEST_CS_SELECTOR,
        GUEST_SS_SELECTOR,
        GUEST_DS_SELECTOR,
        GUEST_FS_SELECTOR,
        GUEST_GS_SELECTOR,
        GUEST_LDTR_SELECTOR,
        GUEST_TR_SELECTOR,
        GUEST_INTERRUPT_STATUS,
        GUEST_PML_INDEX,
        HOST_ES_SELECTOR,
        HOST_CS_SELECTOR,
        HOST_SS_SELECTOR,
        HOST_DS_SELECTOR,
        HOST_FS_SELECTOR,
        HOST_GS_SELECTOR,
        HOST_TR_SELECTOR,
        // 64 bits
        IO_BITMAP_A,
        IO_BITMAP_B,
        MSR_BITMAPS,
        VMEXIT_MSR_STORE_ADDR,
        VMEXIT_MSR_LOAD_ADDR,
        VMENTRY_MSR_LOAD_ADDR,
        EXECUTIVE_VMCS_PTR,
        PML_ADDRESS,
        TSC_OFFSET,
        VIRTUAL_APIC_PAGE_ADDRESS,
        APIC_ACCESS_PAGE_ADDRESS,
        POSTED_INTERRUPT_DESCRIPTOR_ADDRESS,
        VM_FUNCTION_CONTROLS,
        EPT_POINTER,
        EOI_EXIT_BITMAP0,
        EOI_EXIT_BITMAP1,
        EOI_EXIT_BITMAP2,
        EOI_EXIT_BITMAP3,
        EPTP_LIST_ADDRESS,
        VMREAD_BITMAP_ADDR,
        VMWRITE_BITMAP_ADDR,
        VE_INFORMATION_AREA_ADDRESS,
        TSC_MULTIPLIER,
        GUEST_PHYSICAL_ADDRESS,
        GUEST_VMCS_LINK_POINTER,
        GUEST_IA32_DEBUGCTL,
        GUEST_IA32_PAT,
        GUEST_IA32_EFER,
        GUEST_IA32_PDPTE0,
        GUEST_IA32_PDPTE1,
        GUEST_IA32_PDPTE2,
        GUEST_IA32_PDPTE3,
        HOST_IA32_PAT,
        HOST_IA32_EFER,
        // 32 bits
        PIN_BASED_VM_EXECUTION_CONTROLS,
        PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
        EXCEPTION_BITMAP,
        PAGE_FAULT_ERR_CODE_MASK,
        PAGE_FAULT_ERR_CODE_MATCH,
        CR3_TARGET_COUNT,
        PRIMARY_VM_EXIT_CONTROLS,
        VMEXIT_MSR_STORE_COUNT,
        VMEXIT_MSR_LOAD_COUNT,
        VM_ENTRY_CONTROLS,
        VMENTRY_MSR_LOAD_COUNT,
        VM_ENTRY_INTERRUPTION_INFORMATION,
        VM_ENTRY_EXCEPTION_ERROR_CODE,
        VM_ENTRY_INSTRUCTION_LENGTH,
        TPR_THRESHOLD,
        SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
        PLE_GAP,
        PLE_WINDOW,
        INSTRUCTION_TIMEOUT,
        VM_INSTRUCTION_ERROR,
        EXIT_REASON,
        EXIT_INTERRUPTION_INFORMATION,
        EXIT_INTERRUPTION_ERROR_CODE,
        IDT_VECTORING_INFORMATION,
        IDT_VECTORING_ERROR_CODE,
        EXIT_INSTRUCTION_LENGTH,
        EXIT_INSTRUCTION_INFORMATION,
        GUEST_ES_LIMIT,
        GUEST_CS_LIMIT,
        GUEST_SS_LIMIT,
        GUEST_DS_LIMIT,
        GUEST_FS_LIMIT,
        GUEST_GS_LIMIT,
        GUEST_LDTR_LIMIT,
        GUEST_TR_LIMIT,
        GUEST_GDTR_LIMIT,
        GUEST_IDTR_LIMIT,
        GUEST_ES_ACCESS_RIGHTS,
        GUEST_CS_ACCESS_RIGHTS,
        GUEST_SS_ACCESS_RIGHTS,
        GUEST_DS_ACCESS_RIGHTS,
        GUEST_FS_ACCESS_RIGHTS,
        GUEST_GS_ACCESS_RIGHTS,
        GUEST_LDTR_ACCESS_RIGHTS,
        GUEST_TR_ACCESS_RIGHTS,
        GUEST_INTERRUPTIBILITY_STATE,
        GUEST_ACTIVITY_STATE,
        GUEST_SMBASE,
        GUEST_IA32_SYSENTER_CS_MSR,
        GUEST_PREEMPTION_TIMER_VALUE,
        HOST_IA32_SYSENTER_CS_MSR,
        // Natural width
        CR0_GUEST_HOST_MASK,
        CR4_GUEST_HOST_MASK,
        CR0_READ_SHADOW,
        CR4_READ_SHADOW,
        CR3_TARGET0,
        CR3_TARGET1,
        CR3_TARGET2,
        CR3_TARGET3,
        EXIT_QUALIFICATION,
        I_O_RCX,
        I_O_RSI,
        I_O_RDI,
        I_O_RIP,
        GUEST_LINEAR_ADDRESS,
        GUEST_CR0,
        GUEST_CR3,
        GUEST_CR4,
        GUEST_ES_BASE,
        GUEST_CS_BASE,
        GUEST_SS_BASE,
        GUEST_DS_BASE,
        GUEST_FS_BASE,
        GUEST_GS_BASE,
        GUEST_LDTR_BASE,
        GUEST_TR_BASE,
        GUEST_GDTR_BASE,
        GUEST_IDTR_BASE,
        GUEST_DR7,
        GUEST_RSP,
        GUEST_RIP,
        GUEST_RFLAGS,
        GUEST_PENDING_DBG_EXCEPTIONS,
        GUEST_IA32_SYSENTER_ESP_MSR,
        GUEST_IA32_SYSENTER_EIP_MSR,
        HOST_CR0,
        HOST_CR3,
        HOST_CR4,
        HOST_FS_BASE,
        HOST_GS_BASE,
        HOST_TR_BASE,
        HOST_GDTR_BASE,
        HOST_IDTR_BASE,
        HOST_IA32_SYSENTER_ESP_MSR,
        HOST_IA32_SYSENTER_EIP_MSR,
        HOST_RSP,
        HOST_RIP,
    };

    /** Encodings above all that name a field. */
    private static final int ENCODINGS_END = 0x8000;

    /** By slot: the place of a field in the VMCS region. */
    private static final int[] PLACE = new int[SLOTS];

    static {
        for (int i = 0; i < ENCODINGS.length; i++) {
            PLACE[slot(ENCODINGS[i])] = i;
        }
    }

    /** By encoding, high halves included: whether it names a field of the processor. */
    private final boolean[] exists = new boolean[ENCODINGS_END];

    private final int highestIndex;

    VmcsFields(ProcessorModel model) {
        int highest = 0;
        for (int e : ENCODINGS) {
            if (isOf(model, e)) {
                exists[e] = true;
                exists[e | 1] |= width(e) == 1;
                highest = Math.max(highest, (e >>> 1) & 0x1ff);
            }
        }
        highestIndex = highest;
    }

    /** Whether a model has what a field is for. */
    private static boolean isOf(ProcessorModel model, int encoding) {
        return switch (encoding) {
            case PML_ADDRESS, GUEST_PML_INDEX -> model.hasPageModificationLogging();
            case VM_FUNCTION_CONTROLS, EPTP_LIST_ADDRESS -> model.hasVmFunctions();
            case VMREAD_BITMAP_ADDR, VMWRITE_BITMAP_ADDR -> model.hasVmcsShadowing();
            case POSTED_INTERRUPT_NOTIFICATION_VECTOR,
                    POSTED_INTERRUPT_DESCRIPTOR_ADDRESS,
                    EOI_EXIT_BITMAP0,
                    EOI_EXIT_BITMAP1,
                    EOI_EXIT_BITMAP2,
                    EOI_EXIT_BITMAP3,
                    GUEST_INTERRUPT_STATUS ->
                    model.hasVirtualInterrupts();
            default -> true;
        };
    }

    /** Number of fields. */
    static int count() {
        return ENCODINGS.length;
    }

    /** Encoding of the field number {@code i}, in the order of the VMCS region. */
    static int encoding(int i) {
        return ENCODINGS[i];
    }

    /** Number of an existing field, in the order of the VMCS region. */
    static int place(int encoding) {
        return PLACE[slot(encoding)];
    }

    static int slot(int encoding) {
        return (((encoding >>> 13) & 3) << 8)
                | (((encoding >>> 10) & 3) << 6)
                | ((encoding >>> 1) & 0x3f);
    }

    /** Whether {@code encoding}, possibly of a high half, names a field of this processor. */
    boolean exist(int encoding) {
        return encoding >= 0 && encoding < ENCODINGS_END && exists[encoding];
    }

    static int type(int encoding) {
        return (encoding >>> 10) & 3;
    }

    /** 0 for 16 bits, 1 for 64 bits, 2 for 32 bits, 3 for natural width. */
    static int width(int encoding) {
        return (encoding >>> 13) & 3;
    }

    int highestIndex() {
        return highestIndex;
    }
}
