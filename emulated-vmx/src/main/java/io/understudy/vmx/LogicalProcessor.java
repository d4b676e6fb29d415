package io.understudy.vmx;

import io.understudy.vmx.apic.LocalApic;
import io.understudy.vmx.bus.MemorySpace;
import io.understudy.vmx.bus.PortSpace;
import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.FxImage;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.VmExitSignal;
import io.understudy.vmx.event.Boundary;
import io.understudy.vmx.event.SliceEnd;
import io.understudy.vmx.groundtruth.Counters;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.operation.VmxOperation;
import io.understudy.vmx.system.MsrFile;

/**
 * One logical processor in VMX root operation with a host written in Java: the VMX instructions as
 * methods, and the registers that a VM exit leaves to software.
 *
 * <p>Firmware and host start-up are done: 64-bit mode with paging, CR4.VMXE set,
 * IA32_FEATURE_CONTROL locked with VMXON allowed, the local APIC in x2APIC mode.
 *
 * <p>Not thread-safe, except {@link #interrupt} and {@link #nonMaskableInterrupt}.
 */
public final class LogicalProcessor implements AutoCloseable {
    /** What a VM entry returns when the turn is over and the guest has not exited. */
    public static final int TURN_OVER = -1;

    private static final int DR_COUNT = 8;
    private static final int HOST_CODE_SELECTOR = 8;
    private static final int HOST_DATA_SELECTOR = 16;

    /** Locked, with VMXON allowed outside SMX. */
    private static final long FEATURE_CONTROL_BY_FIRMWARE = 5;

    private final ProcessorCore core;
    private final VirtualClock clock;
    private final Counters counters;
    private final LocalApic apic;
    private final Cpu cpu;
    private final MsrFile msrs;
    private final VmxOperation vmx;
    private final Boundary boundary;

    LogicalProcessor(PhysicalMemory memory, PlatformConfig config, int index, LocalApic apic) {
        core =
                new ProcessorCore(
                        memory,
                        config,
                        index,
                        apic,
                        new PortSpace() {},
                        new MemorySpace() {},
                        FEATURE_CONTROL_BY_FIRMWARE);
        this.apic = apic;
        clock = core.clock;
        counters = core.counters;
        cpu = core.cpu;
        msrs = core.msrs;
        vmx = core.vmx;
        boundary = core.boundary;
        startHost(cpu.system);
        core.mmu.activate(cpu);
    }

    /** Writes every instruction to {@code sink} from now on; slow. */
    void traceTo(TraceSink sink) {
        core.traceTo(sink);
    }

    private static void startHost(SystemState s) {
        s.cr0 =
                ControlBits.CR0_PE
                        | ControlBits.CR0_ET
                        | ControlBits.CR0_NE
                        | ControlBits.CR0_WP
                        | ControlBits.CR0_PG;
        s.cr4 = ControlBits.CR4_PAE | ControlBits.CR4_PGE | ControlBits.CR4_VMXE;
        s.efer =
                ControlBits.EFER_LME
                        | ControlBits.EFER_LMA
                        | ControlBits.EFER_NXE
                        | ControlBits.EFER_SCE;
        s.setFlat64(HOST_CODE_SELECTOR, HOST_DATA_SELECTOR);
    }

    public VirtualClock clock() {
        return clock;
    }

    /** Exact counters, for reports and tests; software on this processor must not read them. */
    public Counters groundTruth() {
        return counters;
    }

    /**
     * Enters VMX operation.
     *
     * @param hpa 4 KiB-aligned region whose first dword is the revision of IA32_VMX_BASIC
     * @throws VmFail if the region is unusable
     */
    public void vmxon(long hpa) {
        require("VMXON", vmx.vmxon(hpa));
    }

    public void vmxoff() {
        require("VMXOFF", vmx.vmxoff());
    }

    public void vmclear(long hpa) {
        require("VMCLEAR", vmx.vmclear(hpa));
    }

    public void vmptrld(long hpa) {
        require("VMPTRLD", vmx.vmptrld(hpa));
    }

    /** The current-VMCS pointer, all ones if there is none. */
    public long vmptrst() {
        return vmx.currentPointer();
    }

    /**
     * @param encoding a VMCS component encoding of {@link VmcsField}
     */
    public long vmread(int encoding) {
        int outcome = vmx.checkRead(encoding);
        if (outcome != VmxOperation.SUCCEED) {
            throw failure("VMREAD of %#x".formatted(encoding), outcome);
        }
        return vmx.component(encoding);
    }

