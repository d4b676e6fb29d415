package io.understudy.vmx.event;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Insn;
import io.understudy.vmx.translation.Mmu;
import org.jspecify.annotations.Nullable;

/**
 * Descriptor reads and segment-register loads (SDM volume 3, "Segment Descriptors" and "Privilege
 * Levels").
 */
public final class Segments {
    /** Accessed, writable data of ring 3, present: what each segment is in virtual-8086 mode. */
    public static final int VIRTUAL_8086_RIGHTS = 0xf3;

    private static final int TI = 4;
    private static final int TYPE_LDT = 2;
    private static final long DESCRIPTOR_ACCESSED = 1L << 40;
    private static final int AR_MASK = 0xf0ff;

    private final Mmu mmu;

    public Segments(Mmu mmu) {
        this.mmu = mmu;
    }

    public static boolean isNull(int selector) {
        return (selector & 0xfffc) == 0;
    }

    /**
     * Reads 8 bytes of the descriptor that {@code selector} names.
     *
     * @param vector exception if it lies outside its table
     * @param errorCode error code of that exception
     */
    public long read(Cpu cpu, int selector, int vector, int errorCode) {
        return mmu.loadImplicit(cpu, address(cpu, selector, 8, vector, errorCode), 8);
    }

    /** Bits 63:32 of the base of a 16-byte system descriptor. */
    public long readHigh(Cpu cpu, int selector, int vector, int errorCode) {
        long at = address(cpu, selector, 16, vector, errorCode);
        return mmu.loadImplicit(cpu, at + 8, 8);
    }

    private static long address(Cpu cpu, int selector, int bytes, int vector, int errorCode) {
        if (!isInTable(cpu, selector, bytes)) {
            throw cpu.raise(vector, errorCode);
        }
        SystemState s = cpu.system;
        boolean local = (selector & TI) != 0;
        long at = (local ? s.base[SystemState.LDTR] : s.gdtrBase) + (selector & 0xfff8);
        return s.isLongMode() ? at : at & 0xffff_ffffL;
    }

    /**
     * Reads and checks the descriptor of a stack segment for ring {@code cpl}.
     *
     * @param vector exception for a selector that is unusable; an absent segment is #SS
     * @param ext bit 0 of error codes
     */
    public long readStack(Cpu cpu, int selector, int cpl, int vector, int ext) {
        if (isNull(selector)) {
            throw cpu.raise(vector, ext);
        }
        int error = (selector & 0xfffc) | ext;
        long descriptor = read(cpu, selector, vector, error);
        int ar = accessRights(descriptor);
        if ((selector & 3) != cpl || dpl(ar) != cpl || !isWritableData(ar)) {
            throw cpu.raise(vector, error);
        }
        if (!isPresent(ar)) {
            throw cpu.raise(Vector.SS, error);
        }
        return descriptor;
    }

    public static boolean isWritableData(int accessRights) {
        return !isSystem(accessRights)
                && !isCode(accessRights)
                && (accessRights & SystemState.AR_WRITABLE_OR_READABLE) != 0;
    }

    /**
     * Loads DS, ES, FS or GS (SDM volume 2, "MOV", the checks on a segment-register destination).
     *
     * @param vector exception for a selector that is unusable: #GP, or #TS in a task switch
     * @return the exception or VM exit that marking the segment accessed is instead, to be thrown
     */
    public @Nullable RuntimeException loadData(Cpu cpu, int register, int selector, int vector) {
        int cpl = cpu.system.cpl();
        if (isNull(selector)) {
            loadNull(cpu, register, selector, cpl);
            return null;
        }
        int error = selector & 0xfffc;
        long descriptor = read(cpu, selector, vector, error);
        int ar = accessRights(descriptor);
        boolean code = isCode(ar);
        boolean readable = !code || (ar & SystemState.AR_WRITABLE_OR_READABLE) != 0;
        boolean privileged = (code && isConforming(ar)) || dpl(ar) >= Math.max(selector & 3, cpl);
        if (isSystem(ar) || !readable || !privileged) {
            throw cpu.raise(vector, error);
        }
        if (!isPresent(ar)) {
            throw cpu.raise(Vector.NP, error);
        }
        RuntimeException failure = tryAccess(cpu, selector, descriptor);
        if (failure == null) {
            load(cpu, register, selector, descriptor | DESCRIPTOR_ACCESSED);
        }
        return failure;
    }

    /**
     * Loads LDTR.
     *
     * @param vector exception for a selector that is unusable: #GP, or #TS in a task switch
     */
    public void loadLdtr(Cpu cpu, int selector, int vector) {
        SystemState s = cpu.system;
        int register = SystemState.LDTR;
        if (isNull(selector)) {
            s.selector[register] = selector;
            s.accessRights[register] = SystemState.AR_UNUSABLE;
            return;
        }
        int error = selector & 0xfffc;
        if ((selector & TI) != 0) {
            throw cpu.raise(vector, error);
        }
        long descriptor = read(cpu, selector, vector, error);
        long base = systemBase(cpu, selector, descriptor, vector);
        int ar = accessRights(descriptor);
        if ((ar & 0x1f) != TYPE_LDT) {
            throw cpu.raise(vector, error);
        }
        if (!isPresent(ar)) {
            throw cpu.raise(vector == Vector.TS ? vector : Vector.NP, error);
        }
        if (!ControlBits.isCanonical(base)) {
            throw cpu.raise(vector, error);
        }
        s.selector[register] = selector;
        s.base[register] = base;
        s.limit[register] = limit(descriptor);
        s.accessRights[register] = ar;
    }

