package io.understudy.hypervisor.vmcs;

import static io.understudy.vmx.VmxControls.*;

import io.understudy.checkpoint.Invariant;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.frame.FrameKind;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;
import io.understudy.vmx.memory.PhysicalMemory;

/**
 * Puts a logical processor into VMX operation and prepares its VMCS, all but the guest state: what
 * exits, what is loaded at an exit, and which EPT structure the guest lives in.
 */
public final class VmcsSetup {
    private static final int PREEMPTION_TIMER_RATE = 0x1f;

    /** No guest that can still do something takes this many without executing an instruction. */
    private static final int EXCEPTIONS_IN_A_ROW_MAX = 100_000;

    private static final int PIN_CONTROLS =
            PIN_EXTERNAL_INTERRUPT_EXITING | PIN_NMI_EXITING | PIN_PREEMPTION_TIMER;
    private static final int PRIMARY_CONTROLS =
            PRIMARY_TSC_OFFSETTING
                    | PRIMARY_HLT_EXITING
                    | PRIMARY_MWAIT_EXITING
                    | PRIMARY_RDPMC_EXITING
                    | PRIMARY_CR8_LOAD_EXITING
                    | PRIMARY_CR8_STORE_EXITING
                    | PRIMARY_UNCONDITIONAL_IO_EXITING
                    | PRIMARY_MSR_BITMAPS
                    | PRIMARY_MONITOR_EXITING
                    | PRIMARY_SECONDARY_CONTROLS;
    private static final int SECONDARY_CONTROLS =
            SECONDARY_EPT | SECONDARY_VPID | SECONDARY_INSTRUCTION_TIMEOUT;

    /** A processor without the instruction lacks its control. */
    private static final int SECONDARY_CONTROLS_OF_INSTRUCTIONS =
            SECONDARY_RDTSCP
                    | SECONDARY_RDRAND_EXITING
                    | SECONDARY_RDSEED_EXITING
                    | SECONDARY_INVPCID;

    private static final int EXIT_CONTROLS =
            EXIT_SAVE_DEBUG_CONTROLS
                    | EXIT_HOST_ADDRESS_SPACE_SIZE
                    | EXIT_ACKNOWLEDGE_INTERRUPT
                    | EXIT_SAVE_PAT
                    | EXIT_LOAD_PAT
                    | EXIT_SAVE_EFER
                    | EXIT_LOAD_EFER;
    private static final int ENTRY_CONTROLS =
            ENTRY_LOAD_DEBUG_CONTROLS | ENTRY_IA32E_MODE_GUEST | ENTRY_LOAD_PAT | ENTRY_LOAD_EFER;

    private static final long CR0_PE = 1;
    private static final long CR0_NE = 1 << 5;
    private static final long CR0_NW = 1 << 29;
    private static final long CR0_CD = 1 << 30;
    private static final long CR0_PG = 1L << 31;
    private static final long CR4_PAE = 1 << 5;
    private static final long CR4_VMXE = 1 << 13;
    private static final long EFER_LONG_MODE = 1 << 8 | 1 << 10;
    private static final long PAT_RESET = 0x0007_0406_0007_0406L;
    private static final int HOST_CODE_SELECTOR = 0x08;
    private static final int HOST_TASK_SELECTOR = 0x10;

    /** CR0 bits that the hypervisor owns: MOV to CR0 that changes one exits. */
    public static final long CR0_OWNED = CR0_PE | CR0_NE | CR0_NW | CR0_CD | CR0_PG;

    /** CR0 bits that are 1 whatever the guest sees. */
    public static final long CR0_FORCED = CR0_NE;

    /** CR0 bits that are 0 whatever the guest sees: its memory is write-back. */
    public static final long CR0_CACHE_CONTROL = CR0_NW | CR0_CD;

    /** CR4 bits that the hypervisor owns. */
    public static final long CR4_OWNED = CR4_VMXE;

    /** CR4 bits that are 1 whatever the guest sees. */
    public static final long CR4_FORCED = CR4_VMXE;

    private final LogicalProcessor processor;
    private final PhysicalMemory memory;
    private final FrameAllocator frames;

    public VmcsSetup(LogicalProcessor processor, PhysicalMemory memory, FrameAllocator frames) {
        this.processor = processor;
        this.memory = memory;
        this.frames = frames;
    }

    /**
     * Enters VMX operation and makes a VMCS current.
     *
     * @param vpid at least 1
     * @return host-physical address of the VMCS region
     */
    public long prepare(long eptPointer, int vpid) {
        checkCapabilities();
        processor.vmxon(region(FrameKind.VMXON_REGION));
        long vmcs = region(FrameKind.VMCS_REGION);
        processor.vmclear(vmcs);
        processor.vmptrld(vmcs);
        writeControls(eptPointer, vpid);
        writeHostState();
        return vmcs;
    }

