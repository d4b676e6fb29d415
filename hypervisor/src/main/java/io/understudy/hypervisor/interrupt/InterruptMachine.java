package io.understudy.hypervisor.interrupt;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.digest.Digest;
import io.understudy.checkpoint.digest.EpochDigest;
import io.understudy.checkpoint.digest.ImageAudit;
import io.understudy.checkpoint.digest.PageHasher;
import io.understudy.checkpoint.state.MachineState;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.HostMemoryException;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.device.DebugExit;
import io.understudy.hypervisor.device.PortBus;
import io.understudy.hypervisor.device.Uart16550;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.ept.MappingRules;
import io.understudy.hypervisor.ept.WriteProtection;
import io.understudy.hypervisor.exit.GuestEnd;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.frame.FrameExtent;
import io.understudy.hypervisor.frame.FrameKind;
import io.understudy.hypervisor.guest.BootProtocol;
import io.understudy.hypervisor.memory.ExtentFrames;
import io.understudy.hypervisor.memory.GuestMemoryMap;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.memory.SoftwareDirtyLog;
import io.understudy.hypervisor.vcpu.BootState;
import io.understudy.hypervisor.vcpu.GuestTime;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.hypervisor.vcpu.VcpuComponent;
import io.understudy.hypervisor.vmcs.VmcsSetup;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.Platform;
import io.understudy.vmx.PlatformConfig;
import io.understudy.vmx.ProcessorModel;
import io.understudy.vmx.memory.MappingRefusedException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * A machine with two vCPUs, each on a logical processor of one platform, with local APICs
 * virtualized as an {@link InterruptStage} says, a serial line, and a {@link PulseDevice}.
 *
 * <p>The processors take turns of virtual time on one thread, so runs repeat exactly, and the guest
 * is in the same state after the same time whatever the stage.
 */
public final class InterruptMachine implements AutoCloseable {
    public static final int VCPUS = 2;

    /** Virtual time of a turn. */
    private static final long TURN_NS = 20_000;

    private static final int VPID_FIRST = 1;
    private static final int VIEW = 0;
    private static final long STRUCTURE_BYTES = 4L << 20;
    private static final int MSR_SPURIOUS = 0x80f;
    private static final int SPURIOUS_ENABLED = 0x1ff;
    private static final int DELIVERY_START_UP = 6;
    private static final int DELIVERY_FIXED = 0;
    private static final int SHORTHAND_NONE = 0;

    /** Digests are compared across machines, so they share a key. */
    private static final long DIGEST_KEY = 0x6170_6963_6469_6731L;

    private final VirtualMachineConfig config;
    private final InterruptStage stage;
    private final Platform platform;
    private final GuestRam ram;
    private final List<MemoryRegion> regions;
    private final EptView view;
    private final List<StagedVcpu> vcpus = new ArrayList<>();
    private final PulseDevice pulse;
    private final DebugExit debugExit = new DebugExit();
    private final GuestText console = new GuestText();
    private final GuestEnd end = new GuestEnd();
    private final InterruptCounters counters = new InterruptCounters();
    private final List<StateComponent> components = new ArrayList<>();
    private final MachineLayout layout;
    private long nowTsc;

    /** Who runs now, and so who sends. */
    private int running;

