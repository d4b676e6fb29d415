package io.understudy.vmx;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;

import io.understudy.vmx.memory.PhysicalMemory;

/**
 * A 64-bit guest of 2 MiB for tests, with everything in 4 KiB pages: EPT maps guest-physical to
 * host-physical + {@link #RAM}, the guest maps linear to guest-physical one to one.
 *
 * <pre>
 * guest-physical: 1000 PML4 | 2000 PDPT | 3000 PD | 4000 PT | 5000 GDT | 6000 IDT | 7000 TSS
 *                 8000 code | 9000 stack, down from A000 | B000 ... data
 * </pre>
 */
final class GuestMachine implements AutoCloseable {
    static final long VMXON = 0x1000;
    static final long VMCS = 0x2000;
    static final long MSR_BITMAP = 0x3000;
    static final long IO_A = 0x4000;
    static final long IO_B = 0x5000;
    static final long PML = 0x6000;
    static final long EPT_PML4 = 0x1_0000;
    static final long EPT_PDPT = 0x1_1000;
    static final long EPT_PD = 0x1_2000;
    static final long EPT_PT = 0x1_3000;
    static final long RAM = 0x20_0000;
    static final long RAM_BYTES = 0x20_0000;

    static final long PML4 = 0x1000;
    static final long PDPT = 0x2000;
    static final long PD = 0x3000;
    static final long PT = 0x4000;
    static final long GDT = 0x5000;
    static final long IDT = 0x6000;
    static final long TSS = 0x7000;
    static final long CODE = 0x8000;
    static final long STACK_TOP = 0xa000;
    static final long DATA = 0xb000;

    static final int CODE_SELECTOR = 0x08;
    static final int DATA_SELECTOR = 0x10;
    static final int USER_DATA_SELECTOR = 0x1b;
    static final int USER_CODE_SELECTOR = 0x23;
    static final int TSS_SELECTOR = 0x28;

    static final long EPT_READ = 1;
    static final long EPT_WRITE = 2;
    static final long EPT_EXECUTE = 4;
    static final long EPT_ALL = 7;
    static final long EPT_WB = 6 << 3;
    static final long EPT_ACCESSED = 1 << 8;
    static final long EPT_DIRTY = 1 << 9;
    static final long EPTP_AD = 1 << 6;

    final Platform platform;
    final PhysicalMemory memory;
    final LogicalProcessor lp;
    private boolean launched;

    GuestMachine(byte... code) {
        this(new PlatformConfig(16 << 20, 1, 10, 1, false, ProcessorModel.MAX), code);
    }

    GuestMachine(PlatformConfig config, byte... code) {
        platform = new Platform(config);
        memory = platform.memory();
        lp = platform.processor(0);
        buildEpt();
        buildGuestTables();
        buildDescriptors();
        load(CODE, code);
        int revision = (int) lp.rdmsr(0x480);
        memory.write32(VMXON, revision);
        memory.write32(VMCS, revision);
        lp.vmxon(VMXON);
        lp.vmclear(VMCS);
        lp.vmptrld(VMCS);
        writeControls();
        writeHost();
        writeGuest();
    }

    /** Bytes from a string of hexadecimal digits; blanks are ignored. */
    static byte[] hex(String text) {
        return java.util.HexFormat.of().parseHex(text.replaceAll("\\s", ""));
    }

    static GuestMachine of(String hexCode) {
        return new GuestMachine(hex(hexCode));
    }

    private void buildEpt() {
        memory.write64(EPT_PML4, EPT_PDPT | EPT_ALL);
        memory.write64(EPT_PDPT, EPT_PD | EPT_ALL);
        memory.write64(EPT_PD, EPT_PT | EPT_ALL);
        for (long gpa = 0; gpa < RAM_BYTES; gpa += 4096) {
            memory.write64(eptEntry(gpa), (RAM + gpa) | EPT_ALL | EPT_WB);
        }
    }

    /** Host-physical address of the EPT leaf of {@code gpa}. */
    static long eptEntry(long gpa) {
        return EPT_PT + (gpa >>> 12) * 8;
    }

    /** Guest-physical address of the guest's leaf of {@code linear}. */
    static long guestEntry(long linear) {
        return PT + (linear >>> 12) * 8;
    }

    private void buildGuestTables() {
        write64(PML4, PDPT | 7);
        write64(PDPT, PD | 7);
        write64(PD, PT | 7);
        for (long page = 0; page < RAM_BYTES; page += 4096) {
            write64(guestEntry(page), page | 7);
        }
    }

