package io.understudy.hypervisor.vcpu;

/**
 * State of a vCPU at the first instruction of a guest: 64-bit ring 0, flat segments, paging on,
 * interrupts off ({@code docs/formats/boot-info.md}).
 */
public final class BootState {
    private static final int CODE_SELECTOR = 0x08;
    private static final int DATA_SELECTOR = 0x10;
    private static final int TASK_SELECTOR = 0x18;
    private static final long CODE_64_RIGHTS = 0xa09b;
    private static final long DATA_RIGHTS = 0xc093;
    private static final long BUSY_TASK_RIGHTS = 0x8b;
    private static final long UNUSABLE = 1 << 16;
    private static final long FLAT_LIMIT = 0xffff_ffffL;
    private static final long TASK_LIMIT = 0x67;

    /** PG, WP, NE, ET, MP, PE. */
    private static final long CR0 = 0x8001_0033L;

    private static final long CR4_PAE = 1 << 5;

    /** NXE, LMA, LME. */
    private static final long EFER = 0xd00;

    private static final long PAT_RESET = 0x0007_0406_0007_0406L;
    private static final long DR6_RESET = 0xffff_0ff0L;
    private static final long DR7_RESET = 0x400;

    /** All x87 exceptions masked, 64-bit precision, round to nearest, registers empty. */
    private static final long X87_CONTROL_INITIAL = 0x37f;

    private static final long MXCSR_INITIAL = 0x1f80;

    private BootState() {}

    /**
     * @param entry linear address of the first instruction
     * @param pageTables value of CR3
     * @param bootInfo value of RDI
     */
    public static void load(Vcpu vcpu, long entry, long pageTables, long bootInfo) {
        VcpuState s = new VcpuState();
        s.set(StateField.RIP, entry).set(StateField.RDI, bootInfo).set(StateField.RFLAGS, 2);
        s.set(StateField.CR0, CR0).set(StateField.CR3, pageTables).set(StateField.CR4, CR4_PAE);
        s.set(StateField.EFER, EFER).set(StateField.PAT, PAT_RESET).set(StateField.XCR0, 1);
        s.set(StateField.DR6, DR6_RESET).set(StateField.DR7, DR7_RESET);
        s.set(StateField.CS_SELECTOR, CODE_SELECTOR).set(StateField.CS_LIMIT, FLAT_LIMIT);
        s.set(StateField.CS_RIGHTS, CODE_64_RIGHTS);
        data(s, StateField.ES_SELECTOR, StateField.ES_LIMIT, StateField.ES_RIGHTS);
        data(s, StateField.SS_SELECTOR, StateField.SS_LIMIT, StateField.SS_RIGHTS);
        data(s, StateField.DS_SELECTOR, StateField.DS_LIMIT, StateField.DS_RIGHTS);
        data(s, StateField.FS_SELECTOR, StateField.FS_LIMIT, StateField.FS_RIGHTS);
        data(s, StateField.GS_SELECTOR, StateField.GS_LIMIT, StateField.GS_RIGHTS);
        s.set(StateField.LDTR_RIGHTS, UNUSABLE);
        s.set(StateField.TR_SELECTOR, TASK_SELECTOR).set(StateField.TR_LIMIT, TASK_LIMIT);
        s.set(StateField.TR_RIGHTS, BUSY_TASK_RIGHTS);
        s.set(StateField.X87_WORDS, X87_CONTROL_INITIAL).set(StateField.MXCSR, MXCSR_INITIAL);
        vcpu.load(s);
    }

    private static void data(
            VcpuState s, StateField selector, StateField limit, StateField rights) {
        s.set(selector, DATA_SELECTOR).set(limit, FLAT_LIMIT).set(rights, DATA_RIGHTS);
    }
}
