package io.understudy.hypervisor;

/**
 * What dirty tracking makes happen, beside the VM exits. Each is counted exactly, by the part that
 * causes it; those that only the processor can know are ground truth for reports and tests.
 */
public enum MachineEvent {
    /** EPT violations of reads; that of an update counts as a read and as a write. */
    EPT_VIOLATIONS_READ("eptViolationsRead"),
    EPT_VIOLATIONS_WRITE("eptViolationsWrite"),
    EPT_VIOLATIONS_FETCH("eptViolationsFetch"),
    /** Of all EPT violations, those of an access to a guest paging structure. */
    EPT_VIOLATIONS_WALK("eptViolationsWalk"),
    /** Of all EPT violations, those that cut the delivery of an event short. */
    EPT_VIOLATIONS_DELIVERY("eptViolationsDelivery"),
    EPT_MISCONFIGURATIONS("eptMisconfigurations"),

    /** Exits because the page-modification log was full. */
    PML_FULL("pmlFull"),
    /** Pages that the processor wrote to the page-modification log. Ground truth. */
    PML_LOGGED("pmlLogged"),

    /** Guest-physical accesses for which the processor set accessed flags only. Ground truth. */
    ASSISTS_ACCESSED("assistsAccessed"),
    /** Guest-physical accesses for which the processor set a dirty flag. Ground truth. */
    ASSISTS_DIRTY("assistsDirty"),
    /** Of these, accesses to a guest paging structure. Ground truth. */
    DIRTY_BY_WALK("dirtyByWalk"),

    /** Leaf entries of EPT that the hypervisor looked at. */
    LEAVES_READ("leavesRead"),
    /** Leaf entries in which it cleared a flag or a right. */
    LEAVES_CLEARED("leavesCleared"),
    /** Entries of upper EPT tables that it looked at. */
    NON_LEAVES_READ("nonLeavesRead"),
    /** Entries of upper EPT tables in which it cleared a flag or a right. */
    NON_LEAVES_CLEARED("nonLeavesCleared"),
    /** 2 MiB mappings that became 512 of 4 KiB. */
    SPLITS("splits"),
    /** The reverse. */
    MERGES("merges"),

    INVEPT_SINGLE("inveptSingle"),
    INVEPT_ALL("inveptAll"),
    /** Interrupts to other processors, to stop them or to invalidate there. */
    IPIS("ipis"),
    /** Accesses that no cached translation served; depends on the emulated TLB. Ground truth. */
    TLB_MISSES("tlbMisses"),
    /** Words of 64 pages moved from one dirty bitmap to another. */
    BITMAP_WORDS("bitmapWords"),
    /** Pages copied to staging during pauses. Counted by whoever captures. */
    PAGES_COPIED("pagesCopied"),

    VMFUNCS("vmfuncs"),
    PAGE_INS("pageIns"),
    PAGE_OUTS("pageOuts");

    private final String key;

    MachineEvent(String key) {
        this.key = key;
    }

    /** Name in reports. */
    public String key() {
        return key;
    }
}
