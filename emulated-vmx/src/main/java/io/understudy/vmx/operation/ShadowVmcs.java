package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.GUEST_VMCS_LINK_POINTER;
import static io.understudy.vmx.VmcsField.VM_INSTRUCTION_ERROR;
import static io.understudy.vmx.VmxControls.SECONDARY_VMCS_SHADOWING;
import static io.understudy.vmx.operation.InstructionError.UNSUPPORTED_COMPONENT;

import io.understudy.vmx.memory.PhysicalMemory;

/**
 * The shadow VMCS that the VMCS link pointer names, for VMREAD and VMWRITE in non-root operation
 * (SDM volume 3, "VMCS Shadowing"; volume 3, "Changes to Instruction Behavior in VMX Non-Root
 * Operation"). It is never current meanwhile, so that its region holds its content.
 *
 * <p>VM entry has checked the pointer. Every processor with shadow VMCSs lets VMWRITE write
 * read-only fields.
 */
public final class ShadowVmcs {
    /** Bits of the encodings that the VMREAD and VMWRITE bitmaps are for. */
    private static final int BITMAP_BITS = 15;

    private static final long NO_VMCS = -1;

    private final PhysicalMemory memory;
    private final Vmcs current;
    private final VmcsFields fields;

    ShadowVmcs(PhysicalMemory memory, Vmcs current, VmcsFields fields) {
        this.memory = memory;
        this.current = current;
        this.fields = fields;
    }

    /**
     * Whether an access in non-root operation comes here; else it exits.
     *
     * @param bitmapField the field with the address of the bitmap for this kind of access
     */
    public boolean takes(long encoding, int bitmapField) {
        boolean shadowing = (ControlChecks.secondary(current) & SECONDARY_VMCS_SHADOWING) != 0;
        if (!shadowing || encoding >>> BITMAP_BITS != 0) {
            return false;
        }
        int bits = memory.read8OrOnes(current.get(bitmapField) + (encoding >>> 3));
        return (bits >>> (encoding & 7) & 1) == 0;
    }

    /** Outcome of an access to this component, which on success is to follow. */
    public int check(int encoding) {
        if (current.get(GUEST_VMCS_LINK_POINTER) == NO_VMCS) {
            return VmxOperation.FAIL_INVALID;
        }
        if (!fields.exist(encoding)) {
            current.set32(VM_INSTRUCTION_ERROR, UNSUPPORTED_COMPONENT);
            return UNSUPPORTED_COMPONENT;
        }
        return VmxOperation.SUCCEED;
    }

    public long component(int encoding) {
        return Vmcs.readRegion(memory, current.get(GUEST_VMCS_LINK_POINTER), encoding);
    }

    public void write(int encoding, long value) {
        Vmcs.writeRegion(memory, current.get(GUEST_VMCS_LINK_POINTER), encoding, value);
    }
}