    public void vmwrite(int encoding, long value) {
        int outcome = vmx.vmwrite(encoding, value);
        if (outcome != VmxOperation.SUCCEED) {
            throw failure("VMWRITE of %#x".formatted(encoding), outcome);
        }
    }

    /**
     * VM entry; returns after the next VM exit, without allocating.
     *
     * @return the exit-reason field: basic reason in bits 15:0, bit 31 set on a failed entry
     * @throws VmFail if the controls or the host state are invalid, or the launch state is wrong
     */
    public int vmlaunch() {
        return enter(true);
    }

    /** As {@link #vmlaunch}, for a launched VMCS. */
    public int vmresume() {
        return enter(false);
    }

    /**
     * Several processors of a Java host take turns on its one thread: from now on VM entries return
     * {@link #TURN_OVER} at the first instruction boundary at which the TSC is at least {@code
     * tsc}. The guest knows nothing of turns.
     */
    public void endTurnAt(long tsc) {
        boundary.runUntil(tsc - rdtsc() + clock.nowNs());
    }

    /**
     * Goes on in non-root operation after {@link #TURN_OVER}, until the next VM exit or the end of
     * the turn.
     */
    public int goOn() {
        if (!vmx.isNonRoot()) {
            throw new IllegalStateException("the processor is not in non-root operation");
        }
        return runToExit();
    }

    private int enter(boolean launch) {
        int outcome = vmx.checkEntry(launch);
        if (outcome != VmxOperation.SUCCEED) {
            throw entryFailure(launch, outcome);
        }
        int failed = vmx.enter(launch);
        if (failed != 0) {
            return failed;
        }
        try {
            boundary.enterGuest(cpu);
        } catch (VmExitSignal exit) {
            return leave(exit.reason);
        }
        return runToExit();
    }

    private int runToExit() {
        try {
            return leave(core.executor.run().reason);
        } catch (SliceEnd end) {
            return TURN_OVER;
        }
    }

    private int leave(int reason) {
        boundary.leaveGuest(cpu);
        vmx.exit();
        return reason;
    }

    private VmFail entryFailure(boolean launch, int outcome) {
        String operation = launch ? "VMLAUNCH" : "VMRESUME";
        boolean checked = outcome == 7 || outcome == 8;
        return failure(
                checked ? operation + " (" + counters.lastEntryFailure + ")" : operation, outcome);
    }

    /**
     * @param type 1 single-context, 2 all-context
     */
    public void invept(int type, long eptp) {
        require("INVEPT", vmx.invept(type, eptp, 0));
    }

    /**
     * @param type 0 individual address, 1 single-context, 2 all-context, 3 single-context retaining
     *     globals
     */
    public void invvpid(int type, int vpid, long linear) {
        require("INVVPID", vmx.invvpid(type, vpid, linear));
    }

    private static void require(String operation, int outcome) {
        if (outcome != VmxOperation.SUCCEED) {
            throw failure(operation, outcome);
        }
    }

    private static VmFail failure(String operation, int outcome) {
        return new VmFail(operation, outcome == VmxOperation.FAIL_INVALID ? 0 : outcome);
    }

    /**
     * General-purpose register 0..15, which VM entry and exit leave alone, except RSP: that of the
     * guest is in the VMCS.
     */
    public long gpr(int register) {
        return cpu.gpr[checkedGpr(register)];
    }

    public void setGpr(int register, long value) {
        cpu.gpr[checkedGpr(register)] = value;
    }

    private static int checkedGpr(int register) {
        if (register < 0 || register > 15) {
            throw new IllegalArgumentException("no general-purpose register " + register);
        }
        return register;
    }

    public long cr2() {
        return cpu.system.cr2;
    }

    public void setCr2(long value) {
        cpu.system.cr2 = value;
    }

    /** CR8, the task-priority class of the physical local APIC. */
    public long cr8() {
        return apic.taskPriorityClass();
    }

    public void setCr8(long value) {
        if (value >>> 4 != 0) {
            throw new IllegalArgumentException("CR8 holds 0 to 15, not " + value);
        }
        apic.setTaskPriorityClass((int) value);
    }

    /** DR0..DR3 and DR6; DR7 is in the VMCS. */
    public long dr(int register) {
        return cpu.system.dr[checkedDr(register)];
    }

    public void setDr(int register, long value) {
        cpu.system.dr[checkedDr(register)] = value;
    }

    private static int checkedDr(int register) {
        if (register < 0 || register >= DR_COUNT || register == 4 || register == 5) {
            throw new IllegalArgumentException("no debug register " + register);
        }
        return register;
    }

    /** Words of 8 bytes in an image of {@link #fxsave} that hold state. */
    public static final int FXSAVE_WORDS = FxImage.WORDS;