    private InterruptMachine(VirtualMachineConfig config, InterruptStage stage, Platform platform)
            throws MachineSetupException {
        this.config = config;
        this.stage = stage;
        this.platform = platform;
        List<String> missing = StageControls.missing(platform.processor(0), stage);
        if (!missing.isEmpty()) {
            throw new MachineSetupException(
                    "stage %s needs %s, which processor model %s lacks"
                            .formatted(
                                    stage.stageName(),
                                    String.join(" and ", missing),
                                    config.processor().optionName()));
        }
        GuestMemoryMap map = new GuestMemoryMap(config.memoryBytes());
        FrameAllocator frames = new FrameAllocator(platform.memory());
        FrameExtent extent = frames.allocateGuestRam(map.pages(), 1, VIEW, 0);
        regions = List.of(GuestRam.region(map));
        ram =
                new GuestRam(
                        platform.memory(),
                        map,
                        new ExtentFrames(extent),
                        new SoftwareDirtyLog(regions));
        view =
                new EptView(
                        platform.memory(),
                        frames,
                        ram,
                        new MappingRules(false, LeafSize.FOUR_KIB, WriteProtection.NONE));
        long accessPage = frames.allocate(FrameKind.APIC_ACCESS_PAGE);
        if (stage.mapsAccessPage()) {
            view.mapPage(StagedExits.APIC_PAGE, accessPage);
        }
        pulse = new PulseDevice(ram, this::raise);
        Uart16550 uart = new Uart16550("com1", console, console);
        PortBus ports = new PortBus();
        ports.attach(Uart16550.COM1, Uart16550.PORTS, uart);
        ports.attach(DebugExit.PORT, DebugExit.PORTS, debugExit);
        ports.attach(PulseDevice.PORT, PulseDevice.PORTS, pulse);
        for (int i = 0; i < VCPUS; i++) {
            vcpus.add(build(i, frames, accessPage, ports));
        }
        components.add(uart);
        components.add(debugExit);
        components.add(pulse);
        layout =
                new MachineLayout(
                        "x86-64-vmx-interrupts",
                        regions,
                        components.stream()
                                .map(c -> new MachineLayout.Component(c.name(), c.version()))
                                .toList());
    }

    private StagedVcpu build(int i, FrameAllocator frames, long accessPage, PortBus ports) {
        LogicalProcessor p = platform.processor(i);
        p.wrmsr(MSR_SPURIOUS, SPURIOUS_ENABLED);
        new VmcsSetup(p, platform.memory(), frames).prepare(view.pointer(), VPID_FIRST + i);
        ApicPage page =
                new ApicPage(platform.memory(), frames.allocate(FrameKind.VIRTUAL_APIC_PAGE));
        PostedDescriptor posted =
                new PostedDescriptor(
                        platform.memory(),
                        frames.allocate(FrameKind.POSTED_INTERRUPT_DESCRIPTOR),
                        PhysicalVector.NOTIFICATION,
                        i);
        StageControls.write(p, platform.memory(), stage, accessPage, page, posted);
        GuestTime time = new GuestTime(p, config.nsPerInstruction());
        Vcpu vcpu = new Vcpu(p, time, view.pointer(), VPID_FIRST + i);
        ApicBus bus = new Bus();
        VirtualLocalApic apic = new VirtualLocalApic(i, stage.mode(), page, bus);
        ApicComponent.StartState start = new ApicComponent.StartState();
        start.isWaiting = i > 0;
        components.add(new VcpuComponent(vcpu, i));
        components.add(new ApicComponent(apic, posted, start));
        ApicExits apicExits = new ApicExits(vcpu, apic, new GuestCode(ram), counters, end);
        StagedExits exits = new StagedExits(vcpu, apic, apicExits, view, ports, bus, counters, end);
        return new StagedVcpu(
                i,
                stage,
                vcpu,
                apic,
                posted,
                start,
                exits,
                counters,
                end,
                vector -> accept(apic, vector));
    }

    /**
     * Builds a machine and loads a guest; vCPU 1 waits for a start-up message, whose vector names
     * the page where it begins, in the same state as vCPU 0.
     *
     * @throws MachineSetupException if an option makes no sense, the image does not fit, or the
     *     processor model lacks what the stage needs
     */
    public static InterruptMachine boot(
            VirtualMachineConfig config, InterruptStage stage, GuestImage image)
            throws MachineSetupException {
        InterruptMachine machine = standby(config, stage);
        try {
            long entry = BootProtocol.load(machine.ram, image, config.parameters());
            for (StagedVcpu v : machine.vcpus) {
                BootState.load(v.vcpu(), entry, BootProtocol.PAGE_TABLES, BootProtocol.BOOT_INFO);
            }
            return machine;
        } catch (MachineSetupException | RuntimeException e) {
            machine.close();
            throw e;
        }
    }

