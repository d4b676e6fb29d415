package io.understudy.vmx.operation;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;
import static io.understudy.vmx.operation.InstructionError.*;

import io.understudy.vmx.ExitReason;
import io.understudy.vmx.ProcessorModel;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.Msr;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.groundtruth.Counters;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.translation.EptContext;
import io.understudy.vmx.translation.Mmu;

/**
 * VMX operation of one logical processor: the VMX instructions, VM entry and VM exit.
 *
 * <p>An instruction returns {@link #SUCCEED}, {@link #FAIL_INVALID} or the VM-instruction error of
 * VMfailValid, which is then in the current VMCS too. A Java host turns it into an exception, a
 * host that is guest code into flags.
 */
public final class VmxOperation {
    public static final int SUCCEED = 0;
    public static final int FAIL_INVALID = -1;

    private static final int ENTRY_FAILURE = 1 << 31;
    private static final long FEATURE_LOCKED_AND_VMXON = 5;
    private static final int EPTP_LIST_ENTRIES = 512;

    private final PhysicalMemory memory;
    private final Cpu cpu;
    private final Mmu mmu;
    private final MsrAccess msrs;
    private final Counters counters;
    private final ProcessorModel model;
    private final VmExits exits;
    private final DeliveredEvent delivery;
    private final Vmcs vmcs = new Vmcs();
    private final EntryChecks checks;
    private final VirtualApic virtualApic;
    private final ShadowVmcs shadow;
    private final VmcsFields fields;

    private boolean inVmxOperation;
    private boolean nonRoot;

    /** Blocking by NMI that root operation had at VM entry, and has again if the entry fails. */
    private int nmiBlockingOfHost;

    /** Counts VM entries, so that what happens once an entry can be told. */
    private long entrySerial;

    private long vmxonPointer = -1;
    private long current = -1;

    /** The current VMCS is a shadow VMCS, with which VM entry fails. */
    private boolean currentIsShadow;

    /** VMWRITE may write read-only fields (IA32_VMX_MISC bit 29). */
    private final boolean writesReadOnly;

    // Controls in force during non-root operation.
    private int pin;
    private int primary;
    private int secondary;

    public VmxOperation(
            PhysicalMemory memory,
            Cpu cpu,
            Mmu mmu,
            VmExits exits,
            DeliveredEvent delivery,
            MsrAccess msrs,
            Counters counters,
            ProcessorModel model) {
        this.memory = memory;
        this.cpu = cpu;
        this.mmu = mmu;
        this.exits = exits;
        this.delivery = delivery;
        this.msrs = msrs;
        this.counters = counters;
        this.model = model;
        this.writesReadOnly = model.hasVmcsShadowing();
        exits.attach(vmcs, cpu);
        this.checks = new EntryChecks(vmcs, memory, model);
        this.virtualApic = new VirtualApic(memory, exits, delivery, vmcs);
        this.fields = new VmcsFields(model);
        this.shadow = new ShadowVmcs(memory, vmcs, fields);
    }

    /**
     * Whether VMX operation allows a value in CR0 (SDM volume 3, "Restrictions on VMX Operation").
     */
    public boolean allowsCr0(long value) {
        if (!inVmxOperation) {
            return true;
        }
        boolean exempt = nonRoot && secondary(SECONDARY_UNRESTRICTED_GUEST);
        long fixed =
                exempt
                        ? Capabilities.CR0_FIXED_0 & ~(ControlBits.CR0_PE | ControlBits.CR0_PG)
                        : Capabilities.CR0_FIXED_0;
        return (value & fixed) == fixed;
    }

    public VirtualApic virtualApic() {
        return virtualApic;
    }

    /** What VMREAD and VMWRITE of a guest may reach, if {@link #secondary} says so. */
    public ShadowVmcs shadow() {
        return shadow;
    }

    /** Whether the processor is in VMX operation, root or non-root. */
    public boolean isInVmxOperation() {
        return inVmxOperation;
    }

    public boolean isNonRoot() {
        return nonRoot;
    }

    /** Whether the processor is in VMX root operation. */
    public boolean isRoot() {
        return inVmxOperation && !nonRoot;
    }

    public long entrySerial() {
        return entrySerial;
    }

    /** Content of the current VMCS; meaningless before the first VMPTRLD. */
    public Vmcs vmcs() {
        return vmcs;
    }

    /** Whether a control is 1, in non-root operation. */
    public boolean pin(int control) {
        return (pin & control) != 0;
    }

    public boolean primary(int control) {
        return (primary & control) != 0;
    }

    public boolean secondary(int control) {
        return (secondary & control) != 0;
    }

