package io.understudy.hypervisor.dirty;

/** What dirty logs ask of a vCPU's VMCS and processor. Only while the guest is paused or exited. */
public interface LoggingProcessor {
    /** Enters the guest with this EPT pointer from now on. The caller invalidates. */
    void useEptPointer(long eptPointer);

    /** INVEPT, single-context. */
    void invalidateEpt(long eptPointer);

    /**
     * Turns page-modification logging on, with an empty log.
     *
     * @param bufferHpa page of 512 entries, filled from the last downwards
     */
    void startPageModificationLog(long bufferHpa);

    void stopPageModificationLog();

    /**
     * Index of the entry to be filled next (SDM volume 3, "Page-Modification Logging"): 511 when
     * the log is empty, above 511 when it is full.
     */
    int pageModificationIndex();

    void emptyPageModificationLog();
}
