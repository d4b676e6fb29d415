package io.understudy.vmx.translation;

import io.understudy.vmx.cpu.ControlBits;

/**
 * The second-level translation in force: what VM entry loads from the VMCS and a VM exit stores.
 */
public final class EptContext {
    /** EP4TA of root operation and of guests without EPT. */
    public static final long NO_EPT = -1;

    private static final long EPTP_ACCESSED_DIRTY = 1L << 6;

    /** Root table address, which tags cached translations, or {@link #NO_EPT}. */
    public long ep4ta = NO_EPT;

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
        accessedDirty = (eptp & EPTP_ACCESSED_DIRTY) != 0;
    }

    public void disable() {
        ep4ta = NO_EPT;
        accessedDirty = false;
        pmlEnabled = false;
        virtualizationExceptions = false;
    }

    public static long ep4taOf(long eptp) {
        return eptp & ControlBits.FRAME_MASK;
    }
}