    public int vmxon(long hpa) {
        if (inVmxOperation) {
            return fail(VMXON_IN_ROOT);
        }
        if (!isVmxonAllowed() || !isRegion(hpa) || memory.read32(hpa) != Capabilities.REVISION) {
            return FAIL_INVALID;
        }
        inVmxOperation = true;
        vmxonPointer = hpa;
        return SUCCEED;
    }

    /** Whether IA32_FEATURE_CONTROL is locked with VMXON allowed. */
    public boolean isVmxonAllowed() {
        return (msrs.read(Msr.FEATURE_CONTROL) & FEATURE_LOCKED_AND_VMXON)
                == FEATURE_LOCKED_AND_VMXON;
    }

    /** Whether CR0 and CR4 have the values that VMXON needs. */
    public boolean areRegistersFixed(long cr0, long cr4) {
        return HostStateChecks.fixed(cr0, Capabilities.CR0_FIXED_0, Capabilities.CR0_FIXED_1)
                && HostStateChecks.fixed(cr4, Capabilities.CR4_FIXED_0, model.supportedCr4());
    }

    /** VMCALL in root operation, of a processor without SMM monitor. */
    public int vmcall() {
        return fail(VMCALL_IN_ROOT);
    }

    /** Leaves VMX operation; software must have cleared every VMCS that it wants to keep. */
    public int vmxoff() {
        if (!inVmxOperation) {
            return FAIL_INVALID;
        }
        inVmxOperation = false;
        current = -1;
        vmxonPointer = -1;
        return SUCCEED;
    }

    /** INIT gave the registers other values: cached translations go. */
    public void afterInit() {
        mmu.flushCurrent(cpu);
        mmu.watch(cpu);
    }

    public int vmclear(long hpa) {
        if (!isRegion(hpa)) {
            return fail(VMCLEAR_ADDRESS);
        }
        if (hpa == vmxonPointer) {
            return fail(VMCLEAR_VMXON_POINTER);
        }
        if (hpa == current) {
            vmcs.launched = false;
            vmcs.store(memory, hpa);
            current = -1;
        } else {
            Vmcs.storeLaunchState(memory, hpa, false);
        }
        return SUCCEED;
    }

    public int vmptrld(long hpa) {
        if (!isRegion(hpa)) {
            return fail(VMPTRLD_ADDRESS);
        }
        if (hpa == vmxonPointer) {
            return fail(VMPTRLD_VMXON_POINTER);
        }
        int header = memory.read32(hpa);
        boolean isShadow = (header & Vmcs.SHADOW) != 0;
        if ((header & ~Vmcs.SHADOW) != Capabilities.REVISION
                || (isShadow && !model.hasVmcsShadowing())) {
            return fail(VMPTRLD_REVISION);
        }
        currentIsShadow = isShadow;
        if (hpa != current) {
            if (current != -1) {
                vmcs.store(memory, current);
            }
            vmcs.load(memory, hpa);
            current = hpa;
        }
        return SUCCEED;
    }

    /** What VMPTRST stores: the current-VMCS pointer, or all ones. */
    public long currentPointer() {
        return current;
    }

    /** Outcome of a VMREAD of this component; on success the value is {@link #component}. */
    public int checkRead(int encoding) {
        if (current == -1) {
            return FAIL_INVALID;
        }
        return fields.exist(encoding) ? SUCCEED : fail(UNSUPPORTED_COMPONENT);
    }

    public long component(int encoding) {
        return vmcs.read(encoding);
    }

    public int vmwrite(int encoding, long value) {
        if (current == -1) {
            return FAIL_INVALID;
        }
        if (!fields.exist(encoding)) {
            return fail(UNSUPPORTED_COMPONENT);
        }
        if (VmcsFields.type(encoding) == VmcsFields.TYPE_READ_ONLY && !writesReadOnly) {
            return fail(READ_ONLY_COMPONENT);
        }
        vmcs.write(encoding, value);
        return SUCCEED;
    }

    public int invept(long type, long eptp, long reserved) {
        boolean single = type == 1;
        if ((!single && type != 2)
                || reserved != 0
                || (single && !ControlChecks.isEptp(eptp, model))) {
            return fail(INVALID_OPERAND);
        }
        mmu.invalidateEpt(cpu, EptContext.ep4taOf(eptp), !single);
        return SUCCEED;
    }

    /**
     * @param descriptor bits 63:0 of the operand: the VPID, and reserved bits
     */
    public int invvpid(long type, long descriptor, long linear) {
        boolean needsVpid = type != 2;
        if (type < 0
                || type > 3
                || descriptor >>> 16 != 0
                || (needsVpid && descriptor == 0)
                || (type == 0 && !ControlBits.isCanonical(linear))) {
            return fail(INVALID_OPERAND);
        }
        mmu.invalidateVpid(cpu, (int) type, (int) descriptor, linear);
        return SUCCEED;
    }

