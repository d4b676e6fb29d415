package io.understudy.vmx;

import io.understudy.vmx.apic.InterruptFabric;
import io.understudy.vmx.apic.LocalApic;
import io.understudy.vmx.bus.InterruptSource;
import io.understudy.vmx.bus.MemorySpace;
import io.understudy.vmx.bus.PortSpace;
import io.understudy.vmx.memory.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * Processors that run code from power-up, in root operation if that code chooses to: real and
 * protected mode, a host and its guests. Devices come from outside, through the packages of {@code
 * io.understudy.vmx.bus}.
 *
 * <p>The processors take turns on one thread, each for a slice of virtual time that is the same for
 * all, so runs repeat exactly.
 */
public final class BareMachine implements AutoCloseable {
    /** Virtual time of a turn where there is more than one processor. */
    private static final long TURN_NS = 20_000;

    /** And where there is one. */
    private static final long SOLO_TURN_NS = 1_000_000;

    /** The devices of the machine, as its scheduler sees them. */
    public interface Devices {
        PortSpace ports();

        MemorySpace memory();

        InterruptSource interrupts();

        /** Brings every device to {@code ns}; interrupts that became due are sent. */
        void advanceTo(long ns);

        /** Virtual time at which some device has something to do, or {@link Long#MAX_VALUE}. */
        long nextDeadlineNs();

        /** Whether the machine has ended. */
        boolean isOver();
    }

    private final PhysicalMemory memory;
    private final Devices devices;
    private final InterruptFabric fabric = new InterruptFabric();
    private final BareProcessor[] processors;
    private @Nullable BareProcessor running;
    private long nowNs;

    /**
     * @param memory stays the caller's
     */
    public BareMachine(PhysicalMemory memory, PlatformConfig config, Devices devices) {
        this.memory = memory;
        this.devices = devices;
        fabric.setSource(devices.interrupts());
        processors = new BareProcessor[config.logicalProcessors()];
        for (int i = 0; i < processors.length; i++) {
            LocalApic apic = new LocalApic(i, fabric, i == 0);
            processors[i] =
                    new BareProcessor(memory, config, i, apic, devices.ports(), devices.memory());
        }
    }

    public PhysicalMemory memory() {
        return memory;
    }

    public BareProcessor processor(int index) {
        return processors[index];
    }

    /** Virtual time of whoever asks: the processor whose turn it is, else the machine. */
    public long nowNs() {
        BareProcessor p = running;
        return p == null ? nowNs : p.clock().nowNs();
    }

    /** Writes every instruction of every processor to {@code sink} from now on; slow. */
    public void traceTo(TraceSink sink) {
        for (BareProcessor p : processors) {
            p.traceTo(sink);
        }
    }

    /**
     * An interrupt message from outside the processors: an I/O APIC, or a device with MSI.
     *
     * @param destination physical or logical, 8 bits
     * @param mode delivery mode as in an I/O APIC's redirection entry
     */
    public void sendInterrupt(
            long destination, boolean logical, int mode, int vector, boolean level) {
        fabric.send(destination, logical, mode, vector, level);
    }

    /** Lets every processor run for one turn. Does nothing once {@link #isStuck}. */
    public void runTurn() {
        long turn = processors.length == 1 ? SOLO_TURN_NS : TURN_NS;
        long end = Math.min(nowNs + turn, Math.max(nowNs + 1, devices.nextDeadlineNs()));
        if (areAllIdle()) {
            end = Math.max(end, earliestEvent());
        }
        for (BareProcessor p : processors) {
            if (!devices.isOver()) {
                running = p;
                p.runUntil(end);
            }
        }
        running = null;
        nowNs = end;
        devices.advanceTo(end);
    }

    /** Ends the present turn of every processor after the instruction that is executing. */
    public void stop() {
        for (BareProcessor p : processors) {
            p.stop();
        }
    }

    /** Whether every processor halts and nothing will ever wake one. */
    public boolean isStuck() {
        return areAllIdle() && earliestEvent() == Long.MAX_VALUE;
    }

    private boolean areAllIdle() {
        boolean idle = true;
        for (BareProcessor p : processors) {
            idle &= p.isIdle();
        }
        return idle;
    }

    private long earliestEvent() {
        long earliest = devices.nextDeadlineNs();
        for (BareProcessor p : processors) {
            earliest = Math.min(earliest, p.nextDeadlineNs());
        }
        return earliest;
    }

    @Override
    public void close() {
        for (BareProcessor p : processors) {
            p.close();
        }
    }
}