    private void buildDescriptors() {
        write64(GDT + 0x08, 0x00af_9b00_0000_ffffL);
        write64(GDT + 0x10, 0x00cf_9300_0000_ffffL);
        write64(GDT + 0x18, 0x00cf_f300_0000_ffffL);
        write64(GDT + 0x20, 0x00af_fb00_0000_ffffL);
        write64(GDT + 0x28, 0x0000_8b00_0000_0067L | TSS << 16);
        write64(GDT + 0x30, 0);
        write64(TSS + 4, STACK_TOP - 0x400);
    }

    /** Installs an interrupt gate of ring 0 without a stack of its own. */
    void setGate(int vector, long handler) {
        setGate(vector, handler, 0x8e, 0);
    }

    void setGate(int vector, long handler, int type, int ist) {
        long low =
                (handler & 0xffff)
                        | ((long) CODE_SELECTOR << 16)
                        | ((long) ist << 32)
                        | ((long) type << 40)
                        | (((handler >>> 16) & 0xffff) << 48);
        write64(IDT + vector * 16L, low);
        write64(IDT + vector * 16L + 8, handler >>> 32);
    }

    private void writeControls() {
        lp.vmwrite(PIN_BASED_VM_EXECUTION_CONTROLS, adjust(0x48d, PIN_EXTERNAL_INTERRUPT_EXITING));
        lp.vmwrite(
                PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
                adjust(
                        0x48e,
                        PRIMARY_HLT_EXITING
                                | PRIMARY_UNCONDITIONAL_IO_EXITING
                                | PRIMARY_SECONDARY_CONTROLS));
        lp.vmwrite(
                SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
                adjust(0x48b, SECONDARY_EPT | SECONDARY_VPID));
        lp.vmwrite(
                PRIMARY_VM_EXIT_CONTROLS,
                adjust(
                        0x48f,
                        EXIT_ACKNOWLEDGE_INTERRUPT
                                | EXIT_HOST_ADDRESS_SPACE_SIZE
                                | EXIT_SAVE_EFER
                                | EXIT_LOAD_EFER
                                | EXIT_SAVE_DEBUG_CONTROLS));
        lp.vmwrite(
                VM_ENTRY_CONTROLS,
                adjust(
                        0x490,
                        ENTRY_IA32E_MODE_GUEST | ENTRY_LOAD_EFER | ENTRY_LOAD_DEBUG_CONTROLS));
        lp.vmwrite(VPID, 1);
        lp.vmwrite(EPT_POINTER, EPT_PML4 | 3 << 3 | 6 | EPTP_AD);
        lp.vmwrite(MSR_BITMAPS, MSR_BITMAP);
        lp.vmwrite(IO_BITMAP_A, IO_A);
        lp.vmwrite(IO_BITMAP_B, IO_B);
        if ((lp.rdmsr(0x48b) >>> 32 & SECONDARY_PML) != 0) {
            lp.vmwrite(PML_ADDRESS, PML);
        }
        lp.vmwrite(GUEST_VMCS_LINK_POINTER, -1);
    }

    private int adjust(int msr, int wanted) {
        long capability = lp.rdmsr(msr);
        return (wanted | (int) capability) & (int) (capability >>> 32);
    }

    private void writeHost() {
        lp.vmwrite(HOST_CR0, 0x8000_0021L);
        lp.vmwrite(HOST_CR4, 0x2020);
        lp.vmwrite(HOST_CS_SELECTOR, 8);
        lp.vmwrite(HOST_TR_SELECTOR, 0x40);
        lp.vmwrite(HOST_IA32_EFER, 0xd01);
    }