    /**
     * The checks of VMLAUNCH and VMRESUME that VMfail.
     *
     * @return {@link #SUCCEED}, or the failure; then nothing was loaded
     */
    public int checkEntry(boolean launch) {
        if (current == -1 || currentIsShadow) {
            return FAIL_INVALID;
        }
        if ((cpu.system.interruptibility & SystemState.BLOCKING_BY_MOV_SS) != 0) {
            return fail(ENTRY_BLOCKED_BY_MOV_SS);
        }
        if (launch == vmcs.launched) {
            return fail(launch ? VMLAUNCH_NOT_CLEAR : VMRESUME_NOT_LAUNCHED);
        }
        int error = ENTRY_CONTROLS;
        String violated = checks.ofControls();
        if (violated == null) {
            error = ENTRY_HOST_STATE;
            violated = checks.ofHost(cpu.system.isLongMode());
        }
        if (violated != null) {
            counters.lastEntryFailure = violated;
            counters.entryFailures++;
            return fail(error);
        }
        return SUCCEED;
    }

    /**
     * Enters non-root operation after {@link #checkEntry} succeeded: checks and loads the guest
     * state and the MSR list.
     *
     * @return 0, or the exit-reason field of a failed entry, after which the host runs
     */
    public int enter(boolean launch) {
        nmiBlockingOfHost = cpu.system.interruptibility & SystemState.BLOCKING_BY_NMI;
        String violated = checks.ofGuest(current);
        if (violated != null) {
            counters.lastEntryFailure = violated;
            return failEntry(
                    ExitReason.ENTRY_FAILURE_GUEST_STATE, GuestStateChecks.qualification(violated));
        }
        pin = vmcs.get32(PIN_BASED_VM_EXECUTION_CONTROLS);
        primary = vmcs.get32(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS);
        secondary = ControlChecks.secondary(vmcs);
        GuestStateArea.load(vmcs, cpu);
        loadTranslation();
        if (GuestStateArea.usesPdptes(cpu.system) && !loadPdptes()) {
            counters.lastEntryFailure = GuestStateChecks.PDPTES;
            return failEntry(
                    ExitReason.ENTRY_FAILURE_GUEST_STATE, GuestStateChecks.QUALIFICATION_PDPTE);
        }
        int badMsr =
                MsrLists.load(
                        memory,
                        msrs,
                        vmcs.get(VMENTRY_MSR_LOAD_ADDR),
                        vmcs.get32(VMENTRY_MSR_LOAD_COUNT));
        if (badMsr != 0) {
            counters.lastEntryFailure = "VM-entry MSR-load list, entry " + badMsr;
            return failEntry(ExitReason.ENTRY_FAILURE_MSR_LOAD, badMsr);
        }
        mmu.activate(cpu);
        virtualApic.load(pin, primary, secondary);
        mmu.setApicAccessPage(virtualApic.accessPage());
        mmu.watch(cpu);
        vmcs.launched |= launch;
        nonRoot = true;
        entrySerial++;
        counters.entries++;
        return 0;
    }

    private boolean loadPdptes() {
        return secondary(SECONDARY_EPT)
                ? GuestStateArea.loadPdptes(vmcs, cpu.system)
                : mmu.loadPdptes(cpu, cpu.system.cr3);
    }

    /**
     * VMFUNC 0: switches to an EPT pointer of the list.
     *
     * @return false if that is a VM exit: no such entry, or one that VM entry would refuse
     */
    public boolean switchEptp(long index) {
        if (index >>> 32 != 0 || Long.compareUnsigned(index, EPTP_LIST_ENTRIES) >= 0) {
            return false;
        }
        long eptp = memory.read64OrOnes(vmcs.get(EPTP_LIST_ADDRESS) + 8 * index);
        if (!ControlChecks.isEptp(eptp, model)) {
            return false;
        }
        vmcs.set(EPT_POINTER, eptp);
        vmcs.set(EPTP_INDEX, index);
        counters.vmfuncs++;
        EptContext ept = mmu.eptContext();
        ept.enable(eptp);
        ept.pmlEnabled = secondary(SECONDARY_PML) && ept.accessedDirty;
        mmu.activate(cpu);
        return true;
    }

