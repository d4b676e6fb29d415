package io.understudy.drills.monitoring;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.monitor.ActivityInterval;
import io.understudy.hypervisor.monitor.MemoryMonitor;
import io.understudy.hypervisor.monitor.MonitorOptions;

/** A machine, its monitor, and the truth about its memory use. */
final class WatchedMachine implements AutoCloseable {
    private final VirtualMachine machine;
    private final MemoryMonitor monitor;
    private final PagesUsed used;

    WatchedMachine(
            VirtualMachineConfig config, GuestImage image, MonitorOptions options, HostClock clock)
            throws MachineSetupException {
        machine = VirtualMachine.boot(config, image, clock);
        try {
            used = new PagesUsed(machine);
            monitor = machine.monitor(options);
        } catch (MachineSetupException | RuntimeException e) {
            machine.close();
            throw e;
        }
    }

    /** Output has no reader here and must not end an interval. */
    StopCause run(long untilInstruction, long deadlineHostNs) {
        StopCause cause = StopCause.OUTPUT;
        while (cause == StopCause.OUTPUT) {
            machine.output().release(machine.output().writtenOffset());
            cause = machine.run(untilInstruction, deadlineHostNs);
        }
        return cause;
    }

    /** The interval's time by the host's clock begins now. */
    void restartClock() {
        monitor.restartClock();
    }

    /** Ends the interval; {@link #beginInterval} must follow. */
    ActivityInterval endInterval() {
        return monitor.end();
    }

    void beginInterval() {
        used.begin();
    }

    PagesUsed used() {
        return used;
    }

    long instructions() {
        return machine.instructions();
    }

    String exitStatus() {
        return machine.exitStatus();
    }

    @Override
    public void close() {
        monitor.close();
        machine.close();
    }
}
