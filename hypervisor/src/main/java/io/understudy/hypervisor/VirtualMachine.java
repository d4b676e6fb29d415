package io.understudy.hypervisor;

import io.understudy.checkpoint.DirtyLog;
import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.InputPort;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.OutputGate;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.WriteGuard;
import io.understudy.checkpoint.input.ConsoleInput;
import io.understudy.checkpoint.output.ConsoleLog;
import io.understudy.hypervisor.device.DebugExit;
import io.understudy.hypervisor.device.InputLine;
import io.understudy.hypervisor.device.LocalApic;
import io.understudy.hypervisor.device.PortBus;
import io.understudy.hypervisor.device.PortDevice;
import io.understudy.hypervisor.device.Uart16550;
import io.understudy.hypervisor.dirty.AccessDirtyService;
import io.understudy.hypervisor.dirty.DirtyLogSwitch;
import io.understudy.hypervisor.dirty.FlagScan;
import io.understudy.hypervisor.dirty.PagedMappings;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.ept.EptViews;
import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.ept.MappingRules;
import io.understudy.hypervisor.ept.WriteProtection;
import io.understudy.hypervisor.exit.ExitHandler;
import io.understudy.hypervisor.exit.GuestEnd;
import io.understudy.hypervisor.exit.ViewBorder;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.guard.GuardCounts;
import io.understudy.hypervisor.guard.GuardListener;
import io.understudy.hypervisor.guard.GuardOptions;
import io.understudy.hypervisor.guest.BootProtocol;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.monitor.ActivityListener;
import io.understudy.hypervisor.monitor.MemoryMonitor;
import io.understudy.hypervisor.monitor.MonitorOptions;
import io.understudy.hypervisor.monitor.PeriodicMonitor;
import io.understudy.hypervisor.pager.Pager;
import io.understudy.hypervisor.pager.SwapFile;
import io.understudy.hypervisor.pager.SwapStore;
import io.understudy.hypervisor.paging.PagingCounters;
import io.understudy.hypervisor.paging.SwapFailure;
import io.understudy.hypervisor.tables.DescriptorGuard;
import io.understudy.hypervisor.vcpu.BootState;
import io.understudy.hypervisor.vcpu.GuestTime;
import io.understudy.hypervisor.vcpu.Vcpu;
import io.understudy.hypervisor.vcpu.VcpuComponent;
import io.understudy.hypervisor.view.GuestViews;
import io.understudy.hypervisor.vmcs.LoggingCapabilities;
import io.understudy.hypervisor.vmcs.VmcsSetup;
import io.understudy.hypervisor.window.MachineViews;
import io.understudy.hypervisor.window.ViewSetup;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.Platform;
import io.understudy.vmx.memory.PhysicalMemory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

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

    private final Platform platform;
    private final boolean ownsPlatform;
    private final HostClock clock;
    private final GuestRam ram;
    private final @Nullable Pager pager;
    private final VirtualMachineConfig config;
    private final LoggingCapabilities capabilities;
    private final EptViews views;
    private final @Nullable MachineViews machineViews;
    private final AccessDirtyService flags;
    private final DirtyLogSwitch dirtyLog;
    private final Vcpu vcpu;
    private final DebugExit debugExit = new DebugExit();
    private final PortBus ports = new PortBus();
    private final ConsoleLog console;
    private final ConsoleInput input = new ConsoleInput("console-input");
    private final ExitHandler exits;
    private final GuestEnd end = new GuestEnd();
    private final RunLoop loop;
    private final List<StateComponent> machineComponents;
    private final List<StateComponent> components;
    private final MachineLayout layout;
    private final FrameAllocator frames;
    private @Nullable PeriodicMonitor watch;
    private @Nullable DescriptorGuard guard;
    private boolean isWatched;

    private VirtualMachine(
            VirtualMachineConfig config, Seat seat, HostClock clock, @Nullable SwapStore swap) {
        this.platform = seat.platform();
        this.ownsPlatform = seat.ownsPlatform();
        this.console = seat.console();
        this.clock = clock;
        this.config = config;
        frames = seat.frames();
        MachineMemory memory = MachineMemory.allocate(config, seat, swap, this::instructions);
        ram = memory.ram();
        pager = memory.pager();

        LogicalProcessor processor = platform.processor(seat.processor());
        capabilities = LoggingCapabilities.of(processor);
        MappingRules rules =
                new MappingRules(
                        capabilities.accessedDirty(), LeafSize.FOUR_KIB, WriteProtection.NONE);
        EptView first = new EptView(platform.memory(), frames, ram, rules);
        views = new EptViews(platform.memory(), first);
        new VmcsSetup(processor, platform.memory(), frames).prepare(first.pointer(), VPID);
        GuestTime time = new GuestTime(processor, config.nsPerInstruction());
        vcpu = new Vcpu(processor, time, first.pointer(), VPID);
        if (seat.views().hasSecondView()) {
            views.attach(vcpu::eptPointerInForce);
            views.add(new EptView(platform.memory(), frames, ram, rules));
            vcpu.allowEptpSwitching(views.createList(frames));
        }
        flags =
                new AccessDirtyService(
                        platform.memory(), views, ram.map(), vcpu::invalidateEpt, config.plant());
        if (pager != null) {
            pager.attach(new PagedMappings(flags, pager.usesAccessedFlags()));
        }
        dirtyLog =
                new DirtyLogSwitch(
                        config.dirtyLog(),
                        flags,
                        vcpu,
                        frames,
                        memory.software(),
                        time::instructions,
                        capabilities.accessedDirty());
        ram.tellBeforeWrite(dirtyLog.guard()::beforeWrite);

        LocalApic apic = new LocalApic(0);
        Uart16550 uart = new Uart16550("com1", console::append, new InputLine(input));
        ports.attach(Uart16550.COM1, Uart16550.PORTS, uart);
        ports.attach(DebugExit.PORT, DebugExit.PORTS, debugExit);
        machineViews =
                seat.views().isUsed()
                        ? new MachineViews(seat.views(), views, flags, vcpu, ram)
                        : null;
        exits =
                new ExitHandler(
                        vcpu,
                        views,
                        ram,
                        dirtyLog,
                        apic,
                        ports,
                        end,
                        machineViews == null ? ViewBorder.NONE : machineViews);
        loop =
                new RunLoop(
                        vcpu,
                        apic,
                        exits,
                        debugExit,
                        console,
                        end,
                        clock,
                        new Pacer(config.runMode()),
                        config.exitCharges());
        machineComponents =
                new ArrayList<>(List.of(new VcpuComponent(vcpu, 0), apic, uart, debugExit, input));
        if (machineViews != null) {
            machineComponents.add(machineViews);
        }
        components = new ArrayList<>(machineComponents);
        components.add(console);
        layout = layoutOf(GuestRam.region(ram.map()), components);
    }

    private static MachineLayout layoutOf(MemoryRegion ram, List<StateComponent> components) {
        return new MachineLayout(
                KIND,
                List.of(ram),
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
        return boot(config, image, clock, SwapFile::new);
    }

    /** The same with swap files of another kind. */
    static VirtualMachine boot(
            VirtualMachineConfig config, GuestImage image, HostClock clock, SwapOpener opener)
            throws MachineSetupException {
        return load(build(config, ViewSetup.NONE, clock, opener), config, image);
    }

    /**
     * As {@link #boot}, for a guest that may ask for a secret window.
     *
     * @throws MachineSetupException also if the processor model has no VM functions
     */
    public static VirtualMachine bootWithWindow(
            VirtualMachineConfig config, GuestImage image, HostClock clock)
            throws MachineSetupException {
        return load(build(config, ViewSetup.WINDOW, clock, SwapFile::new), config, image);
    }

    /** As {@link #standby}, for a machine of {@link #bootWithWindow}. */
    public static VirtualMachine standbyWithWindow(VirtualMachineConfig config, HostClock clock)
            throws MachineSetupException {
        return build(config, ViewSetup.WINDOW, clock, SwapFile::new);
    }

    /** A machine on somebody's platform, its memory empty. */
    static VirtualMachine seated(VirtualMachineConfig config, Seat seat, HostClock clock)
            throws MachineSetupException {
        config.check();
        Seat.check(config, seat.views(), seat.platform());
        LoggingCapabilities.of(seat.platform().processor(seat.processor()))
                .require(config.dirtyLog(), config.processor());
        return new VirtualMachine(config, seat, clock, null);
    }

    /** Loads a guest into a machine with empty memory, which is closed if that fails. */
    static VirtualMachine load(
            VirtualMachine machine, VirtualMachineConfig config, GuestImage image)
            throws MachineSetupException {
        try {
            long entry = BootProtocol.load(machine.ram, image, config.parameters());
            BootState.load(machine.vcpu, entry, BootProtocol.PAGE_TABLES, BootProtocol.BOOT_INFO);
            return machine;
        } catch (SwapFailure e) {
            machine.close();
            throw new MachineSetupException("the guest cannot be loaded: " + e.getMessage());
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
        return build(config, ViewSetup.NONE, clock, SwapFile::new);
    }

    private static VirtualMachine build(
            VirtualMachineConfig config, ViewSetup setup, HostClock clock, SwapOpener opener)
            throws MachineSetupException {
        config.check();
        Seat seat = Seat.alone(config, setup, MachineMemory.frameCount(config));
        try {
            LoggingCapabilities capabilities = LoggingCapabilities.of(seat.platform().processor(0));
            capabilities.require(config.dirtyLog(), config.processor());
            PagingSetup.check(config, config.dirtyLog(), capabilities);
            Seat.check(config, setup, seat.platform());
            return new VirtualMachine(config, seat, clock, PagingSetup.open(config, opener));
        } catch (MachineSetupException | RuntimeException e) {
            seat.platform().close();
            throw e;
        }
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
    public Optional<WriteGuard> writeGuard() {
        // A page that is paged may leave its frame while somebody else still copies it.
        return pager == null ? Optional.of(dirtyLog.guard()) : Optional.empty();
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
        if (watch != null) {
            watch.poll();
        }
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
        dirtyLog.restored();
        vcpu.dropTranslations();
        for (int v = 1; v < views.size(); v++) {
            vcpu.invalidateEpt(views.get(v).pointer());
        }
        loop.restored();
        if (watch != null) {
            watch.restart();
        }
    }

    @Override
    public String exitStatus() {
        return stall().map(why -> end.status() + ": " + why).orElse(end.status());
    }

    /** Why a machine that is paged cannot go on for now, one sentence; empty if it can. */
    public Optional<String> stall() {
        return pager == null ? Optional.empty() : Optional.ofNullable(pager.failure());
    }

    /** What paging did; empty if the machine is not paged. */
    public Optional<PagingCounters> pagingCounters() {
        return pager == null ? Optional.empty() : Optional.of(pager.counters());
    }

    /** Adds a device without state of its own to those of every machine. Before the first run. */
    void attach(int firstPort, int count, Function<GuestRam, PortDevice> device) {
        ports.attach(firstPort, count, device.apply(ram));
    }

    /** Its views, if it has more than the one of every machine. */
    public Optional<GuestViews> views() {
        return Optional.ofNullable(machineViews);
    }

    /** Pages of RAM: those of a buffer shared with another machine come behind them. */
    long ownPages() {
        return ram.map().firstSharedPage();
    }

    /** Connects two machines that share. */
    static void connect(VirtualMachine one, VirtualMachine other) {
        if (one.machineViews != null && other.machineViews != null) {
            MachineViews.connect(one.machineViews, other.machineViews);
        }
    }

    /** Virtual time since the machine's birth, as long as the guest does not write its TSC. */
    public long virtualNs() {
        return vcpu.time().tsc();
    }

    /**
     * Lets virtual time pass while the guest stands still: what a pause costs in the experiment of
     * {@link ExitCharges}. The machine must be paused.
     */
    public void charge(long virtualNs) {
        vcpu.time().charge(virtualNs);
    }

    /** The byte that the guest wrote to the debug-exit port; 0 if it has not exited. */
    public int debugExitValue() {
        return debugExit.value();
    }

    /** Digest of the paused machine, for comparison with another run at the same instruction. */
    public StateDigest stateDigest() {
        return StateDigest.of(this, machineComponents, console);
    }

    /** The processor, for judges that read its ground truth. */
    public LogicalProcessor processor() {
        return vcpu.processor();
    }

    /** Host-physical memory, for judges that look at the tables in it. */
    public PhysicalMemory hostMemory() {
        return platform.memory();
    }

    public DirtyLogMode dirtyLogMode() {
        return dirtyLog.mode();
    }

    /**
     * Exchanges the dirty log. Only while the machine is paused at the end of an epoch, that is
     * after a harvest (or before the first run) and before the next run; pages that are dirty
     * already are in the new log's first harvest. From {@code none} that is every page.
     *
     * @throws MachineSetupException during an epoch, or if the processor model lacks what the mode
     *     needs; the log stays as it was
     */
    public void switchDirtyLog(DirtyLogMode mode) throws MachineSetupException {
        long since = dirtyLog.instructionsIntoEpoch();
        if (since != 0) {
            throw new MachineSetupException(
                    "the dirty log cannot be switched to %s during an epoch: %d instructions have"
                                    .formatted(mode.optionName(), since)
                            + " run since the last harvest");
        }
        capabilities.require(mode, config.processor());
        PagingSetup.check(config, mode, capabilities);
        if (watch != null) {
            MonitorSetup.check(mode, capabilities, MonitorOptions.DEFAULT);
        }
        if (guard != null) {
            checkGuard(mode, isWatched);
        }
        dirtyLog.switchTo(mode);
    }

    /**
     * Watches which memory the guest uses, beginning now; the caller ends the intervals. The
     * machine is paused whenever the monitor is called.
     *
     * @throws MachineSetupException if the machine cannot be watched so, in one sentence
     */
    public MemoryMonitor monitor(MonitorOptions options) throws MachineSetupException {
        MonitorSetup.check(dirtyLog.mode(), capabilities, options);
        if (guard != null) {
            checkGuard(dirtyLog.mode(), true);
        }
        isWatched = true;
        if (dirtyLog.mode() == DirtyLogMode.NONE) {
            views.setRules(MonitorSetup.rules(options.granularity()));
        }
        return new MemoryMonitor(
                new FlagScan(flags, options.invalidates()),
                layout.regions().get(GuestRam.REGION),
                this::instructions,
                clock,
                options);
    }

    /**
     * Watches which memory the guest uses for as long as the machine exists, protected or not. An
     * interval ends with the first {@link #run} after it has lasted long enough.
     *
     * @throws MachineSetupException if the machine cannot be watched, in one sentence
     */
    public void watchMemory(MonitorOptions options, long intervalHostNs, ActivityListener listener)
            throws MachineSetupException {
        watch = new PeriodicMonitor(monitor(options), clock, intervalHostNs, listener);
    }

    /**
     * Guards the guest's descriptor tables from now on. Call it once, before the first {@link #run}
     * or while the machine is paused.
     *
     * @throws MachineSetupException if this machine cannot be guarded, in one sentence
     */
    public void guardTables(GuardOptions options, GuardListener listener)
            throws MachineSetupException {
        checkGuard(dirtyLog.mode(), isWatched);
        Invariant.check(guard == null, "a machine has one guard");
        guard =
                new DescriptorGuard(
                        vcpu,
                        platform.memory(),
                        frames,
                        flags,
                        views.first(),
                        ram,
                        end::pause,
                        options,
                        listener);
        exits.setGuard(guard);
        loop.setGuard(guard);
    }

    private void checkGuard(DirtyLogMode mode, boolean watched) throws MachineSetupException {
        GuardSetup.check(mode, config, vcpu.processor(), watched, machineViews != null);
    }

    /** Guards the tables no more; {@link #guardTables} may follow. The machine must be paused. */
    public void unguardTables() {
        DescriptorGuard g = Invariant.present(guard, "a guard ends that is there");
        exits.setGuard(null);
        loop.setGuard(null);
        guard = null;
        g.close();
    }

    /** What the guard of the descriptor tables saw; empty if there is none. */
    public Optional<GuardCounts> guardCounts() {
        return guard == null ? Optional.empty() : Optional.of(guard.counts());
    }

    /** Whether the guard has stopped the guest; then {@link #run} returns at once. */
    public boolean isPausedByGuard() {
        return end.kind() == GuestEnd.Kind.PAUSED;
    }

    /** Lets a guest go on that the guard has stopped. */
    public void resumeGuest() {
        end.resume();
    }

    /** Who is told about the origin of harvested pages from now on. */
    public void observeHarvests(HarvestListener listener) {
        dirtyLog.setListener(listener);
    }

    /** Page id of the RAM at a guest-physical address, or -1 if no RAM is there. */
    public long pageIdOf(long gpa) {
        long offset = ram.map().offsetOf(gpa);
        return offset < 0 ? -1 : PageId.of(GuestRam.REGION, offset >>> 12);
    }

    /**
     * Events so far, as far as the hypervisor counts them: all but those that are ground truth or
     * another's. The machine must be paused.
     */
    public EventCounts events() {
        return HypervisorEvents.count(exits, flags.counters(), views.first(), vcpu, pager);
    }

    /** Exits so far, by SDM name in kebab case. */
    public Map<String, Long> exitsByReason() {
        return exits.counters().byName();
    }

    @Override
    public void close() {
        if (pager != null) {
            pager.close();
        }
        if (ownsPlatform) {
            platform.close();
        }
    }
}
