package io.understudy.hypervisor;

import io.understudy.checkpoint.DirtyLog;
import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.OutputGate;
import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.output.ConsoleLog;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.frame.FrameExtent;
import io.understudy.hypervisor.frame.FrameKind;
import io.understudy.hypervisor.view.SharingMethod;
import io.understudy.hypervisor.window.ViewSetup;
import io.understudy.vmx.Platform;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Two machines on one platform that hand packets to each other, as one unit of protection: one
 * checkpoint has both at the same point of their turns, and the output of both waits in one gate.
 *
 * <p>What a machine writes to a shared page is out of its hands at once. If one were protected and
 * the other not, or each by itself, that would be output which no gate holds back: such a pair is
 * refused.
 *
 * <pre>
 * region 0    memory of the first machine, and behind it the shared buffer
 * region 1    memory of the second machine
 * </pre>
 *
 * <p>The machines take turns of {@link #TURN_INSTRUCTIONS}, the first one first; a run ends between
 * two rounds, or within a turn if output has to be released first: that turn goes on before another
 * begins. So the pair's history depends on nothing but what it began with.
 */
public final class MachinePair implements ProtectedMachine {
    /** What this unit is, for {@link MachineLayout}. */
    public static final String KIND = "x86-64-vmx-pair";

    /** Instructions of a turn. */
    public static final long TURN_INSTRUCTIONS = 100_000;

    private static final long REGION_BYTES = 2 << 20;
    private static final String[] NAMES = {"first", "second"};

    private final Platform platform;
    private final VirtualMachine first;
    private final VirtualMachine second;
    private final ConsoleLog console;
    private final PairPages pages;
    private final List<StateComponent> components = new ArrayList<>();
    private final MachineLayout layout;

    private MachinePair(
            Platform platform, VirtualMachine first, VirtualMachine second, ConsoleLog console) {
        this.platform = platform;
        this.first = first;
        this.second = second;
        this.console = console;
        VirtualMachine.connect(first, second);
        long secondPages = second.ownPages();
        List<MemoryRegion> regions =
                List.of(
                        new MemoryRegion("first", first.layout().pages()),
                        new MemoryRegion("second", secondPages));
        pages = new PairPages(first, second, regions, secondPages);
        for (int i = 0; i < NAMES.length; i++) {
            for (StateComponent c : i == 0 ? first.components() : second.components()) {
                if (c != console) {
                    components.add(new NamedComponent(NAMES[i] + "-" + c.name(), c));
                }
            }
        }
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
     * What a pair is built from.
     *
     * @param first machine 0; its boot parameters are completed by what both must know
     * @param second machine 1
     * @param method how packets get across
     * @param slots packets that may wait in each direction, at most 64
     * @param isOneUnit whether checkpoints are taken of both together
     */
    public record Config(
            VirtualMachineConfig first,
            VirtualMachineConfig second,
            SharingMethod method,
            int slots,
            boolean isOneUnit) {
        private void check() throws MachineSetupException {
            first.check();
            second.check();
            boolean isProtected =
                    first.dirtyLog() != DirtyLogMode.NONE || second.dirtyLog() != DirtyLogMode.NONE;
            if (isProtected && (!isOneUnit || first.dirtyLog() != second.dirtyLog())) {
                throw new MachineSetupException(
                        "a protected machine cannot share with a machine outside its checkpoints:"
                                + " what it writes to a shared page would pass the output gate;"
                                + " checkpoint both as one unit or protect neither");
            }
            if (slots < 1 || slots > ViewSetup.SLOTS_MAX) {
                throw new MachineSetupException(
                        "machines share 1 to %d slots, not %d"
                                .formatted(ViewSetup.SLOTS_MAX, slots));
            }
            if ((first.memoryBytes() | second.memoryBytes()) % REGION_BYTES != 0) {
                throw new MachineSetupException(
                        "memory of machines that share must be a multiple of 2M, not %d and %d bytes"
                                .formatted(first.memoryBytes(), second.memoryBytes()));
            }
        }

        private VirtualMachineConfig of(int role) {
            VirtualMachineConfig given = role == 0 ? first : second;
            Map<String, Long> parameters = new LinkedHashMap<>(given.parameters());
            parameters.put("role", (long) role);
            parameters.put("method", (long) method.number());
            parameters.put("slots", (long) slots);
            return given.withParameters(parameters).withRunMode(RunMode.FREE);
        }
    }

    /**
     * Builds a pair and loads the same guest into both.
     *
     * @throws MachineSetupException if an option makes no sense, or one machine would be protected
     *     without the other
     */
    public static MachinePair boot(Config config, GuestImage image, HostClock clock)
            throws MachineSetupException {
        MachinePair pair = standby(config, clock);
        try {
            VirtualMachine.load(pair.first, config.of(0), image);
            VirtualMachine.load(pair.second, config.of(1), image);
            return pair;
        } catch (MachineSetupException | RuntimeException e) {
            pair.close();
            throw e;
        }
    }

    /** The same pair with empty memory, to be filled from an image. */
    public static MachinePair standby(Config config, HostClock clock) throws MachineSetupException {
        config.check();
        ViewSetup setup = ViewSetup.sharing(config.method(), 0, config.slots());
        long firstBytes = config.first().memoryBytes();
        long secondBytes = config.second().memoryBytes();
        long low = Seat.structureBytes(firstBytes + secondBytes, 2) + (setup.sharedPages() << 12);
        long bytes = Seat.aligned(low) + Seat.aligned(firstBytes) + secondBytes;
        Platform platform = Seat.platform(config.first(), 2, bytes);
        try {
            FrameAllocator frames = new FrameAllocator(platform.memory());
            FrameExtent shared =
                    setup.sharedPages() == 0
                            ? null
                            : frames.allocateRun(FrameKind.SHARED_BUFFER, setup.sharedPages());
            ConsoleLog console = new ConsoleLog("console");
            VirtualMachine one = seat(config, 0, platform, frames, shared, console, clock);
            VirtualMachine other = seat(config, 1, platform, frames, shared, console, clock);
            return new MachinePair(platform, one, other, console);
        } catch (MachineSetupException | RuntimeException e) {
            platform.close();
            throw e;
        }
    }

    private static VirtualMachine seat(
            Config config,
            int role,
            Platform platform,
            FrameAllocator frames,
            @Nullable FrameExtent shared,
            ConsoleLog console,
            HostClock clock)
            throws MachineSetupException {
        ViewSetup views = ViewSetup.sharing(config.method(), role, config.slots());
        return VirtualMachine.seated(
                config.of(role),
                new Seat(platform, role, frames, views, shared, console, false),
                clock);
    }

    public VirtualMachine first() {
        return first;
    }

    public VirtualMachine second() {
        return second;
    }

    @Override
    public MachineLayout layout() {
        return layout;
    }

    @Override
    public GuestMemory memory() {
        return pages;
    }

    @Override
    public DirtyLog dirtyLog() {
        return pages;
    }

    @Override
    public List<StateComponent> components() {
        return List.copyOf(components);
    }

    /** The console of both machines. */
    @Override
    public OutputGate output() {
        return console;
    }

    /**
     * {@inheritDoc}
     *
     * @param untilInstruction of each machine; rounded up to whole turns
     */
    @Override
    public StopCause run(long untilInstruction, long deadlineHostNs) {
        while (instructions() < untilInstruction) {
            long roundEnd = (instructions() / TURN_INSTRUCTIONS + 1) * TURN_INSTRUCTIONS;
            StopCause cause = turn(first, roundEnd, deadlineHostNs);
            if (isEnd(cause) || cause == StopCause.OUTPUT) {
                return cause;
            }
            StopCause other = turn(second, roundEnd, deadlineHostNs);
            if (isEnd(other) || other == StopCause.OUTPUT) {
                return other;
            }
            if (cause == StopCause.DEADLINE || other == StopCause.DEADLINE) {
                return StopCause.DEADLINE;
            }
        }
        return StopCause.INSTRUCTIONS;
    }

    /**
     * A turn, or what is left of it; also if host time is over before its end.
     *
     * @return why the machine ended, OUTPUT if the turn is not done, DEADLINE if host time is over,
     *     else INSTRUCTIONS
     */
    private static StopCause turn(VirtualMachine machine, long until, long deadlineHostNs) {
        StopCause cause = machine.run(until, deadlineHostNs);
        boolean isLate = cause == StopCause.DEADLINE;
        while (cause == StopCause.DEADLINE) {
            cause = machine.run(until, Long.MAX_VALUE);
        }
        return isLate && cause == StopCause.INSTRUCTIONS ? StopCause.DEADLINE : cause;
    }

    private static boolean isEnd(StopCause cause) {
        return cause == StopCause.EXITED || cause == StopCause.DEAD;
    }

    @Override
    public void interruptRun() {
        first.interruptRun();
        second.interruptRun();
    }

    /** What both machines have done: the second one is never ahead. */
    @Override
    public long instructions() {
        return second.instructions();
    }

    @Override
    public void activate() {
        first.activate();
        second.activate();
        long ahead = first.instructions() - second.instructions();
        Invariant.check(ahead >= 0 && ahead <= TURN_INSTRUCTIONS, "a turn is the first's lead");
    }

    @Override
    public String exitStatus() {
        return "first machine: %s; second machine: %s"
                .formatted(first.exitStatus(), second.exitStatus());
    }

    @Override
    public void close() {
        first.close();
        second.close();
        platform.close();
    }
}
