package io.understudy.hypervisor.vcpu;

import io.understudy.hypervisor.device.LocalApic;
import io.understudy.hypervisor.dirty.LoggingProcessor;
import io.understudy.hypervisor.vmcs.VmcsSetup;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;
import io.understudy.vmx.VmxControls;

/**
 * A virtual CPU on its logical processor: enters the guest until an exact stop, and keeps what must
 * survive from one entry to the next.
 *
 * <p>{@code pendingEvent} is the one event to inject at the next entry, in the layout of the
 * VM-entry interruption information; 0 if there is none. It is either an event whose delivery an
 * exit cut short (IDT-vectoring information), an exception raised by an emulated instruction, or an
 * interrupt just taken from the local APIC.
 */
public final class Vcpu implements LoggingProcessor {
    private static final long RFLAGS_TF = 1 << 8;
    private static final long RFLAGS_IF = 1 << 9;
    private static final long RFLAGS_RF = 1 << 16;
    private static final long BLOCKED_BY_STI_OR_MOV_SS = 3;
    private static final long PENDING_SINGLE_STEP = 1 << 14;
    private static final long PREEMPTION_TIMER_MAX = 0xffff_ffffL;

    /** Bits of the IDT-vectoring information that are also in the entry information. */
    private static final long EVENT_MASK = 0x8000_0fffL;

    private static final int SINGLE_CONTEXT = 1;
    private static final int SINGLE_CONTEXT_BUT_GLOBALS = 3;
    private static final int EPTP_SWITCHING = 1;

    /** Word of the FXSAVE image with MXCSR and the mask of its bits, which is the processor's. */
    private static final int MXCSR_WORD = 3;

    private static final long MXCSR_ALONE = 0xffff_ffffL;

    /** Index of the last entry of a page-modification log, which is filled first. */
    private static final int PML_INDEX_EMPTY = 511;

    private final LogicalProcessor processor;
    private final GuestTime time;
    private final int vpid;
    private final long primaryControls;
    private boolean isWatchingTables;
    private boolean isStepping;
    private boolean isStepFreeOfAddressSpace;
    private long eptPointer;
    private long inveptSingle;
    private boolean isLaunched;
    private boolean isWindowOpen;
    private int activity = VcpuState.ACTIVE;
    private long pendingEvent;
    private long pendingErrorCode;
    private long pendingInstructionLength;
    private Runnable beforeInterrupt = () -> {};

    /**
     * @param processor in VMX operation, its current VMCS prepared by {@link VmcsSetup}
     */
    public Vcpu(LogicalProcessor processor, GuestTime time, long eptPointer, int vpid) {
        this.processor = processor;
        this.time = time;
        this.eptPointer = eptPointer;
        this.vpid = vpid;
        this.primaryControls =
                processor.vmread(VmcsField.PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS);
    }

    public LogicalProcessor processor() {
        return processor;
    }

    public GuestTime time() {
        return time;
    }

    public boolean isHalted() {
        return activity == VcpuState.HALTED;
    }

    public boolean isShutDown() {
        return activity == VcpuState.SHUTDOWN;
    }

    public boolean areInterruptsEnabled() {
        return (processor.vmread(VmcsField.GUEST_RFLAGS) & RFLAGS_IF) != 0;
    }

    /**
     * Runs the guest until an exit.
     *
     * @param stopTsc exit at the first instruction boundary at which the processor's TSC is at
     *     least this
     * @return the exit-reason field
     */
    public int enter(long stopTsc) {
        LogicalProcessor p = processor;
        long ticks = Math.min(Math.max(0, stopTsc - p.rdtsc()), PREEMPTION_TIMER_MAX);
        p.vmwrite(VmcsField.GUEST_PREEMPTION_TIMER_VALUE, ticks);
        if (pendingEvent != 0) {
            p.vmwrite(VmcsField.VM_ENTRY_INTERRUPTION_INFORMATION, pendingEvent);
            p.vmwrite(VmcsField.VM_ENTRY_EXCEPTION_ERROR_CODE, pendingErrorCode);
            p.vmwrite(VmcsField.VM_ENTRY_INSTRUCTION_LENGTH, pendingInstructionLength);
        }
        return entered(isLaunched ? p.vmresume() : p.vmlaunch());
    }

    /** Goes on in the guest after {@link LogicalProcessor#TURN_OVER}. */
    public int goOn() {
        return entered(processor.goOn());
    }

    private int entered(int reason) {
        if (reason == LogicalProcessor.TURN_OVER) {
            isLaunched = true;
        } else if (reason >= 0) {
            isLaunched = true;
            keepInterruptedEvent();
        }
        return reason;
    }