    /** The time-stamp counter as the guest sees it, from that of the processor. */
    public long guestTimeStamp(long tsc) {
        if (!nonRoot || !primary(PRIMARY_TSC_OFFSETTING)) {
            return tsc;
        }
        long scaled = tsc;
        if (secondary(SECONDARY_TSC_SCALING)) {
            long multiplier = vmcs.get(TSC_MULTIPLIER);
            scaled =
                    (Math.unsignedMultiplyHigh(tsc, multiplier) << 16)
                            | ((tsc * multiplier) >>> 48);
        }
        return scaled + vmcs.get(TSC_OFFSET);
    }

    /** Takes effect when the translation context is activated, once all state is loaded. */
    private void loadTranslation() {
        EptContext ept = mmu.eptContext();
        if (secondary(SECONDARY_EPT)) {
            ept.executesByMode = secondary(SECONDARY_MODE_BASED_EXECUTE);
            ept.enable(vmcs.get(EPT_POINTER));
        } else {
            ept.disable();
        }
        ept.pmlEnabled = secondary(SECONDARY_PML) && ept.accessedDirty;
        ept.pmlAddress = vmcs.get(PML_ADDRESS);
        ept.pmlIndex = vmcs.get32(GUEST_PML_INDEX);
        boolean vpid = secondary(SECONDARY_VPID);
        ept.vpid = vpid ? vmcs.get32(VPID) : 0;
        if (!vpid) {
            mmu.flushVpidZero(cpu);
        }
        ept.virtualizationExceptions = secondary(SECONDARY_EPT_VIOLATION_VE);
    }

    /**
     * VM exit after the information fields were written: saves the guest, loads the host. The
     * translation context stays the guest's until root code touches linear memory.
     */
    public void exit() {
        EptContext ept = mmu.eptContext();
        exits.completeLength();
        GuestStateArea.save(vmcs, cpu, exits.resumeFlag());
        vmcs.set(GUEST_PML_INDEX, ept.pmlIndex);
        if (!MsrLists.store(
                memory,
                msrs,
                vmcs.get(VMEXIT_MSR_STORE_ADDR),
                vmcs.get32(VMEXIT_MSR_STORE_COUNT))) {
            throw abort(VmxAbort.MSR_SAVE);
        }
        if (ept.vpid == 0) {
            mmu.flushVpidZero(cpu);
        }
        loadHost(nmiBlockingAfterExit());
    }

    /** As {@link #exit}, to a host that is code: what it fetches next needs its translations. */
    public void exitToCode() {
        exit();
        mmu.activate(cpu);
    }

    /**
     * An exit of an NMI leaves NMIs blocked. Else blocking is as in the guest, unless its flag was
     * about virtual NMIs.
     */
    private int nmiBlockingAfterExit() {
        if (exits.wasNmi()) {
            return SystemState.BLOCKING_BY_NMI;
        }
        return pin(PIN_VIRTUAL_NMIS)
                ? 0
                : cpu.system.interruptibility & SystemState.BLOCKING_BY_NMI;
    }

    private int failEntry(ExitReason reason, long qualification) {
        counters.entryFailures++;
        counters.exits[reason.number()]++;
        int field = reason.number() | ENTRY_FAILURE;
        vmcs.set32(EXIT_REASON, field);
        vmcs.set(EXIT_QUALIFICATION, qualification);
        loadHost(nmiBlockingOfHost);
        return field;
    }

    private void loadHost(int nmiBlocking) {
        nonRoot = false;
        delivery.active = false;
        virtualApic.unload();
        mmu.setApicAccessPage(-1);
        HostStateArea.load(vmcs, cpu);
        cpu.system.interruptibility = nmiBlocking;
        EptContext ept = mmu.eptContext();
        ept.disable();
        ept.vpid = 0;
        if (GuestStateArea.usesPdptes(cpu.system) && !mmu.loadPdptes(cpu, cpu.system.cr3)) {
            throw abort(VmxAbort.PDPTES);
        }
        int badMsr =
                MsrLists.load(
                        memory,
                        msrs,
                        vmcs.get(VMEXIT_MSR_LOAD_ADDR),
                        vmcs.get32(VMEXIT_MSR_LOAD_COUNT));
        if (badMsr != 0) {
            throw abort(VmxAbort.MSR_LOAD);
        }
    }

    /** The processor shuts down, and the region says why. */
    private VmxAbort abort(int indicator) {
        nonRoot = false;
        memory.write32(current + 4, indicator);
        cpu.system.activity = SystemState.SHUTDOWN;
        return new VmxAbort(indicator, current);
    }

    private int fail(int error) {
        if (current == -1) {
            return FAIL_INVALID;
        }
        vmcs.set32(VM_INSTRUCTION_ERROR, error);
        return error;
    }

    private boolean isRegion(long hpa) {
        return ControlChecks.isFrame(hpa) && memory.contains(hpa, PhysicalMemory.PAGE_BYTES);
    }
}
