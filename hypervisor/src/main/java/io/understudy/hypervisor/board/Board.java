package io.understudy.hypervisor.board;

import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.board.BoardOutcome.End;
import io.understudy.hypervisor.device.ByteSource;
import io.understudy.hypervisor.device.PortBus;
import io.understudy.hypervisor.device.PortDevice;
import io.understudy.hypervisor.device.Uart16550;
import io.understudy.vmx.BareMachine;
import io.understudy.vmx.BareProcessor;
import io.understudy.vmx.PlatformConfig;
import io.understudy.vmx.TraceSink;
import io.understudy.vmx.bus.InterruptSource;
import io.understudy.vmx.bus.MemorySpace;
import io.understudy.vmx.bus.PortSpace;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A bare machine: memory, processors, devices and how they are wired. Deterministic: the same
 * configuration runs the same instructions, whatever the host does.
 */
public final class Board implements AutoCloseable {
    private static final int PROCESSOR_SEED = 1;
    private static final int EXIT_PORT = 0xf4;
    private static final int SHUTDOWN_PORT = 0x8900;
    private static final String SHUTDOWN_WORD = "Shutdown";
    private static final int FAST_GATE_PORT = 0x92;
    private static final int RESET_PORT = 0xcf9;
    private static final int TIMER_IRQ = 0;
    private static final int SERIAL_IRQ = 4;
    private static final int TIMER_INPUT = 2;
    private static final int CLOCK_IRQ = 8;

    private final BoardMemory memory;
    private final Devices devices;
    private final BareMachine machine;
    private @Nullable BoardOutcome outcome;

    private final InterruptController controller = new InterruptController();
    private final IoApic ioApic;
    private final IntervalTimer timer = new IntervalTimer(this::nowNs);
    private final RealTimeClock realTimeClock;
    private final Uart16550 serial;
    private final PortBus ports = new PortBus();
    private int port61;
    private int shutdownLetters;
    private int fastGate = 2;

    /**
     * Builds the machine and loads its image.
     *
     * @param output receives every byte that leaves the serial port COM1
     * @throws MachineSetupException naming the image or option that cannot be
     */
    public Board(BoardConfig config, IntConsumer output) throws MachineSetupException {
        config.check();
        memory = new BoardMemory(config.memoryBytes());
        serial = new Uart16550("com1", output::accept, new SilentLine());
        devices = new Devices();
        PlatformConfig platform =
                new PlatformConfig(
                        memory.physical().bytes(),
                        config.processors(),
                        PlatformConfig.NS_PER_INSTRUCTION_DEFAULT,
                        PROCESSOR_SEED,
                        false,
                        config.cpuModel());
        machine = new BareMachine(memory.physical(), platform, devices);
        realTimeClock =
                new RealTimeClock(
                        this::nowNs, memory.lowBytes(), memory.highBytes(), config.processors());
        ioApic = new IoApic(machine::sendInterrupt);
        attach(config);
        LowMemory.write(memory);
        AcpiTables.write(memory, config.processors());
        try {
            install(config);
        } catch (MachineSetupException e) {
            close();
            throw e;
        }
    }

    private void install(BoardConfig config) throws MachineSetupException {
        switch (config.kind()) {
            case MULTIBOOT ->
                    memory.write(
                            BoardMemory.ROM, BootRom.build(MultibootLoader.load(memory, config)));
            case LINUX ->
                    memory.write(BoardMemory.ROM, BootRom.build(LinuxLoader.load(memory, config)));
            case ROM -> {
                int bytes = config.image().view().limit();
                if (bytes == 0 || bytes > BoardMemory.BLOCK_BYTES) {
                    throw new MachineSetupException(
                            "ROM image %s has %d bytes, 1 to 65536 are allowed"
                                    .formatted(config.image().name(), bytes));
                }
                byte[] rom = new byte[bytes];
                config.image().view().get(0, rom);
                memory.write(BoardMemory.HIGH_BASE - bytes, rom);
                // A PC shows its firmware below 1 MiB, too.
                memory.write(BoardMemory.LOW_END - bytes, rom);
            }
        }
    }

