package io.understudy.vmx;

import io.understudy.vmx.apic.LocalApic;
import io.understudy.vmx.bus.MemorySpace;
import io.understudy.vmx.bus.PortSpace;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.SystemState;
import io.understudy.vmx.cpu.VmExitSignal;
import io.understudy.vmx.event.Boundary;
import io.understudy.vmx.event.InitState;
import io.understudy.vmx.event.ShutdownSignal;
import io.understudy.vmx.event.SliceEnd;
import io.understudy.vmx.groundtruth.Counters;
import io.understudy.vmx.memory.PhysicalMemory;
import io.understudy.vmx.operation.VmxAbort;
import io.understudy.vmx.operation.VmxOperation;

/**
 * One logical processor of a {@link BareMachine}: it runs code from power-up, in root and in
 * non-root operation, one turn after the other.
 */
public final class BareProcessor implements AutoCloseable {
    private final ProcessorCore core;
    private final VirtualClock clock;
    private final LocalApic apic;
    private final Cpu cpu;
    private final VmxOperation vmx;
    private final Boundary boundary;
    private boolean isShutDown;

    /** In the state of power-up; all but the first wait for a start-up IPI. */
    BareProcessor(
            PhysicalMemory memory,
            PlatformConfig config,
            int index,
            LocalApic apic,
            PortSpace ports,
            MemorySpace devices) {
        this.apic = apic;
        core = new ProcessorCore(memory, config, index, apic, ports, devices, 0);
        clock = core.clock;
        cpu = core.cpu;
        vmx = core.vmx;
        boundary = core.boundary;
        core.mmu.setDevices(new LocalSpace(devices));
        InitState.load(cpu);
        boundary.hostIsCode();
        if (config.logicalProcessors() > 1) {
            boundary.yieldAtPause();
        }
        if (index > 0) {
            cpu.system.activity = SystemState.WAIT_FOR_SIPI;
        }
        core.mmu.activate(cpu);
    }

    /** Physical addresses without memory, as this processor sees them: its own APIC comes first. */
    private final class LocalSpace implements MemorySpace {
        private final MemorySpace others;

        LocalSpace(MemorySpace others) {
            this.others = others;
        }

        @Override
        public long read(long hpa, int bytes) {
            boundary.settle(cpu);
            if (apic.isAt(hpa)) {
                return apic.readMemory((int) hpa & 0xfff, bytes, clock.nowNs());
            }
            return others.read(hpa, bytes);
        }

        @Override
        public void write(long hpa, int bytes, long value) {
            boundary.settle(cpu);
            if (apic.isAt(hpa)) {
                apic.writeMemory((int) hpa & 0xfff, bytes, value, clock.nowNs());
            } else {
                others.write(hpa, bytes, value);
            }
            cpu.requestBoundary();
        }
    }

    /**
     * Runs code, in root and in non-root operation, until virtual time reaches {@code ns}. A VM
     * exit goes on at the host RIP.
     */
    void runUntil(long ns) {
        if (isShutDown) {
            clock.skipTo(ns);
            return;
        }
        boundary.runUntil(ns);
        try {
            VmExitSignal exit = core.executor.run();
            throw new IllegalStateException("exit %d without a host".formatted(exit.reason));
        } catch (SliceEnd end) {
            return;
        } catch (ShutdownSignal | VmxAbort shutdown) {
            isShutDown = true;
            clock.skipTo(ns);
        }
    }

    /** Writes every instruction to {@code sink} from now on; slow. */
    void traceTo(TraceSink sink) {
        core.traceTo(sink);
    }

    /** Ends the present turn after the instruction that is executing. */
    void stop() {
        boundary.runUntil(0);
        cpu.requestBoundary();
    }

    /** Whether a triple fault ended it. */
    public boolean isShutDown() {
        return isShutDown;
    }

    /** Virtual time of its next timer event, or {@link Long#MAX_VALUE}. */
    long nextDeadlineNs() {
        return boundary.nextDeadlineNs();
    }

    /** Whether it does nothing until an interrupt arrives. */
    boolean isIdle() {
        return isShutDown
                || (cpu.system.activity != SystemState.ACTIVE && !apic.isSomethingPending());
    }

    /** Words for messages: where it is. */
    public String position() {
        return "%s CS:RIP %04x:%x"
                .formatted(
                        vmx.isNonRoot() ? "non-root" : "root",
                        cpu.system.selector[SystemState.CS],
                        cpu.rip);
    }

    public VirtualClock clock() {
        return clock;
    }

    /** Exact counters, for reports and tests; software on this processor must not read them. */
    public Counters groundTruth() {
        return core.counters;
    }

    @Override
    public void close() {
        core.close();
    }
}