    /** What an exit cut short is delivered by the next entry, whatever happens in between. */
    private void keepInterruptedEvent() {
        pendingEvent = processor.vmread(VmcsField.IDT_VECTORING_INFORMATION) & EVENT_MASK;
        if ((pendingEvent & VcpuState.EVENT_VALID) == 0) {
            pendingEvent = 0;
            pendingErrorCode = 0;
            pendingInstructionLength = 0;
            return;
        }
        pendingErrorCode =
                (pendingEvent & VcpuState.EVENT_HAS_ERROR_CODE) == 0
                        ? 0
                        : processor.vmread(VmcsField.IDT_VECTORING_ERROR_CODE);
        int type = (int) (pendingEvent >>> VcpuState.EVENT_TYPE_SHIFT) & 7;
        pendingInstructionLength =
                type >= 4 ? processor.vmread(VmcsField.EXIT_INSTRUCTION_LENGTH) : 0;
    }

    /**
     * Gives the guest its highest pending interrupt, or asks for an exit as soon as it can take
     * one. Call before each entry.
     */
    public void deliverInterrupts(LocalApic apic) {
        int vector = apic.pendingVector();
        if (vector == LocalApic.NO_VECTOR) {
            setInterruptWindow(false);
            return;
        }
        boolean canTake = canTakeInterrupt();
        if (canTake) {
            beforeInterrupt.run();
            apic.acknowledge(vector);
            inject(vector);
        }
        setInterruptWindow(!canTake || apic.pendingVector() != LocalApic.NO_VECTOR);
    }

    /** Whether the next entry may inject an interrupt. */
    public boolean canTakeInterrupt() {
        return pendingEvent == 0
                && areInterruptsEnabled()
                && (processor.vmread(VmcsField.GUEST_INTERRUPTIBILITY_STATE)
                                & BLOCKED_BY_STI_OR_MOV_SS)
                        == 0;
    }

    /** The next entry injects this external interrupt. */
    public void inject(int vector) {
        pendingEvent = VcpuState.EVENT_VALID | vector;
    }

    /** Whether the guest exits as soon as it can take an interrupt. */
    public void setInterruptWindow(boolean wanted) {
        if (wanted != isWindowOpen) {
            isWindowOpen = wanted;
            writePrimaryControls();
        }
    }

    private void writePrimaryControls() {
        long controls = primaryControls;
        controls |= isWindowOpen ? VmxControls.PRIMARY_INTERRUPT_WINDOW_EXITING : 0;
        controls |= isStepping ? VmxControls.PRIMARY_MONITOR_TRAP_FLAG : 0;
        controls |=
                isWatchingTables && !isStepFreeOfAddressSpace
                        ? VmxControls.PRIMARY_CR3_LOAD_EXITING
                        : 0;
        processor.vmwrite(VmcsField.PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, controls);
    }

    /** Whether accesses to the descriptor-table registers and loads of CR3 exit. */
    public void watchTables(boolean isOn) {
        isWatchingTables = isOn;
        writePrimaryControls();
        setSecondaryControl(VmxControls.SECONDARY_DESCRIPTOR_TABLE_EXITING, isOn);
    }

    /**
     * The next entry is for one instruction, or one delivery of an event, in another view; then it
     * exits by the monitor trap flag and {@link #endStep} must follow.
     *
     * @param accessesTables whether the instruction itself accesses a descriptor-table register
     */
    public void step(long viewPointer, boolean accessesTables) {
        isStepping = true;
        writePrimaryControls();
        processor.vmwrite(VmcsField.EPT_POINTER, viewPointer);
        if (accessesTables) {
            setSecondaryControl(VmxControls.SECONDARY_DESCRIPTOR_TABLE_EXITING, false);
        }
    }

    /** As {@link #step}, for an instruction that loads CR3, in the guest's own view. */
    public void stepAddressSpaceLoad() {
        isStepping = true;
        isStepFreeOfAddressSpace = true;
        writePrimaryControls();
    }

    /** The guest goes on as before the step. */
    public void endStep() {
        if (!isStepFreeOfAddressSpace) {
            processor.vmwrite(VmcsField.EPT_POINTER, eptPointer);
            setSecondaryControl(VmxControls.SECONDARY_DESCRIPTOR_TABLE_EXITING, isWatchingTables);
        }
        isStepping = false;
        isStepFreeOfAddressSpace = false;
        writePrimaryControls();
    }

    /**
     * @param listener told before the guest is given an interrupt, while it is where it was
     */
    public void tellBeforeInterrupt(Runnable listener) {
        beforeInterrupt = listener;
    }

    /** Whether the next entry injects an event. */
    public boolean hasPendingEvent() {
        return pendingEvent != 0;
    }

    /** The guest executed HLT. */
    public void halt() {
        activity = VcpuState.HALTED;
    }

    /** An interrupt ends HLT. */
    public void wake() {
        activity = VcpuState.ACTIVE;
    }

    /** The guest triple-faulted. */
    public void shutDown() {
        activity = VcpuState.SHUTDOWN;
    }