    private void attach(BoardConfig config) {
        ports.attach(InterruptController.MASTER_PORT, InterruptController.PORTS, controller.master);
        ports.attach(InterruptController.SLAVE_PORT, InterruptController.PORTS, controller.slave);
        ports.attach(IntervalTimer.PORT, IntervalTimer.PORTS, timer);
        ports.attach(KeyboardController.PORT, KeyboardController.PORTS, keyboard());
        ports.attach(RealTimeClock.PORT, RealTimeClock.PORTS, realTimeClock);
        ports.attach(
                InterruptController.TRIGGER_PORT,
                InterruptController.PORTS,
                controller.new TriggerModes());
        ports.attach(FAST_GATE_PORT, 1, new FastGate());
        TestDevice test = new TestDevice();
        ports.attach(TestDevice.LATCH_PORT, TestDevice.LATCH_PORTS, test);
        ports.attach(TestDevice.FLUSH_PORT, 4, new Ignored());
        ports.attach(TestDevice.BYTE_LATCH_PORT, TestDevice.LATCH_PORTS, test);
        ports.attach(EXIT_PORT, 4, new Exit());
        ports.attach(Uart16550.COM1, Uart16550.PORTS, serial);
        ports.attach(
                FirmwareConfig.PORT,
                FirmwareConfig.PORTS,
                new FirmwareConfig(config.memoryBytes(), config.processors()));
        ports.attach(RESET_PORT, 1, new Reset());
        ports.attach(
                PowerManagement.PORT,
                PowerManagement.PORTS,
                new PowerManagement(this::nowNs, () -> end(End.EXITED, 0, "soft off")));
        ports.attach(TestDevice.LINE_PORT, TestDevice.LINES, new Lines());
        ports.attach(SHUTDOWN_PORT, 1, new Shutdown());
    }

    private long nowNs() {
        return machine.nowNs();
    }

    /** Writes every instruction to {@code sink} from now on; slow. */
    public void traceTo(TraceSink sink) {
        machine.traceTo(sink);
    }

    /** The processor, for messages and counters. */
    public BareProcessor processor(int index) {
        return machine.processor(index);
    }

    /**
     * Runs until the machine ends.
     *
     * @param hostNs a monotonic clock of the host
     * @param deadlineNs host time at which to give up
     */
    public BoardOutcome run(LongSupplier hostNs, long deadlineNs) {
        while (true) {
            BoardOutcome over = outcome;
            if (over != null) {
                return over;
            }
            if (machine.processor(0).isShutDown()) {
                return new BoardOutcome(
                        End.RESET, 0, "triple fault at " + machine.processor(0).position());
            }
            if (machine.isStuck()) {
                return new BoardOutcome(
                        End.TIMED_OUT,
                        0,
                        "every processor halts and nothing can wake one; the first is at "
                                + machine.processor(0).position());
            }
            if (hostNs.getAsLong() - deadlineNs >= 0) {
                return new BoardOutcome(
                        End.TIMED_OUT,
                        0,
                        "time is over; the first processor is at "
                                + machine.processor(0).position());
            }
            machine.runTurn();
        }
    }

    private void end(End end, int value, String detail) {
        if (outcome == null) {
            outcome = new BoardOutcome(end, value, detail);
            machine.stop();
        }
    }

    private void setLine(int irq, boolean level) {
        if (irq < 16 && irq != 2) {
            controller.setLine(irq, level);
        }
        ioApic.setLine(irq == TIMER_IRQ ? TIMER_INPUT : irq, level);
    }

    private KeyboardController keyboard() {
        return new KeyboardController(
                new KeyboardController.Wiring() {
                    @Override
                    public void reset() {
                        end(End.RESET, 0, "reset by the keyboard controller");
                    }

                    @Override
                    public int readPort61() {
                        boolean refresh = (nowNs() / 15_000 & 1) != 0;
                        return (port61 & 0x0f)
                                | (refresh ? 0x10 : 0)
                                | (timer.output2() ? 0x20 : 0);
                    }

                    @Override
                    public void writePort61(int value) {
                        port61 = value;
                        timer.setGate2((value & 1) != 0);
                    }
                });
    }

    @Override
    public void close() {
        machine.close();
        memory.close();
    }