    /**
     * Builds a machine with empty memory, to be filled by {@link #restore}.
     *
     * @throws MachineSetupException as {@link #boot}
     */
    public static InterruptMachine standby(VirtualMachineConfig config, InterruptStage stage)
            throws MachineSetupException {
        config.check();
        long bytes = (config.memoryBytes() + config.memoryBytes() / 128 + STRUCTURE_BYTES) & -4096;
        Platform platform;
        try {
            platform =
                    new Platform(
                            new PlatformConfig(
                                    bytes,
                                    VCPUS,
                                    config.nsPerInstruction(),
                                    config.randomSeed(),
                                    config.tlbCheck(),
                                    config.processor()));
        } catch (MappingRefusedException e) {
            throw new HostMemoryException(
                    "the host cannot reserve the memory of a guest of %d MiB: %s"
                            .formatted(config.memoryBytes() >>> 20, e.getMessage()));
        }
        try {
            return new InterruptMachine(config, stage, platform);
        } catch (MachineSetupException | RuntimeException e) {
            platform.close();
            throw e;
        }
    }

    /**
     * Runs until virtual time {@code untilNs}, until the guest ends, or soon after {@code isOver}
     * says so, and leaves every vCPU stopped outside the guest.
     *
     * @param untilNs to the instruction; the next turn begins here
     * @param isOver asked after every turn
     */
    public void run(long untilNs, BooleanSupplier isOver) {
        while (nowTsc < untilNs && end.kind() == GuestEnd.Kind.RUNNING && !isOver.getAsBoolean()) {
            turn(Math.min(untilNs - nowTsc, TURN_NS));
        }
        for (StagedVcpu v : vcpus) {
            running = v.index();
            v.pause();
        }
        endIfAsked();
    }

    private void turn(long ns) {
        pulse.advanceTo(nowTsc);
        nowTsc += ns;
        for (StagedVcpu v : vcpus) {
            running = v.index();
            v.runTurn(nowTsc);
            endIfAsked();
        }
        boolean isStuck = true;
        for (StagedVcpu v : vcpus) {
            isStuck &= v.isIdleForGood();
        }
        if (isStuck && !pulse.isOn()) {
            end.dead("every vCPU of the guest waits for an interrupt that nothing will send");
        }
    }

    private void endIfAsked() {
        if (debugExit.hasExited()) {
            end.exited(debugExit.value());
        }
    }

    /** A channel of the device interrupts: through the processor, or by posting. */
    private void raise(int channel) {
        StagedVcpu target = vcpus.get(channel);
        LogicalProcessor p = target.vcpu().processor();
        boolean isLevel = channel == PulseDevice.LEVEL_CHANNEL;
        if (!stage.posts() || isLevel) {
            if (isLevel) {
                target.setLevelVector(pulse.vector(channel));
            }
            p.interrupt(PhysicalVector.DEVICE_FIRST + channel);
        } else if (target.posted().post(pulse.vector(channel))) {
            counters.notification();
            p.interrupt(target.posted().notificationVector());
        }
    }

    /** The hypervisor was interrupted by a device of the guest's. */
    private void accept(VirtualLocalApic apic, int vector) {
        int channel = vector - PhysicalVector.DEVICE_FIRST;
        if (channel >= 0 && channel < PulseDevice.CHANNELS) {
            apic.accept(pulse.vector(channel), channel == PulseDevice.LEVEL_CHANNEL);
        }
    }

