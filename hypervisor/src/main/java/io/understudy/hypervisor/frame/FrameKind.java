package io.understudy.hypervisor.frame;

/** What a host-physical frame is used for. */
public enum FrameKind {
    GUEST_RAM,
    EPT_TABLE,
    VMXON_REGION,
    VMCS_REGION,
    MSR_BITMAP,
    PAGE_MODIFICATION_LOG,
    EPTP_LIST,
    /** Pages that two machines share. */
    SHARED_BUFFER,
    APIC_ACCESS_PAGE,
    VIRTUAL_APIC_PAGE,
    POSTED_INTERRUPT_DESCRIPTOR
}
