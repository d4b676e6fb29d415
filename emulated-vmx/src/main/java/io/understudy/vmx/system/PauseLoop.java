package io.understudy.vmx.system;

import io.understudy.vmx.VmcsField;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.operation.VmxOperation;

/**
 * PAUSE-loop exiting (SDM volume 3, "Instructions That Cause VM Exits Conditionally"): executions
 * of PAUSE at CPL 0 that follow each other within the gap are a loop, and a loop that lasts longer
 * than the window exits. Both are in ticks of the time-stamp counter.
 */
final class PauseLoop {
    private final VmxOperation vmx;
    private long entry = -1;
    private long first;
    private long last;

    PauseLoop(VmxOperation vmx) {
        this.vmx = vmx;
    }

    /** Notes a PAUSE at {@code time} under the control; returns whether it exits. */
    boolean exits(Cpu cpu, long time) {
        if (!vmx.isNonRoot() || cpu.system.cpl() != 0) {
            return false;
        }
        long gap = Integer.toUnsignedLong(vmx.vmcs().get32(VmcsField.PLE_GAP));
        long window = Integer.toUnsignedLong(vmx.vmcs().get32(VmcsField.PLE_WINDOW));
        boolean begins = entry != vmx.entrySerial() || time - last > gap;
        entry = vmx.entrySerial();
        last = time;
        if (begins) {
            first = time;
            return false;
        }
        return time - first > window;
    }
}
