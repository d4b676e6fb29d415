package io.understudy.vmx;

import io.understudy.vmx.memory.PhysicalMemory;

/**
 * One logical processor in VMX root operation with a host written in Java: the VMX instructions as
 * methods, and the registers that a VM exit leaves to software.
 *
 * <p>Not thread-safe, except {@link #interrupt}.
 */
public final class LogicalProcessor implements AutoCloseable {
    private final VirtualClock clock;

    LogicalProcessor(PhysicalMemory memory, PlatformConfig config, int index) {
        this.clock = new VirtualClock(config.nsPerInstruction());
    }

    public VirtualClock clock() {
        return clock;
    }

    /**
     * Enters VMX operation.
     *
     * @param hpa 4 KiB-aligned region whose first dword is the revision of IA32_VMX_BASIC
     * @throws VmFail if the region is unusable
     */
    public void vmxon(long hpa) {
        throw new UnsupportedOperationException();
    }

    public void vmxoff() {
        throw new UnsupportedOperationException();
    }

    public void vmclear(long hpa) {
        throw new UnsupportedOperationException();
    }

    public void vmptrld(long hpa) {
        throw new UnsupportedOperationException();
    }

    /**
     * @param encoding a VMCS component encoding of {@link VmcsField}
     */
    public long vmread(int encoding) {
        throw new UnsupportedOperationException();
    }

    public void vmwrite(int encoding, long value) {
        throw new UnsupportedOperationException();
    }

    /**
     * VM entry; returns after the next VM exit, without allocating.
     *
     * @return the exit-reason field: basic reason in bits 15:0, bit 31 set on a failed entry
     * @throws VmFail if the controls or the host state are invalid, or the launch state is wrong
     */
    public int vmlaunch() {
        throw new UnsupportedOperationException();
    }

    /** As {@link #vmlaunch}, for a launched VMCS. */
    public int vmresume() {
        throw new UnsupportedOperationException();
    }

    /**
     * @param type 1 single-context, 2 all-context
     */
    public void invept(int type, long eptp) {
        throw new UnsupportedOperationException();
    }

    /**
     * @param type 0 individual address, 1 single-context, 2 all-context, 3 single-context retaining
     *     globals
     */
    public void invvpid(int type, int vpid, long linear) {
        throw new UnsupportedOperationException();
    }

    /** General-purpose register 0..15, which VM entry and exit leave alone. */
    public long gpr(int register) {
        throw new UnsupportedOperationException();
    }

    public void setGpr(int register, long value) {
        throw new UnsupportedOperationException();
    }

    public long cr2() {
        throw new UnsupportedOperationException();
    }

    public void setCr2(long value) {
        throw new UnsupportedOperationException();
    }

    /** CR8, the task-priority class of the physical local APIC. */
    public long cr8() {
        throw new UnsupportedOperationException();
    }

    public void setCr8(long value) {
        throw new UnsupportedOperationException();
    }

    /** DR0..DR3 and DR6; DR7 is in the VMCS. */
    public long dr(int register) {
        throw new UnsupportedOperationException();
    }

    public void setDr(int register, long value) {
        throw new UnsupportedOperationException();
    }

    public long xcr0() {
        throw new UnsupportedOperationException();
    }

    public void setXcr0(long value) {
        throw new UnsupportedOperationException();
    }

    /**
     * RDMSR by the host; unknown MSRs throw {@link IllegalArgumentException} (a #GP(0) of the
     * host).
     */
    public long rdmsr(int msr) {
        throw new UnsupportedOperationException();
    }

    public void wrmsr(int msr, long value) {
        throw new UnsupportedOperationException();
    }

    /** The time-stamp counter: {@link VirtualClock#nowNs} plus IA32_TSC_ADJUST. */
    public long rdtsc() {
        throw new UnsupportedOperationException();
    }

    /**
     * What a host does by arming the TSC-deadline timer and executing HLT: virtual time skips to
     * {@code tsc}, or not at all if an interrupt is pending.
     */
    public void haltUntil(long tsc) {
        throw new UnsupportedOperationException();
    }

    /**
     * Sends an external interrupt to the physical local APIC, from any thread. In non-root
     * operation with external-interrupt exiting it ends the run with exit reason 1 at the next
     * poll.
     */
    public void interrupt(int vector) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void close() {}
}