    /**
     * Ends an instruction that the hypervisor executed for the guest: RIP goes on, blocking by STI
     * or MOV SS ends, a single-step trap becomes pending.
     */
    public void skipInstruction() {
        skipInstruction(processor.vmread(VmcsField.EXIT_INSTRUCTION_LENGTH));
    }

    /** The same where the exit does not tell the length. */
    public void skipInstruction(long length) {
        LogicalProcessor p = processor;
        p.vmwrite(VmcsField.GUEST_RIP, p.vmread(VmcsField.GUEST_RIP) + length);
        long blocking = p.vmread(VmcsField.GUEST_INTERRUPTIBILITY_STATE);
        if ((blocking & BLOCKED_BY_STI_OR_MOV_SS) != 0) {
            p.vmwrite(VmcsField.GUEST_INTERRUPTIBILITY_STATE, blocking & ~BLOCKED_BY_STI_OR_MOV_SS);
        }
        long flags = p.vmread(VmcsField.GUEST_RFLAGS);
        if ((flags & RFLAGS_RF) != 0) { // an exit before the instruction saves it set
            p.vmwrite(VmcsField.GUEST_RFLAGS, flags & ~RFLAGS_RF);
        }
        if ((flags & RFLAGS_TF) != 0) {
            p.vmwrite(
                    VmcsField.GUEST_PENDING_DBG_EXCEPTIONS,
                    p.vmread(VmcsField.GUEST_PENDING_DBG_EXCEPTIONS) | PENDING_SINGLE_STEP);
        }
    }

    /** Raises an exception without an error code at the current instruction. */
    public void raise(int vector) {
        pendingEvent =
                VcpuState.EVENT_VALID
                        | (VcpuState.EVENT_TYPE_HARDWARE_EXCEPTION << VcpuState.EVENT_TYPE_SHIFT)
                        | vector;
        pendingErrorCode = 0;
        pendingInstructionLength = 0;
    }

    /** Raises an exception with an error code at the current instruction. */
    public void raise(int vector, int errorCode) {
        raise(vector);
        pendingEvent |= VcpuState.EVENT_HAS_ERROR_CODE;
        pendingErrorCode = errorCode;
    }

    /** Must follow a change of the guest's TSC. */
    public void writeTscOffset() {
        processor.vmwrite(VmcsField.TSC_OFFSET, time.tscOffset());
    }

    /** Drops every translation that the processor may hold for this guest. */
    public void dropTranslations() {
        invalidateEpt(eptPointer);
        processor.invvpid(SINGLE_CONTEXT, vpid, 0);
    }

    /**
     * Drops what the processor holds for linear addresses of this guest, as MOV to CR3 does.
     *
     * @param keepsGlobals whether translations of global pages may stay
     */
    public void dropLinear(boolean keepsGlobals) {
        processor.invvpid(keepsGlobals ? SINGLE_CONTEXT_BUT_GLOBALS : SINGLE_CONTEXT, vpid, 0);
    }

    @Override
    public void invalidateEpt(long pointer) {
        processor.invept(SINGLE_CONTEXT, pointer);
        inveptSingle++;
    }

    /** Single-context INVEPTs since the start. */
    public long inveptSingle() {
        return inveptSingle;
    }

    @Override
    public void useEptPointer(long pointer) {
        eptPointer = pointer;
        processor.vmwrite(VmcsField.EPT_POINTER, pointer);
    }

    /** The EPT pointer that the guest uses now: VMFUNC may have chosen another. */
    public long eptPointerInForce() {
        return processor.vmread(VmcsField.EPT_POINTER);
    }

    /**
     * Lets the guest choose EPT pointers by VMFUNC without an exit (SDM volume 3, "EPTP
     * Switching").
     *
     * @param listHpa page of 512 EPT pointers
     */
    public void allowEptpSwitching(long listHpa) {
        processor.vmwrite(VmcsField.EPTP_LIST_ADDRESS, listHpa);
        processor.vmwrite(VmcsField.VM_FUNCTION_CONTROLS, EPTP_SWITCHING);
        setSecondaryControl(VmxControls.SECONDARY_VM_FUNCTIONS, true);
    }

    @Override
    public void startPageModificationLog(long bufferHpa) {
        processor.vmwrite(VmcsField.PML_ADDRESS, bufferHpa);
        emptyPageModificationLog();
        setSecondaryControl(VmxControls.SECONDARY_PML, true);
    }

    @Override
    public void stopPageModificationLog() {
        setSecondaryControl(VmxControls.SECONDARY_PML, false);
    }

    @Override
    public int pageModificationIndex() {
        return (int) processor.vmread(VmcsField.GUEST_PML_INDEX);
    }

    @Override
    public void emptyPageModificationLog() {
        processor.vmwrite(VmcsField.GUEST_PML_INDEX, PML_INDEX_EMPTY);
    }

