package io.understudy.vmx.cpu;

import io.understudy.vmx.decode.Insn;

/**
 * Linear addresses of segmented accesses (SDM volume 3, "Logical and Linear Addresses" and "Limit
 * Checking").
 *
 * <p>In 64-bit mode only FS and GS have a base, and nothing is checked. Elsewhere addresses have 32
 * bits, and an access is checked against type and limit of its segment, unless {@link
 * Cpu#segmented} says that ES, SS and DS are all flat.
 */
public final class Segmentation {
    private static final long MASK_32 = 0xffff_ffffL;
    private static final int FLAT_LIMIT = -1;

    /** Present, code-or-data, not code, not expand-down, writable. */
    private static final int FLAT_MASK =
            SystemState.AR_UNUSABLE
                    | SystemState.AR_PRESENT
                    | SystemState.AR_CODE_OR_DATA
                    | SystemState.AR_CODE
                    | SystemState.AR_CONFORMING
                    | SystemState.AR_WRITABLE_OR_READABLE;

    private static final int FLAT_RIGHTS =
            SystemState.AR_PRESENT
                    | SystemState.AR_CODE_OR_DATA
                    | SystemState.AR_WRITABLE_OR_READABLE;

    private Segmentation() {}

    /**
     * Linear address of an access to memory.
     *
     * @param offset within {@code segment}, already truncated to the address size
     * @param bytes size of the access, at least 1
     */
    public static long linear(Cpu cpu, int segment, long offset, int bytes, boolean write) {
        if (!cpu.legacy) {
            return base64(cpu, segment) + offset;
        }
        if (!cpu.segmented && segment != Insn.FS && segment != Insn.GS && segment != Insn.CS) {
            return offset & MASK_32;
        }
        check(cpu, segment, offset & MASK_32, bytes, write);
        return (base(cpu, segment) + offset) & MASK_32;
    }

    /** Base in 64-bit mode: that of FS and GS, else zero. */
    public static long base64(Cpu cpu, int segment) {
        return segment == Insn.FS ? cpu.fsBase : segment == Insn.GS ? cpu.gsBase : 0;
    }

    /** The hidden base of any segment register. */
    public static long base(Cpu cpu, int segment) {
        return switch (segment) {
            case Insn.FS -> cpu.fsBase;
            case Insn.GS -> cpu.gsBase;
            default -> cpu.system.base[segment];
        };
    }

    private static void check(Cpu cpu, int segment, long offset, int bytes, boolean write) {
        SystemState s = cpu.system;
        int rights = s.accessRights[segment];
        boolean allowed = (rights & SystemState.AR_UNUSABLE) == 0;
        if (s.isProtectedMode()) {
            boolean code = (rights & SystemState.AR_CODE) != 0;
            boolean bit = (rights & SystemState.AR_WRITABLE_OR_READABLE) != 0;
            allowed &= write ? !code && bit : !code || bit;
        }
        if (!allowed || !isInLimit(rights, s.limit[segment], offset, bytes)) {
            throw cpu.raise(segment == Insn.SS ? Vector.SS : Vector.GP, 0);
        }
    }

    /**
     * Whether {@code bytes} bytes at {@code offset} lie inside a segment.
     *
     * @param rights access rights in the layout of the VMCS
     * @param limit in bytes, unsigned
     */
    public static boolean isInLimit(int rights, int limit, long offset, int bytes) {
        long bound = Integer.toUnsignedLong(limit);
        long last = offset + bytes - 1;
        boolean expandDown =
                (rights & (SystemState.AR_CODE | SystemState.AR_CONFORMING))
                        == SystemState.AR_CONFORMING;
        if (!expandDown) {
            return last <= bound;
        }
        long top = (rights & SystemState.AR_BIG) != 0 ? MASK_32 : 0xffff;
        return offset > bound && last <= top;
    }

    /** Whether a data segment covers all 32-bit addresses and may be read and written. */
    static boolean isFlat(SystemState s, int segment) {
        return s.base[segment] == 0
                && s.limit[segment] == FLAT_LIMIT
                && (s.accessRights[segment] & FLAT_MASK) == FLAT_RIGHTS;
    }
}