    private void writeGuest() {
        lp.vmwrite(GUEST_CR0, 0x8001_0033L);
        lp.vmwrite(GUEST_CR3, PML4);
        lp.vmwrite(GUEST_CR4, 0x20a0);
        lp.vmwrite(GUEST_IA32_EFER, 0xd01);
        for (int i = 0; i < 6; i++) {
            lp.vmwrite(GUEST_ES_SELECTOR + 2 * i, DATA_SELECTOR);
            lp.vmwrite(GUEST_ES_LIMIT + 2 * i, 0xffff_ffffL);
            lp.vmwrite(GUEST_ES_ACCESS_RIGHTS + 2 * i, 0xc093);
        }
        lp.vmwrite(GUEST_CS_SELECTOR, CODE_SELECTOR);
        lp.vmwrite(GUEST_CS_ACCESS_RIGHTS, 0xa09b);
        lp.vmwrite(GUEST_LDTR_ACCESS_RIGHTS, 0x1_0000);
        lp.vmwrite(GUEST_TR_SELECTOR, TSS_SELECTOR);
        lp.vmwrite(GUEST_TR_BASE, TSS);
        lp.vmwrite(GUEST_TR_LIMIT, 0x67);
        lp.vmwrite(GUEST_TR_ACCESS_RIGHTS, 0x8b);
        lp.vmwrite(GUEST_GDTR_BASE, GDT);
        lp.vmwrite(GUEST_GDTR_LIMIT, 0x37);
        lp.vmwrite(GUEST_IDTR_BASE, IDT);
        lp.vmwrite(GUEST_IDTR_LIMIT, 0xfff);
        lp.vmwrite(GUEST_DR7, 0x400);
        lp.vmwrite(GUEST_RSP, STACK_TOP);
        lp.vmwrite(GUEST_RIP, CODE);
        lp.vmwrite(GUEST_RFLAGS, 2);
    }

    /** The guest's state and the controls as they were at first; its memory stays. */
    void resetGuest() {
        writeControls();
        writeGuest();
        for (int i = 0; i < 6; i++) {
            lp.vmwrite(GUEST_ES_BASE + 2 * i, 0);
        }
        lp.vmwrite(GUEST_LDTR_SELECTOR, 0);
        lp.vmwrite(GUEST_LDTR_BASE, 0);
        lp.vmwrite(GUEST_LDTR_LIMIT, 0);
        lp.vmwrite(GUEST_IA32_DEBUGCTL, 0);
        lp.vmwrite(GUEST_INTERRUPTIBILITY_STATE, 0);
        lp.vmwrite(GUEST_PENDING_DBG_EXCEPTIONS, 0);
        lp.vmwrite(GUEST_ACTIVITY_STATE, 0);
    }

    /** Makes the guest run at CPL 3. */
    void enterUserMode() {
        lp.vmwrite(GUEST_CS_SELECTOR, USER_CODE_SELECTOR);
        lp.vmwrite(GUEST_CS_ACCESS_RIGHTS, 0xa0fb);
        for (int i = 0; i < 6; i++) {
            if (i != 1) {
                lp.vmwrite(GUEST_ES_SELECTOR + 2 * i, USER_DATA_SELECTOR);
                lp.vmwrite(GUEST_ES_ACCESS_RIGHTS + 2 * i, 0xc0f3);
            }
        }
    }

    void set(int field, int bits) {
        lp.vmwrite(field, lp.vmread(field) | (bits & 0xffff_ffffL));
    }

    void clear(int field, int bits) {
        lp.vmwrite(field, lp.vmread(field) & ~(bits & 0xffff_ffffL));
    }

    /** Enters the guest; returns the exit-reason field. */
    int run() {
        int reason = launched ? lp.vmresume() : lp.vmlaunch();
        launched |= reason >= 0;
        return reason;
    }

    /** As {@link #run}, for a sound entry. */
    ExitReason runTo() {
        ExitReason reason = ExitReason.of(run());
        if (reason == null) {
            throw new AssertionError("entry failed: " + lp.groundTruth().lastEntryFailure);
        }
        return reason;
    }

    /** Moves the guest's RIP over the instruction that exited. */
    void skip() {
        lp.vmwrite(GUEST_RIP, rip() + lp.vmread(EXIT_INSTRUCTION_LENGTH));
    }

    long rip() {
        return lp.vmread(GUEST_RIP);
    }

    long qualification() {
        return lp.vmread(EXIT_QUALIFICATION);
    }

    void invalidateEpt() {
        lp.invept(1, lp.vmread(EPT_POINTER));
    }

    void load(long gpa, byte[] bytes) {
        for (int i = 0; i < bytes.length; i++) {
            memory.write8(RAM + gpa + i, bytes[i]);
        }
    }

    void load(long gpa, String hexCode) {
        load(gpa, hex(hexCode));
    }

    long read64(long gpa) {
        return memory.read64(RAM + gpa);
    }

    void write64(long gpa, long value) {
        memory.write64(RAM + gpa, value);
    }

    boolean isEptDirty(long gpa) {
        return (memory.read64(eptEntry(gpa)) & EPT_DIRTY) != 0;
    }

    boolean isEptAccessed(long gpa) {
        return (memory.read64(eptEntry(gpa)) & EPT_ACCESSED) != 0;
    }

    @Override
    public void close() {
        platform.close();
    }
}
