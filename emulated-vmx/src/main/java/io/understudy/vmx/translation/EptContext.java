package io.understudy.vmx.translation;

import io.understudy.vmx.cpu.ControlBits;

/**
 * The second-level translation in force: what VM entry loads from the VMCS and a VM exit stores.
 */
public final class EptContext {
    /** EP4TA of root operation and of guests without EPT. */
    public static final long NO_EPT = -1;

    private static final long EPTP_ACCESSED_DIRTY = 1L << 6;

    /** In {@link #tag}: translations with and without mode-based execute control differ. */
    static final long TAG_EXECUTES_BY_MODE = 1;

    /** Root table address or {@link #NO_EPT}. */
    public long ep4ta = NO_EPT;

    /**
     * Tags cached translations: the root table address, with a bit of its own for those under
     * mode-based execute control; or {@link #NO_EPT}.
     */
    long tag = NO_EPT;

    /** Mode-based execute control: bit 10 of an entry is for fetches from user pages. */
    public boolean executesByMode;

    public boolean accessedDirty;
    public int vpid;

    public boolean pmlEnabled;
    public long pmlAddress;

    /** Next entry of the page-modification log to write; counts down from 511. */
    public int pmlIndex;

    /** Convertible EPT violations are exceptions of the guest. */
    public boolean virtualizationExceptions;

    public boolean isEnabled() {
        return ep4ta != NO_EPT;
    }

    public void enable(long eptp) {
        ep4ta = ep4taOf(eptp);
        tag = executesByMode ? ep4ta | TAG_EXECUTES_BY_MODE : ep4ta;
        accessedDirty = (eptp & EPTP_ACCESSED_DIRTY) != 0;
    }

    public void disable() {
        ep4ta = NO_EPT;
        tag = NO_EPT;
        executesByMode = false;
        accessedDirty = false;
        pmlEnabled = false;
        virtualizationExceptions = false;
    }

    /** Whether {@code tag} is one of translations by the tables at {@code root}. */
    static boolean isTagOf(long tag, long root) {
        return (tag & ~TAG_EXECUTES_BY_MODE) == root;
    }

    public static long ep4taOf(long eptp) {
        return eptp & ControlBits.FRAME_MASK;
    }
}