    /** What the processors and their scheduler see of the board. */
    private final class Devices
            implements BareMachine.Devices, PortSpace, MemorySpace, InterruptSource {
        @Override
        public PortSpace ports() {
            return this;
        }

        @Override
        public MemorySpace memory() {
            return this;
        }

        @Override
        public InterruptSource interrupts() {
            return this;
        }

        @Override
        public int in(int port, int bytes) {
            int value = ports.in(port, bytes);
            updateLines();
            return value;
        }

        @Override
        public void out(int port, int bytes, int value) {
            ports.out(port, bytes, value);
            updateLines();
        }

        private void updateLines() {
            setLine(SERIAL_IRQ, serial.isInterruptAsserted());
            setLine(CLOCK_IRQ, realTimeClock.isAsserted());
        }

        @Override
        public long read(long hpa, int bytes) {
            if ((hpa & ~0xfffL) == IoApic.ADDRESS) {
                long value = ioApic.read((int) hpa & 0xff);
                return bytes == 8 ? value : value & ((1L << (8 * bytes)) - 1);
            }
            return MemorySpace.super.read(hpa, bytes);
        }

        @Override
        public void write(long hpa, int bytes, long value) {
            if ((hpa & ~0xfffL) == IoApic.ADDRESS) {
                ioApic.write((int) hpa & 0xff, value);
            }
        }

        @Override
        public boolean isAsserted() {
            return controller.isAsserted();
        }

        @Override
        public int acknowledge() {
            return controller.acknowledge();
        }

        @Override
        public void endOfInterrupt(int vector) {
            ioApic.endOfInterrupt(vector);
        }

        @Override
        public void advanceTo(long ns) {
            if (timer.expire(ns)) {
                // An edge; the request stays in the controllers until it is taken.
                setLine(TIMER_IRQ, false);
                setLine(TIMER_IRQ, true);
            }
            if (realTimeClock.deadlineNs() <= ns) {
                realTimeClock.advanceTo(ns);
                setLine(CLOCK_IRQ, realTimeClock.isAsserted());
            }
        }

        @Override
        public long nextDeadlineNs() {
            return Math.min(timer.deadlineNs(), realTimeClock.deadlineNs());
        }

        @Override
        public boolean isOver() {
            return outcome != null;
        }
    }

    /** {@code isa-debug-exit}: any write ends the machine. */
    private final class Exit implements PortDevice {
        @Override
        public int in(int offset, int bytes) {
            return 0;
        }

        @Override
        public void out(int offset, int bytes, int value) {
            end(End.EXITED, value, "exit port");
        }
    }

    /** The word at port 8900H, of kernels that found no debug exit. */
    private final class Shutdown implements PortDevice {
        @Override
        public int in(int offset, int bytes) {
            return 0xff;
        }

        @Override
        public void out(int offset, int bytes, int value) {
            boolean next = (value & 0xff) == SHUTDOWN_WORD.charAt(shutdownLetters);
            shutdownLetters = next ? shutdownLetters + 1 : 0;
            if (shutdownLetters == SHUTDOWN_WORD.length()) {
                shutdownLetters = 0;
                end(End.EXITED, 0, "shutdown port");
            }
        }
    }

    private final class Reset implements PortDevice {
        @Override
        public int in(int offset, int bytes) {
            return 0;
        }

        @Override
        public void out(int offset, int bytes, int value) {
            if ((value & 4) != 0) {
                end(End.RESET, 0, "reset by port CF9");
            }
        }
    }

    /** Port 92H: gate A20, which is always open, and a fast reset. */
    private final class FastGate implements PortDevice {
        @Override
        public int in(int offset, int bytes) {
            return fastGate;
        }

        @Override
        public void out(int offset, int bytes, int value) {
            fastGate = value & 0xfe;
            if ((value & 1) != 0) {
                end(End.RESET, 0, "reset by port 92");
            }
        }
    }

    private final class Lines implements PortDevice {
        @Override
        public int in(int offset, int bytes) {
            return 0;
        }

        @Override
        public void out(int offset, int bytes, int value) {
            setLine(offset, value != 0);
        }
    }

    /** A serial line on which nobody speaks. */
    private static final class SilentLine implements ByteSource {
        @Override
        public boolean isReady() {
            return false;
        }

        @Override
        public int read() {
            return 0;
        }
    }

    private static final class Ignored implements PortDevice {
        @Override
        public int in(int offset, int bytes) {
            return 0;
        }

        @Override
        public void out(int offset, int bytes, int value) {}
    }
}
