package io.understudy.replication.host;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.DirtyLog;
import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.InputPort;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.OutputGate;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.input.ConsoleInput;
import io.understudy.checkpoint.output.ConsoleLog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * A machine over plain memory, as a third party would write one. Its guest echoes what is typed,
 * counts steps, folds each into a page, and now and then says a line that depends on everything it
 * ever wrote: two histories that differ anywhere soon say different lines.
 */
public final class PlainMachine implements ProtectedMachine {
    static final int PAGES = 96;
    static final int STEPS_PER_LINE = 500;
    private static final int STEPS_PER_LOOK = 500;

    private final Arena arena = Arena.ofShared();
    private final MemorySegment memory =
            arena.allocate((long) PAGES * PageId.PAGE_BYTES, PageId.PAGE_BYTES);
    private final MachineLayout layout;
    private final PageSet dirty;
    private final PageSet returned;
    private final ConsoleLog console = new ConsoleLog("console");
    private final ConsoleInput input = new ConsoleInput("console-input");
    private final Cpu cpu = new Cpu();
    private final long exitAtStep;
    private final long lookNs;
    private volatile boolean interrupted;
    private volatile long missedPage = -1;
    private long steps;
    private long accumulator = 1;

    /**
     * @param exitAtStep the guest ends itself here
     * @param lookNs host time that {@value #STEPS_PER_LOOK} steps take at least
     */
    public PlainMachine(long exitAtStep, long lookNs) {
        this(exitAtStep, lookNs, "plain");
    }

    PlainMachine(long exitAtStep, long lookNs, String kind) {
        this.exitAtStep = exitAtStep;
        this.lookNs = lookNs;
        this.layout =
                new MachineLayout(
                        kind,
                        List.of(new MemoryRegion("ram", PAGES)),
                        List.of(
                                new MachineLayout.Component(cpu.name(), cpu.version()),
                                new MachineLayout.Component(console.name(), console.version()),
                                new MachineLayout.Component(input.name(), input.version())));
        this.dirty = new PageSet(layout.regions());
        this.returned = new PageSet(layout.regions());
    }

    /** From now on the dirty log misses this page: a bug. */
    void missPage(long page) {
        missedPage = page;
    }

    /** Changes a byte behind everybody's back. */
    void decay(long page) {
        memory.set(ValueLayout.JAVA_BYTE, page * PageId.PAGE_BYTES, (byte) 99);
    }

    /** Everything a guest says that runs to {@code exitAtStep}, on its own. */
    static String wholeOutput(long exitAtStep) {
        StringBuilder said = new StringBuilder();
        try (PlainMachine machine = new PlainMachine(exitAtStep, 0)) {
            StopCause cause = StopCause.OUTPUT;
            byte[] bytes = new byte[1 << 16];
            while (cause != StopCause.EXITED) {
                cause = machine.run(Long.MAX_VALUE, Long.MAX_VALUE);
                machine.console.release(machine.console.writtenOffset());
                int length = machine.console.read(said.length(), bytes);
                while (length > 0) {
                    said.append(new String(bytes, 0, length, StandardCharsets.US_ASCII));
                    length = machine.console.read(said.length(), bytes);
                }
            }
        }
        return said.toString();
    }

    @Override
    public StopCause run(long untilInstruction, long deadlineHostNs) {
        interrupted = false;
        long looked = System.nanoTime();
        while (true) {
            if (steps >= exitAtStep) {
                return StopCause.EXITED;
            }
            if (steps >= untilInstruction) {
                return StopCause.INSTRUCTIONS;
            }
            if (console.isAboveWatermark()) {
                return StopCause.OUTPUT;
            }
            step();
            if (steps % STEPS_PER_LOOK == 0) {
                long now = System.nanoTime();
                if (lookNs > 0) {
                    LockSupport.parkNanos(lookNs - (now - looked));
                    looked = System.nanoTime();
                }
                if (interrupted || System.nanoTime() >= deadlineHostNs) {
                    return StopCause.DEADLINE;
                }
            }
        }
    }

    private void step() {
        steps++;
        long page = Math.floorMod(steps * 31, PAGES - 8);
        long at = page * PageId.PAGE_BYTES + (steps % 512) * Long.BYTES;
        long old = memory.get(ValueLayout.JAVA_LONG, at);
        accumulator = (accumulator ^ old) * 0x9e3779b97f4a7c15L + steps;
        memory.set(ValueLayout.JAVA_LONG, at, accumulator);
        synchronized (dirty) {
            if (page != missedPage) {
                dirty.add(PageId.of(0, page));
            }
        }
        int typed = input.take();
        if (typed >= 0) {
            say("<%c>".formatted(typed));
        }
        if (steps % STEPS_PER_LINE == 0) {
            say("line %d %016x%n".formatted(steps / STEPS_PER_LINE, accumulator));
        }
    }

    private void say(String line) {
        for (byte each : line.getBytes(StandardCharsets.US_ASCII)) {
            console.append(each);
        }
    }

    @Override
    public MachineLayout layout() {
        return layout;
    }

    @Override
    public GuestMemory memory() {
        return new GuestMemory() {
            @Override
            public void readPage(long pageId, MemorySegment to, long toOffset) {
                MemorySegment.copy(
                        memory,
                        PageId.index(pageId) * PageId.PAGE_BYTES,
                        to,
                        toOffset,
                        PageId.PAGE_BYTES);
            }

            @Override
            public void writePage(long pageId, MemorySegment from, long fromOffset) {
                MemorySegment.copy(
                        from,
                        fromOffset,
                        memory,
                        PageId.index(pageId) * PageId.PAGE_BYTES,
                        PageId.PAGE_BYTES);
            }
        };
    }

    @Override
    public DirtyLog dirtyLog() {
        return new DirtyLog() {
            @Override
            public void harvest(PageSet into) {
                synchronized (dirty) {
                    into.addAll(dirty);
                    into.addAll(returned);
                    dirty.clear();
                    returned.clear();
                }
            }

            @Override
            public void giveBack(PageSet pages) {
                synchronized (dirty) {
                    returned.addAll(pages);
                }
            }
        };
    }

    @Override
    public List<StateComponent> components() {
        return List.of(cpu, console, input);
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
    public void interruptRun() {
        interrupted = true;
    }

    @Override
    public long instructions() {
        return steps;
    }

    @Override
    public void activate() {
        // Nothing is cached.
    }

    @Override
    public String exitStatus() {
        return "the guest counted to " + steps;
    }

    @Override
    public void close() {
        arena.close();
    }

    private final class Cpu implements StateComponent {
        @Override
        public String name() {
            return "cpu";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public void save(StateWriter out) {
            out.u64(steps).u64(accumulator);
        }

        @Override
        public void restore(StateReader in) throws CorruptStateException {
            long newSteps = in.u64("steps");
            long newAccumulator = in.u64("accumulator");
            in.end();
            steps = newSteps;
            accumulator = newAccumulator;
        }
    }
}