    /** Between the guest's local APICs. */
    private final class Bus implements ApicBus {
        @Override
        public void send(int sender, long command) {
            int mode = (int) (command >>> 8) & 7;
            int shorthand = (int) (command >>> 18) & 3;
            int vector = (int) command & 0xff;
            for (StagedVcpu v : vcpus) {
                boolean isTarget =
                        v.index() != sender
                                && (shorthand != SHORTHAND_NONE || v.apic().isDestination(command));
                if (isTarget && mode == DELIVERY_START_UP) {
                    v.start(vector);
                } else if (isTarget && mode == DELIVERY_FIXED) {
                    if (vector >= VirtualLocalApic.VECTOR_MIN) {
                        v.receive(vector, vcpus.get(running).vcpu().processor());
                    }
                }
            }
        }

        @Override
        public void endOfLevel(int vector) {
            pulse.endOfInterrupt(vector);
        }
    }

    /** What a stage needs that processors of a model lack, in words; empty if nothing. */
    public static List<String> missing(ProcessorModel model, InterruptStage stage) {
        try (Platform platform = new Platform(new PlatformConfig(4096, 1, 1, 1, false, model))) {
            return StageControls.missing(platform.processor(0), stage);
        }
    }

    public InterruptStage stage() {
        return stage;
    }

    /** Virtual time since the machine's birth. */
    public long virtualNs() {
        return nowTsc;
    }

    /** Instructions of all vCPUs. */
    public long instructions() {
        return vcpus.stream().mapToLong(v -> v.vcpu().time().instructions()).sum();
    }

    public InterruptCounters counters() {
        return counters;
    }

    /** Whether the guest ended, by itself or for good. */
    public boolean hasEnded() {
        return end.kind() != GuestEnd.Kind.RUNNING;
    }

    /** Whether the guest ended in any other way than by exiting with 0. */
    public boolean hasFailed() {
        return end.kind() == GuestEnd.Kind.DEAD
                || (end.kind() == GuestEnd.Kind.EXITED && debugExit.value() != 0);
    }

    /** How, one sentence. */
    public String exitStatus() {
        return end.status();
    }

    /** What the guest wrote to its serial line. */
    public String output() {
        return console.text();
    }

    /** The report that the guest keeps in its memory, if it told the device where. */
    public GuestReport report() {
        return GuestReport.read(ram, pulse.report());
    }

    public GuestMemory memory() {
        return ram;
    }

    public MachineLayout layout() {
        return layout;
    }

    /** Whether some vCPU has begun to handle an interrupt and not ended it. */
    boolean isAnyInService() {
        return vcpus.stream().anyMatch(v -> v.apic().inService() >= 0);
    }

    /** Whether some vCPU has an interrupt to take. */
    boolean isAnyRequested() {
        return vcpus.stream().anyMatch(v -> v.apic().requested() >= 0);
    }

    /** State of everything but memory; the machine must be paused. */
    public byte[] saveState() {
        StateWriter out = new StateWriter();
        MachineState.save(components, out);
        return out.toByteArray();
    }

    /**
     * Takes over a state; memory must have been restored before.
     *
     * @throws CorruptStateException if it is none of such a machine; then this one must not run
     */
    public void restore(byte[] state, long virtualNs) throws CorruptStateException {
        MachineState.restore(layout, components, state);
        nowTsc = virtualNs;
        end.reset();
        for (StagedVcpu v : vcpus) {
            v.restored();
            if (pulse.vector(PulseDevice.LEVEL_CHANNEL) != 0) {
                v.setLevelVector(pulse.vector(PulseDevice.LEVEL_CHANNEL));
            }
        }
    }

    /** Digest of the paused machine: equal in every stage of a mode after the same time. */
    public Digest digest() {
        Digest pages = ImageAudit.digest(regions, ram, DIGEST_KEY);
        StateWriter out = new StateWriter();
        MachineState.save(components, out);
        out.u64(pages.high()).u64(pages.low());
        ByteBuffer bytes = ByteBuffer.allocateDirect(out.size());
        bytes.put(out.toByteArray()).flip();
        return new EpochDigest(new PageHasher(DIGEST_KEY)).ofState(bytes);
    }

    @Override
    public void close() {
        platform.close();
    }
}
