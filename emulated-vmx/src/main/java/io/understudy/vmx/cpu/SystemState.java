package io.understudy.vmx.cpu;

import io.understudy.vmx.decode.Insn;

/**
 * Architectural state outside the general-purpose registers: control and debug registers, segments,
 * descriptor tables, and the MSRs that instructions use.
 *
 * <p>Bases of FS and GS live in {@link Cpu#fsBase} and {@link Cpu#gsBase}; entries 4 and 5 of
 * {@link #base} are unused.
 */
public final class SystemState {
    /** Index of LDTR in the segment arrays, after ES, CS, SS, DS, FS, GS. */
    public static final int LDTR = 6;

    public static final int TR = 7;

    // The two that everything needs, of those that the decoder numbers.
    public static final int CS = Insn.CS;
    public static final int SS = Insn.SS;
    public static final int SEGMENTS = 8;

    // Access rights, in the layout of the VMCS.
    public static final int AR_CODE = 1 << 3;
    public static final int AR_CONFORMING = 1 << 2;
    public static final int AR_WRITABLE_OR_READABLE = 1 << 1;
    public static final int AR_ACCESSED = 1;
    public static final int AR_CODE_OR_DATA = 1 << 4;
    public static final int AR_DPL_SHIFT = 5;
    public static final int AR_PRESENT = 1 << 7;
    public static final int AR_LONG = 1 << 13;
    public static final int AR_BIG = 1 << 14;
    public static final int AR_GRANULAR = 1 << 15;
    public static final int AR_UNUSABLE = 1 << 16;

    // Activity states (SDM volume 3, "Guest Non-Register State").
    public static final int ACTIVE = 0;
    public static final int HALTED = 1;
    public static final int SHUTDOWN = 2;
    public static final int WAIT_FOR_SIPI = 3;

    // Interruptibility state.
    public static final int BLOCKING_BY_STI = 1;
    public static final int BLOCKING_BY_MOV_SS = 2;
    public static final int BLOCKING_BY_NMI = 8;

    /** Pending debug exception: a breakpoint that was met is enabled. */
    public static final long PENDING_ENABLED_BREAKPOINT = 1L << 12;

    /** Pending debug exception: single step. */
    public static final long PENDING_BS = 1L << 14;

    /** Pending debug exception: task switch to a TSS with its T flag set. */
    public static final long PENDING_BT = 1L << 15;

    /** IA32_DEBUGCTL.BTF: RFLAGS.TF traps taken branches alone. */
    public static final long DEBUGCTL_BTF = 2;

    /** Bits of IA32_DEBUGCTL that can be written; all but BTF have no effect here. */
    public static final long DEBUGCTL_DEFINED = 0x5fc3;

    /** Bits of DR7 that hold what is written. */
    public static final long DR7_WRITABLE = 0xffff_2bffL;

    public static final long DR6_RESET = 0xffff_0ff0L;
    public static final long DR7_RESET = 0x400;

    public long cr0;
    public long cr2;
    public long cr3;
    public long cr4;
    public long efer;

    /** Bits of XCR0: state components that XSAVE manages. */
    public static final long XCR0_X87 = 1;

    public static final long XCR0_SSE = 1 << 1;
    public static final long XCR0_PKRU = 1 << 9;

    /** State components that XSAVE manages. */
    public long xcr0 = XCR0_X87;

    /** The bits that XCR0 has. */
    final long xcr0Supported;

    /** DR0..DR3, two unused, DR6, DR7. */
    public final long[] dr = new long[8];

    public final int[] selector = new int[SEGMENTS];
    public final long[] base = new long[SEGMENTS];
    public final int[] limit = new int[SEGMENTS];
    public final int[] accessRights = new int[SEGMENTS];

    public long gdtrBase;
    public int gdtrLimit;
    public long idtrBase;
    public int idtrLimit;

    public long star;
    public long lstar;
    public long cstar;
    public long fmask;
    public long kernelGsBase;
    public long sysenterCs;
    public long sysenterEsp;
    public long sysenterEip;
    public long pat = 0x0007_0406_0007_0406L;
    public long tscAux;
    public long debugctl;

    /** The four page-directory-pointer-table entries of PAE paging, loaded with CR3. */
    public final long[] pdpte = new long[4];

    /** Rights of protection keys, 2 bits each; {@link Cpu#setProtectionKeys} changes them. */
    public int pkru;

    /** {@link #ACTIVE} or {@link #HALTED}. */
    public int activity;

    /** Blocking by STI, MOV SS or NMI. */
    public int interruptibility;

    /** Pending debug exceptions, as in the VMCS field. */
    public long pendingDebug;

    /**
     * @param xcr0Supported the bits that XCR0 has
     */
    SystemState(long xcr0Supported) {
        this.xcr0Supported = xcr0Supported;
        dr[6] = DR6_RESET;
        dr[7] = DR7_RESET;
        for (int s = 0; s < SEGMENTS; s++) {
            accessRights[s] = AR_UNUSABLE;
        }
    }

    /** Current privilege level: the DPL of SS. */
    public int cpl() {
        return (accessRights[Insn.SS] >>> AR_DPL_SHIFT) & 3;
    }

    /** Whether XCR0 can hold {@code value}: x87 always, the others or not. */
    public boolean isXcr0(long value) {
        return (value & XCR0_X87) != 0 && (value & ~xcr0Supported) == 0;
    }

    /** Whether CS is one of 64-bit code. */
    public boolean is64BitCode() {
        return isLongMode() && (accessRights[Insn.CS] & AR_LONG) != 0;
    }

    public boolean isLongMode() {
        return (efer & ControlBits.EFER_LMA) != 0;
    }

    /** Protected mode, virtual-8086 mode in it, and IA-32e mode. */
    public boolean isProtectedMode() {
        return (cr0 & ControlBits.CR0_PE) != 0;
    }

    /** Whether code runs in 64-bit mode, the one submode of IA-32e mode that is not legacy. */
    public boolean is64BitMode() {
        return isLongMode() && (accessRights[Insn.CS] & AR_LONG) != 0;
    }

    /** Flat 64-bit ring-0 segments with the given selectors. */
    public void setFlat64(int codeSelector, int dataSelector) {
        for (int s = Insn.ES; s <= Insn.GS; s++) {
            boolean code = s == Insn.CS;
            selector[s] = code ? codeSelector : dataSelector;
            base[s] = 0;
            limit[s] = -1;
            accessRights[s] =
                    AR_GRANULAR
                            | AR_PRESENT
                            | AR_CODE_OR_DATA
                            | AR_ACCESSED
                            | AR_WRITABLE_OR_READABLE
                            | (code ? AR_CODE | AR_LONG : AR_BIG);
        }
    }
}
