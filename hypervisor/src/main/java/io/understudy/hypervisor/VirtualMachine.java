package io.understudy.hypervisor;

import io.understudy.checkpoint.DirtyLog;
import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.InputPort;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.OutputGate;
import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.input.ConsoleInput;
import io.understudy.checkpoint.output.ConsoleLog;
import io.understudy.hypervisor.device.DebugExit;
import io.understudy.hypervisor.device.InputLine;
import io.understudy.hypervisor.device.LocalApic;
import io.understudy.hypervisor.device.PortBus;
import io.understudy.hypervisor.device.Uart16550;
import io.understudy.hypervisor.dirty.AccessDirtyService;
import io.understudy.hypervisor.dirty.DirtyBitLog;
import io.understudy.hypervisor.dirty.MachineDirtyLog;
import io.understudy.hypervisor.dirty.SoftwareDirtyLog;
import io.understudy.hypervisor.dirty.UnprotectedLog;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.exit.ExitHandler;
import io.understudy.hypervisor.exit.GuestEnd;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.frame.FrameExtent;
import io.understudy.hypervisor.guest.BootProtocol;
import io.understudy.hypervisor.memory.GuestMemoryMap;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.vcpu.BootState;
import io.understudy.hypervisor.vcpu.GuestTime;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.hypervisor.vcpu.VcpuComponent;
import io.understudy.hypervisor.vmcs.VmcsSetup;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.Platform;
import io.understudy.vmx.PlatformConfig;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * A protected machine with one vCPU, RAM, a serial console and a local APIC, on a platform of its
 * own.
 *
 * <p>{@link #boot} loads a guest; {@link #standby} makes the same machine with empty memory, to be
 * filled from an image.
 */
public final class VirtualMachine implements ProtectedMachine {
    /** What this machine is, for {@link MachineLayout}. */
    public static final String KIND = "x86-64-vmx";

    private static final int VPID = 1;
    private static final int VIEW = 0;

    /** Frames of RAM start where a 1 GiB mapping could. */
    private static final long RAM_ALIGNMENT_BYTES = 1L << 30;

    /** Room for the regions and bitmaps that are not EPT tables. */
    private static final long STRUCTURE_BYTES = 1L << 20;

    private final Platform platform;
    private final GuestRam ram;
    private final MachineDirtyLog dirtyLog;
    private final Vcpu vcpu;
    private final DebugExit debugExit = new DebugExit();
    private final ConsoleLog console = new ConsoleLog("console");
    private final ConsoleInput input = new ConsoleInput("console-input");
    private final ExitHandler exits;
    private final GuestEnd end = new GuestEnd();
    private final RunLoop loop;
    private final List<StateComponent> machineComponents;
    private final List<StateComponent> components;
    private final MachineLayout layout;

    private VirtualMachine(VirtualMachineConfig config, HostClock clock) {
        GuestMemoryMap map = new GuestMemoryMap(config.memoryBytes());
        platform =
                new Platform(
                        new PlatformConfig(
                                hostMemoryBytes(config.memoryBytes()),
                                1,
                                config.nsPerInstruction(),
                                config.randomSeed(),
                                config.tlbCheck()));
        FrameAllocator frames = new FrameAllocator(platform.memory());
        FrameExtent extent =
                frames.allocateGuestRam(map.pages(), RAM_ALIGNMENT_BYTES >>> 12, VIEW, 0);
        List<MemoryRegion> regions = List.of(new MemoryRegion(GuestRam.REGION_NAME, map.pages()));
        SoftwareDirtyLog software = new SoftwareDirtyLog(regions);
        ram = new GuestRam(platform.memory(), map, extent, software);

        LogicalProcessor processor = platform.processor(0);
        boolean isLogged = config.dirtyLog() != DirtyLogMode.NONE;
        EptView view =
                new EptView(
                        platform.memory(),
                        frames,
                        ram,
                        true,
                        isLogged ? LeafSize.FOUR_KIB : LeafSize.TWO_MIB);
        new VmcsSetup(processor, platform.memory(), frames).prepare(view.pointer(), VPID);
        GuestTime time = new GuestTime(processor, config.nsPerInstruction());
        vcpu = new Vcpu(processor, time, view.pointer(), VPID);
        dirtyLog =
                switch (config.dirtyLog()) {
                    case NONE -> new UnprotectedLog(vcpu::dropTranslations);
                    case DIRTY_BIT ->
                            new DirtyBitLog(
                                    new AccessDirtyService(
                                            platform.memory(),
                                            view,
                                            map,
                                            eptPointer -> vcpu.dropTranslations(),
                                            config.invalidation()),
                                    software);
                };

        LocalApic apic = new LocalApic(0);
        Uart16550 uart = new Uart16550("com1", console::append, new InputLine(input));
        PortBus ports = new PortBus();
        ports.attach(Uart16550.COM1, Uart16550.PORTS, uart);
        ports.attach(DebugExit.PORT, DebugExit.PORTS, debugExit);
        exits = new ExitHandler(vcpu, view, dirtyLog, apic, ports, end);
        loop =
                new RunLoop(
                        vcpu,
                        apic,
                        exits,
                        debugExit,
                        console,
                        end,
                        clock,
                        new Pacer(config.runMode()));
        machineComponents = List.of(new VcpuComponent(vcpu, 0), apic, uart, debugExit, input);
        components = new ArrayList<>(machineComponents);
        components.add(console);
        layout =
                new MachineLayout(
                        KIND,
                        regions,
                        components.stream()
                                .map(c -> new MachineLayout.Component(c.name(), c.version()))
                                .toList());
    }

    /**
     * Builds a machine and loads a guest.
     *
     * @throws MachineSetupException if an option makes no sense or the image does not fit
     */
    public static VirtualMachine boot(
            VirtualMachineConfig config, GuestImage image, HostClock clock)
            throws MachineSetupException {
        config.check();
        VirtualMachine machine = new VirtualMachine(config, clock);
        try {
            long entry = BootProtocol.load(machine.ram, image, config.parameters());
            BootState.load(machine.vcpu, entry, BootProtocol.PAGE_TABLES, BootProtocol.BOOT_INFO);
            return machine;
        } catch (MachineSetupException | RuntimeException e) {
            machine.close();
            throw e;
        }
    }

    /**
     * Builds a machine with empty memory. It may run once pages and components were restored and
     * {@link #activate} was called.
     *
     * @throws MachineSetupException if an option makes no sense
     */
    public static VirtualMachine standby(VirtualMachineConfig config, HostClock clock)
            throws MachineSetupException {
        config.check();
        return new VirtualMachine(config, clock);
    }

    @Override
    public MachineLayout layout() {
        return layout;
    }

    @Override
    public GuestMemory memory() {
        return ram;
    }

    @Override
    public DirtyLog dirtyLog() {
        return dirtyLog;
    }

    @Override
    public List<StateComponent> components() {
        return Collections.unmodifiableList(components);
    }

    @Override
    public OutputGate output() {
        return console;
    }

    @Override
    public InputPort input() {
        return input;
    }

    @Override
    public StopCause run(long untilInstruction, long deadlineHostNs) {
        return loop.run(untilInstruction, deadlineHostNs);
    }

    @Override
    public void interruptRun() {
        loop.interrupt();
    }

    @Override
    public long instructions() {
        return vcpu.time().instructions();
    }

    @Override
    public void activate() {
        vcpu.dropTranslations();
        loop.restored();
    }

    @Override
    public String exitStatus() {
        return end.status();
    }

    /** The byte that the guest wrote to the debug-exit port; 0 if it has not exited. */
    public int debugExitValue() {
        return debugExit.value();
    }

    /** Digest of the paused machine, for comparison with another run at the same instruction. */
    public StateDigest stateDigest() {
        return StateDigest.of(this, machineComponents, console);
    }

    /** Exits so far, by SDM name in kebab case. */
    public Map<String, Long> exitsByReason() {
        return exits.counters().byName();
    }

    @Override
    public void close() {
        platform.close();
    }

    /** RAM on a boundary of its own, structures, and EPT tables for all of RAM in 4 KiB pages. */
    private static long hostMemoryBytes(long ramBytes) {
        long tables = (ramBytes >>> 21) + (ramBytes >>> 30) + 16;
        long low = (STRUCTURE_BYTES + (tables << 12) + RAM_ALIGNMENT_BYTES) & -RAM_ALIGNMENT_BYTES;
        return low + ramBytes;
    }
}