    private void checkCapabilities() {
        Invariant.check(
                (processor.rdmsr(Msr.VMX_MISC) & PREEMPTION_TIMER_RATE) == 0,
                "the preemption timer counts every tick of the TSC");
    }

    private long region(FrameKind kind) {
        long hpa = frames.allocate(kind);
        memory.write32(hpa, (int) processor.rdmsr(Msr.VMX_BASIC) & 0x7fff_ffff);
        return hpa;
    }

    private void writeControls(long eptPointer, int vpid) {
        control(
                VmcsField.PIN_BASED_VM_EXECUTION_CONTROLS,
                Msr.VMX_TRUE_PINBASED_CTLS,
                PIN_CONTROLS);
        control(
                VmcsField.PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
                Msr.VMX_TRUE_PROCBASED_CTLS,
                PRIMARY_CONTROLS);
        control(
                VmcsField.SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
                Msr.VMX_PROCBASED_CTLS2,
                SECONDARY_CONTROLS | (SECONDARY_CONTROLS_OF_INSTRUCTIONS & allowedSecondary()));
        control(VmcsField.PRIMARY_VM_EXIT_CONTROLS, Msr.VMX_TRUE_EXIT_CTLS, EXIT_CONTROLS);
        control(VmcsField.VM_ENTRY_CONTROLS, Msr.VMX_TRUE_ENTRY_CTLS, ENTRY_CONTROLS);

        long bitmap = frames.allocate(FrameKind.MSR_BITMAP);
        MsrBitmap.write(
                memory,
                bitmap,
                Msr.SYSENTER_CS,
                Msr.SYSENTER_ESP,
                Msr.SYSENTER_EIP,
                Msr.PAT,
                Msr.EFER,
                Msr.STAR,
                Msr.LSTAR,
                Msr.CSTAR,
                Msr.FMASK,
                Msr.FS_BASE,
                Msr.GS_BASE,
                Msr.KERNEL_GS_BASE,
                Msr.TSC_AUX);
        processor.vmwrite(VmcsField.MSR_BITMAPS, bitmap);
        processor.vmwrite(VmcsField.EPT_POINTER, eptPointer);
        processor.vmwrite(VmcsField.VPID, vpid);
        processor.vmwrite(VmcsField.EXCEPTION_BITMAP, 0);
        processor.vmwrite(VmcsField.INSTRUCTION_TIMEOUT, EXCEPTIONS_IN_A_ROW_MAX);
        processor.vmwrite(VmcsField.CR0_GUEST_HOST_MASK, CR0_OWNED);
        processor.vmwrite(VmcsField.CR4_GUEST_HOST_MASK, CR4_OWNED);
        processor.vmwrite(VmcsField.GUEST_VMCS_LINK_POINTER, -1L);
    }

    private int allowedSecondary() {
        return (int) (processor.rdmsr(Msr.VMX_PROCBASED_CTLS2) >>> 32);
    }

    /**
     * Writes a control field: what is wanted, and what the processor insists on.
     *
     * @param capabilityMsr low half: bits that must be 1; high half: bits that may be 1
     */
    private void control(int field, int capabilityMsr, int wanted) {
        long capability = processor.rdmsr(capabilityMsr);
        int value = wanted | (int) capability;
        int missing = value & ~(int) (capability >>> 32);
        if (missing != 0) {
            throw new IllegalStateException(
                    "the processor lacks control bits %#x of VMCS field %#x"
                            .formatted(missing, field));
        }
        processor.vmwrite(field, Integer.toUnsignedLong(value));
    }

    /** A host in Java runs no instruction of its own, but an exit loads this state all the same. */
    private void writeHostState() {
        LogicalProcessor p = processor;
        long cr0 = CR0_PE | CR0_PG | p.rdmsr(Msr.VMX_CR0_FIXED0);
        long cr4 = CR4_PAE | p.rdmsr(Msr.VMX_CR4_FIXED0);
        p.vmwrite(VmcsField.HOST_CR0, cr0);
        p.vmwrite(VmcsField.HOST_CR3, 0);
        p.vmwrite(VmcsField.HOST_CR4, cr4);
        p.vmwrite(VmcsField.HOST_CS_SELECTOR, HOST_CODE_SELECTOR);
        p.vmwrite(VmcsField.HOST_TR_SELECTOR, HOST_TASK_SELECTOR);
        p.vmwrite(VmcsField.HOST_IA32_EFER, EFER_LONG_MODE);
        p.vmwrite(VmcsField.HOST_IA32_PAT, PAT_RESET);
    }
}
