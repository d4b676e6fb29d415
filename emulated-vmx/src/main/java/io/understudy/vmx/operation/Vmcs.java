package io.understudy.vmx.operation;

import io.understudy.vmx.VmcsField;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.memory.PhysicalMemory;
import java.util.Arrays;

/**
 * Content of the current VMCS, cached in the logical processor (SDM volume 3, "Virtual Machine
 * Control Structures").
 *
 * <pre>
 * region: +0 revision, bit 31 of a shadow VMCS | +4 VMX-abort indicator | +8 launch state | +16 fields, 8 bytes each,
 *         in the order of {@link VmcsFields}
 * </pre>
 *
 * <p>The region holds the content whenever the VMCS is not current on a processor.
 */
public final class Vmcs {
    /** Groups of fields whose entry checks are cached. */
    static final int CONTROLS = 1;

    static final int HOST = 2;
    static final int GUEST = 4;

    /** Bit of the first four bytes that makes a VMCS a shadow VMCS. */
    static final int SHADOW = 1 << 31;

    private static final int LAUNCH_STATE_OFFSET = 8;
    private static final int FIELDS_OFFSET = 16;

    private final long[] field = new long[VmcsFields.SLOTS];

    /** Whether VMLAUNCH succeeded since the last VMCLEAR. */
    boolean launched;

    /** Groups with a field that software wrote since its checks last passed. */
    int unchecked;

    public long get(int encoding) {
        return field[VmcsFields.slot(encoding)];
    }

    public int get32(int encoding) {
        return (int) field[VmcsFields.slot(encoding)];
    }

    /** Stores what the processor itself produces; {@code value} fits the field. */
    public void set(int encoding, long value) {
        field[VmcsFields.slot(encoding)] = value;
    }

    public void set32(int encoding, int value) {
        field[VmcsFields.slot(encoding)] = Integer.toUnsignedLong(value);
    }

    /** Reads the fields of all segments, from that of ES on. */
    void getSegments(int encoding, int[] to) {
        int first = VmcsFields.slot(encoding);
        for (int i = 0; i < to.length; i++) {
            to[i] = (int) field[first + i];
        }
    }

    void getSegments(int encoding, long[] to) {
        System.arraycopy(field, VmcsFields.slot(encoding), to, 0, to.length);
    }

    /** Stores the fields of all segments, from that of ES on. */
    void setSegments(int encoding, int[] from) {
        int first = VmcsFields.slot(encoding);
        for (int i = 0; i < from.length; i++) {
            field[first + i] = Integer.toUnsignedLong(from[i]);
        }
    }

    void setSegments(int encoding, long[] from) {
        System.arraycopy(from, 0, field, VmcsFields.slot(encoding), from.length);
    }

    /** VMREAD of an existing field. */
    long read(int encoding) {
        return part(encoding, get(encoding));
    }

    /** What VMREAD gives of a field. */
    private static long part(int encoding, long value) {
        return (encoding & 1) != 0 ? value >>> 32 : value;
    }

    /** VMREAD of an existing field of a VMCS that is not current. */
    static long readRegion(PhysicalMemory memory, long hpa, int encoding) {
        return part(encoding, memory.read64(place(hpa, encoding)));
    }

    /** VMWRITE of an existing field of a VMCS that is not current. */
    static void writeRegion(PhysicalMemory memory, long hpa, int encoding, long value) {
        long at = place(hpa, encoding);
        memory.write64(at, merge(encoding, memory.read64(at), value));
    }

    private static long place(long hpa, int encoding) {
        return hpa + FIELDS_OFFSET + 8L * VmcsFields.place(encoding);
    }

    /** The field that was {@code old} after a VMWRITE: truncated to its width. */
    private static long merge(int encoding, long old, long value) {
        return switch (VmcsFields.width(encoding)) {
            case 0 -> value & 0xffff;
            case 2 -> value & 0xffff_ffffL;
            case 1 -> (encoding & 1) != 0 ? (old & 0xffff_ffffL) | (value << 32) : value;
            default -> value;
        };
    }

    /** VMWRITE of an existing, writable field. */
    void write(int encoding, long value) {
        long old = get(encoding);
        long updated = merge(encoding, old, value);
        field[VmcsFields.slot(encoding)] = updated;
        if (updated != old) {
            unchecked |= groupOf(encoding);
            boolean mode = ((updated ^ old) & ControlBits.FLAG_VM) != 0;
            if (mode && encoding == VmcsField.GUEST_RFLAGS) {
                // Segments have other rules in virtual-8086 mode.
                unchecked |= GUEST;
            }
        }
    }

    /** The group of a field, or 0 for those that change so often that every entry checks them. */
    private static int groupOf(int encoding) {
        return switch (encoding) {
            case VmcsField.GUEST_RIP,
                    VmcsField.GUEST_RSP,
                    VmcsField.GUEST_RFLAGS,
                    VmcsField.GUEST_ACTIVITY_STATE,
                    VmcsField.GUEST_INTERRUPTIBILITY_STATE,
                    VmcsField.GUEST_PENDING_DBG_EXCEPTIONS,
                    VmcsField.GUEST_PREEMPTION_TIMER_VALUE,
                    VmcsField.GUEST_PML_INDEX,
                    VmcsField.GUEST_INTERRUPT_STATUS,
                    VmcsField.EPTP_INDEX,
                    VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION,
                    VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE,
                    VmcsField.VM_ENTRY_INSTRUCTION_LENGTH ->
                    0;
            default ->
                    switch (VmcsFields.type(encoding)) {
                        case VmcsFields.TYPE_CONTROL -> CONTROLS;
                        case VmcsFields.TYPE_HOST -> HOST;
                        default -> GUEST;
                    };
        };
    }

    void load(PhysicalMemory memory, long hpa) {
        Arrays.fill(field, 0);
        launched = memory.read64(hpa + LAUNCH_STATE_OFFSET) == 1;
        for (int i = 0; i < VmcsFields.count(); i++) {
            set(VmcsFields.encoding(i), memory.read64(hpa + FIELDS_OFFSET + 8L * i));
        }
        unchecked = CONTROLS | HOST | GUEST;
    }

    void store(PhysicalMemory memory, long hpa) {
        storeLaunchState(memory, hpa, launched);
        for (int i = 0; i < VmcsFields.count(); i++) {
            memory.write64(hpa + FIELDS_OFFSET + 8L * i, get(VmcsFields.encoding(i)));
        }
    }

    static void storeLaunchState(PhysicalMemory memory, long hpa, boolean launched) {
        memory.write64(hpa + LAUNCH_STATE_OFFSET, launched ? 1 : 0);
    }
}