    /** FXSAVE64 by the host: VM entry and exit leave x87 and SSE state alone. */
    public void fxsave(long[] image) {
        FxImage.saveX87(cpu, image, true);
        FxImage.saveSse(cpu, image);
    }

    /** FXRSTOR64 by the host. */
    public void fxrstor(long[] image) {
        if (!FxImage.isMxcsrValid(image)) {
            throw new IllegalArgumentException("MXCSR has reserved bits");
        }
        FxImage.restoreX87(cpu, image, true);
        FxImage.restoreMxcsr(cpu, image);
        FxImage.restoreXmm(cpu, image, Cpu.XMM_SCRATCH);
    }

    /** Whether XCR0 can hold {@code value}. */
    public boolean isXcr0(long value) {
        return cpu.system.isXcr0(value);
    }

    public long xcr0() {
        return cpu.system.xcr0;
    }

    public void setXcr0(long value) {
        if (!isXcr0(value)) {
            throw new IllegalArgumentException(
                    "XCR0 has x87, and on this processor cannot be %#x".formatted(value));
        }
        cpu.system.xcr0 = value;
    }

    /** PKRU, the rights of protection keys, which VM entry and exit leave alone. */
    public int pkru() {
        return cpu.system.pkru;
    }

    public void setPkru(int rights) {
        if (rights != 0 && !cpu.system.isXcr0(SystemState.XCR0_X87 | SystemState.XCR0_PKRU)) {
            throw new IllegalArgumentException("this processor has no protection keys");
        }
        cpu.setProtectionKeys(rights);
    }

    /**
     * RDMSR by the host; unknown MSRs throw {@link IllegalArgumentException} (a #GP(0) of the
     * host).
     */
    public long rdmsr(int msr) {
        if (!msrs.isReadable(msr)) {
            throw new IllegalArgumentException("RDMSR of %#x raises #GP(0)".formatted(msr));
        }
        return msrs.read(msr);
    }

    public void wrmsr(int msr, long value) {
        if (!msrs.write(msr, value)) {
            throw new IllegalArgumentException(
                    "WRMSR of %#x to %#x raises #GP(0)".formatted(value, msr));
        }
    }

    /**
     * CPUID by the host.
     *
     * @param result receives EAX, EBX, ECX, EDX
     */
    public void cpuid(int leaf, int subleaf, int[] result) {
        core.cpuid.query(leaf, subleaf, cpu.system.xcr0, result);
    }

    /** The time-stamp counter: {@link VirtualClock#nowNs} plus IA32_TSC_ADJUST. */
    public long rdtsc() {
        return msrs.timeStamp();
    }

    /**
     * What a host does by arming the TSC-deadline timer and executing HLT: virtual time skips to
     * {@code tsc}, or to the expiry of the local APIC's timer if that is sooner, or not at all if
     * an interrupt is pending.
     */
    public void haltUntil(long tsc) {
        apic.collect(clock.nowNs());
        if (apic.pendingVector() != LocalApic.NONE || apic.isNmiPending()) {
            return;
        }
        long target = clock.nowNs() + (tsc - rdtsc());
        clock.skipTo(Math.min(target, apic.timerDeadlineNs()));
        apic.collect(clock.nowNs());
    }

    /** The host's own code takes time: the TSC goes on to {@code tsc}, if that is ahead. */
    public void spendUntil(long tsc) {
        clock.skipTo(clock.nowNs() + (tsc - rdtsc()));
    }

    /**
     * What a host does that executes STI and NOP: takes the most urgent external interrupt pending
     * and writes its EOI.
     *
     * @return the vector, or -1 if none is pending
     */
    public int takeInterrupt() {
        apic.collect(clock.nowNs());
        if (apic.pendingVector() == LocalApic.NONE) {
            return -1;
        }
        int vector = apic.acknowledge();
        apic.endOfInterrupt();
        return vector;
    }

    /**
     * Sends an external interrupt to the physical local APIC, from any thread. In non-root
     * operation with external-interrupt exiting it ends the run with exit reason 1 at the next
     * poll. The host that takes it writes IA32_X2APIC_EOI (80BH), or the APIC delivers nothing of
     * the same priority again.
     */
    public void interrupt(int vector) {
        if (vector < 16 || vector > 255) {
            throw new IllegalArgumentException("external vectors are 16 to 255, not " + vector);
        }
        apic.request(vector);
    }

    /** Sends an NMI, from any thread. */
    public void nonMaskableInterrupt() {
        apic.requestNmi();
    }

    @Override
    public void close() {
        core.close();
    }
}
