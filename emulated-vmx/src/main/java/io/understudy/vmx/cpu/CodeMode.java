package io.understudy.vmx.cpu;

import io.understudy.vmx.decode.Insn;

/**
 * How code runs now: the size of code, addresses and stack, and whether segments are flat. Derived
 * from CS, SS, DS, ES, CR0.PE and EFER.LMA, and derived anew whenever one of them changed.
 *
 * <p>{@link Cpu#codeMode} is the key under which decoded blocks are kept: 16, 32 or 64 bits, and
 * {@link #SEGMENTED} if CS has a base or a limit. {@link Cpu#codeContext} names CS itself, so that
 * caches by RIP know one segment from another.
 */
public final class CodeMode {
    /** CS has a base or a limit: RIP is not the linear address, and may run out of the segment. */
    public static final int SEGMENTED = 0x100;

    /** The bits of a mode that are the size of code. */
    public static final int BITS = 0xff;

    private static final int CONTEXTS = 64;
    private static final int FLAT_32_CONTEXT = 1;

    private final long[] base = new long[CONTEXTS];
    private final int[] limit = new int[CONTEXTS];
    private final int[] mode = new int[CONTEXTS];
    private final long[] name = new long[CONTEXTS];
    private int next;
    private long names = FLAT_32_CONTEXT;

    /** Derives the mode fields of {@code cpu}. */
    void update(Cpu cpu) {
        SystemState s = cpu.system;
        int cs = s.accessRights[Insn.CS];
        if ((cs & SystemState.AR_LONG) != 0 && s.isLongMode()) {
            cpu.legacy = false;
            cpu.segmented = false;
            cpu.stackMask = -1;
            cpu.codeMode = 64;
            cpu.codeContext = 0;
            return;
        }
        cpu.legacy = true;
        cpu.segmented =
                !(Segmentation.isFlat(s, Insn.DS)
                        && Segmentation.isFlat(s, Insn.SS)
                        && Segmentation.isFlat(s, Insn.ES));
        cpu.stackMask = (s.accessRights[Insn.SS] & SystemState.AR_BIG) != 0 ? 0xffff_ffffL : 0xffff;
        int bits = (cs & SystemState.AR_BIG) != 0 ? 32 : 16;
        if (bits == 32 && s.base[Insn.CS] == 0 && s.limit[Insn.CS] == -1) {
            cpu.codeMode = bits;
            cpu.codeContext = FLAT_32_CONTEXT;
        } else {
            cpu.codeMode = bits | SEGMENTED;
            cpu.codeContext = nameOf(s.base[Insn.CS], s.limit[Insn.CS], cpu.codeMode);
        }
    }

    private long nameOf(long codeBase, int codeLimit, int codeMode) {
        for (int i = 0; i < CONTEXTS; i++) {
            if (base[i] == codeBase && limit[i] == codeLimit && mode[i] == codeMode) {
                return name[i];
            }
        }
        int i = next;
        next = (next + 1) % CONTEXTS;
        base[i] = codeBase;
        limit[i] = codeLimit;
        mode[i] = codeMode;
        // Never the name of another segment, so nothing cached under it can be stale.
        name[i] = ++names;
        return name[i];
    }
}