    /** Base of a system segment: in IA-32e mode the descriptor has 16 bytes. */
    public long systemBase(Cpu cpu, int selector, long descriptor, int vector) {
        boolean wide = cpu.system.isLongMode();
        long high = wide ? readHigh(cpu, selector, vector, selector & 0xfffc) : 0;
        return base(descriptor) | (high << 32);
    }

    /**
     * Loads a segment register as real mode does, where the rest of the hidden part stays, and as
     * virtual-8086 mode does, where it is what SDM volume 3, "Segment Registers in Virtual-8086
     * Mode", says.
     */
    public static void loadReal(Cpu cpu, int register, int selector) {
        SystemState s = cpu.system;
        s.selector[register] = selector & 0xffff;
        setBase(cpu, register, (selector & 0xffffL) << 4);
        if (cpu.isVirtual8086()) {
            s.limit[register] = 0xffff;
            s.accessRights[register] = VIRTUAL_8086_RIGHTS;
        } else if (register == Insn.CS) {
            // Whatever it was: CS is a writable, accessed segment here.
            s.accessRights[register] =
                    SystemState.AR_PRESENT
                            | SystemState.AR_CODE_OR_DATA
                            | SystemState.AR_WRITABLE_OR_READABLE
                            | SystemState.AR_ACCESSED;
        }
    }

    /** Whether {@code bytes} bytes of the descriptor lie inside the table of the selector. */
    public static boolean isInTable(Cpu cpu, int selector, int bytes) {
        SystemState s = cpu.system;
        boolean local = (selector & TI) != 0;
        boolean unusable =
                local && (s.accessRights[SystemState.LDTR] & SystemState.AR_UNUSABLE) != 0;
        long limit = Integer.toUnsignedLong(local ? s.limit[SystemState.LDTR] : s.gdtrLimit);
        return !unusable && (selector & 0xfff8) + bytes - 1 <= limit;
    }

    /** Access rights in the layout of the VMCS. */
    public static int accessRights(long descriptor) {
        return (int) (descriptor >>> 40) & AR_MASK;
    }

    public static int dpl(int accessRights) {
        return (accessRights >>> SystemState.AR_DPL_SHIFT) & 3;
    }

    public static boolean isPresent(int accessRights) {
        return (accessRights & SystemState.AR_PRESENT) != 0;
    }

    /** Whether the descriptor is of a code segment. */
    public static boolean isCode(int accessRights) {
        int both = SystemState.AR_CODE_OR_DATA | SystemState.AR_CODE;
        return (accessRights & both) == both;
    }

    public static boolean isConforming(int accessRights) {
        return (accessRights & SystemState.AR_CONFORMING) != 0;
    }

    public static boolean isSystem(int accessRights) {
        return (accessRights & SystemState.AR_CODE_OR_DATA) == 0;
    }

    /** Bits 31:0 of the base. */
    public static long base(long descriptor) {
        return ((descriptor >>> 16) & 0xff_ffff) | ((descriptor >>> 32) & 0xff00_0000L);
    }

    /** The limit in bytes, granularity applied. */
    public static int limit(long descriptor) {
        int raw = (int) (descriptor & 0xffff) | (int) ((descriptor >>> 32) & 0xf_0000);
        boolean granular = (accessRights(descriptor) & SystemState.AR_GRANULAR) != 0;
        return granular ? (raw << 12) | 0xfff : raw;
    }

    /** Whether a code descriptor is one for 64-bit mode: L = 1, D = 0. */
    public static boolean is64Bit(int accessRights) {
        return (accessRights & (SystemState.AR_LONG | SystemState.AR_BIG)) == SystemState.AR_LONG;
    }

    /**
     * Sets the accessed flag of a code or data descriptor in its table. The last step of the
     * checks: it may fault, and the register is not loaded yet.
     *
     * @return the descriptor with the flag
     */
    public long access(Cpu cpu, int selector, long descriptor) {
        Cpu.throwIfAny(tryAccess(cpu, selector, descriptor));
        return descriptor | DESCRIPTOR_ACCESSED;
    }

    /** As {@link #access}; returns the exception or VM exit that there is instead. */
    private @Nullable RuntimeException tryAccess(Cpu cpu, int selector, long descriptor) {
        if ((accessRights(descriptor) & SystemState.AR_ACCESSED) != 0) {
            return null;
        }
        long at = address(cpu, selector, 8, Vector.GP, selector & 0xfffc);
        return mmu.tryStoreImplicit(cpu, at, 8, descriptor | DESCRIPTOR_ACCESSED);
    }

    /** Fills the hidden part of segment register {@code register}. */
    public static void load(Cpu cpu, int register, int selector, long descriptor) {
        SystemState s = cpu.system;
        s.selector[register] = selector;
        s.accessRights[register] = accessRights(descriptor);
        s.limit[register] = limit(descriptor);
        setBase(cpu, register, base(descriptor));
    }

    /** Loads a null selector into SS, DS, ES, FS or GS. */
    public static void loadNull(Cpu cpu, int register, int selector, int dpl) {
        SystemState s = cpu.system;
        s.selector[register] = selector;
        s.accessRights[register] =
                SystemState.AR_UNUSABLE
                        | (register == Insn.SS ? dpl << SystemState.AR_DPL_SHIFT : 0);
        setBase(cpu, register, 0);
    }

    private static void setBase(Cpu cpu, int register, long base) {
        switch (register) {
            case Insn.FS -> cpu.fsBase = base;
            case Insn.GS -> cpu.gsBase = base;
            default -> cpu.system.base[register] = base;
        }
    }
}