    private void setSecondaryControl(int control, boolean isOn) {
        int field = VmcsField.SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS;
        long controls = processor.vmread(field);
        long changed = isOn ? controls | control : controls & ~Integer.toUnsignedLong(control);
        if (changed != controls) {
            processor.vmwrite(field, changed);
        }
    }

    /** Reads the canonical state; only after an exit, or before the first entry. */
    VcpuState capture() {
        VcpuState s = new VcpuState();
        long[] image = new long[LogicalProcessor.FXSAVE_WORDS];
        processor.fxsave(image);
        image[MXCSR_WORD] &= MXCSR_ALONE;
        for (StateField f : StateField.ALL) {
            switch (f.home()) {
                case REGISTER -> s.set(f, processor.gpr(f.number()));
                case VMCS -> s.set(f, processor.vmread(f.number()));
                case DEBUG_REGISTER -> s.set(f, processor.dr(f.number()));
                case MSR -> s.set(f, processor.rdmsr(f.number()));
                case FX -> s.set(f, image[f.number()]);
                case PROCESSOR, VCPU -> {
                    // Each of these by itself, below.
                }
            }
        }
        s.set(StateField.CR0, guestCr0());
        s.set(StateField.CR4, guestCr4());
        s.set(StateField.CR2, processor.cr2());
        s.set(StateField.XCR0, processor.xcr0());
        s.set(StateField.PKRU, processor.pkru() & 0xffff_ffffL);
        s.set(StateField.ACTIVITY, activity);
        s.set(StateField.EVENT, pendingEvent);
        s.set(StateField.EVENT_ERROR_CODE, pendingErrorCode);
        s.set(StateField.EVENT_INSTRUCTION_LENGTH, pendingInstructionLength);
        s.set(StateField.GUEST_TSC, time.tsc());
        s.set(StateField.INSTRUCTIONS, time.instructions());
        s.set(StateField.NS_PER_INSTRUCTION, time.nsPerInstruction());
        return s;
    }

    /** Makes {@code s} the state of this vCPU. */
    void load(VcpuState s) {
        long[] image = new long[LogicalProcessor.FXSAVE_WORDS];
        for (StateField f : StateField.ALL) {
            switch (f.home()) {
                case REGISTER -> processor.setGpr(f.number(), s.get(f));
                case VMCS -> processor.vmwrite(f.number(), s.get(f));
                case DEBUG_REGISTER -> processor.setDr(f.number(), s.get(f));
                case MSR -> processor.wrmsr(f.number(), s.get(f));
                case FX -> image[f.number()] = s.get(f);
                case PROCESSOR, VCPU -> {
                    // Each of these by itself, below.
                }
            }
        }
        processor.fxrstor(image);
        setGuestCr0(s.get(StateField.CR0));
        setGuestCr4(s.get(StateField.CR4));
        processor.setCr2(s.get(StateField.CR2));
        processor.setXcr0(s.get(StateField.XCR0));
        processor.setPkru((int) s.get(StateField.PKRU));
        processor.vmwrite(VmcsField.GUEST_ACTIVITY_STATE, VcpuState.ACTIVE);
        activity = (int) s.get(StateField.ACTIVITY);
        pendingEvent = s.get(StateField.EVENT);
        pendingErrorCode = s.get(StateField.EVENT_ERROR_CODE);
        pendingInstructionLength = s.get(StateField.EVENT_INSTRUCTION_LENGTH);
        time.set(s.get(StateField.INSTRUCTIONS), s.get(StateField.GUEST_TSC));
        writeTscOffset();
    }

    /** CR0 as the guest sees it. */
    public long guestCr0() {
        return (processor.vmread(VmcsField.GUEST_CR0) & ~VmcsSetup.CR0_OWNED)
                | (processor.vmread(VmcsField.CR0_READ_SHADOW) & VmcsSetup.CR0_OWNED);
    }

    public void setGuestCr0(long value) {
        processor.vmwrite(VmcsField.CR0_READ_SHADOW, value);
        processor.vmwrite(
                VmcsField.GUEST_CR0, (value & ~VmcsSetup.CR0_CACHE_CONTROL) | VmcsSetup.CR0_FORCED);
    }

    /** CR4 as the guest sees it. */
    public long guestCr4() {
        return (processor.vmread(VmcsField.GUEST_CR4) & ~VmcsSetup.CR4_OWNED)
                | (processor.vmread(VmcsField.CR4_READ_SHADOW) & VmcsSetup.CR4_OWNED);
    }

    public void setGuestCr4(long value) {
        processor.vmwrite(VmcsField.CR4_READ_SHADOW, value);
        processor.vmwrite(VmcsField.GUEST_CR4, value | VmcsSetup.CR4_FORCED);
    }
}
