package io.understudy.drills.simulation;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.DirtyLog;
import io.understudy.checkpoint.GuestMemory;
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
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.CRC32;

/**
 * A machine of eight pages with a console. Its guest is not deterministic: run twice from the same
 * image, it writes and says something else, as one that looks at a clock would. So what must not be
 * contradicted is contradicted as soon as a rule is broken.
 */
final class SimulatedMachine implements ProtectedMachine {
    static final int PAGES = 8;
    private static final int BYTES = PAGES * PageId.PAGE_BYTES;
    private static final MachineLayout LAYOUT =
            new MachineLayout(
                    "simulated",
                    List.of(new MemoryRegion("ram", PAGES)),
                    List.of(
                            new MachineLayout.Component("cpu", 1),
                            new MachineLayout.Component("console", new ConsoleLog("").version()),
                            new MachineLayout.Component(
                                    "console-input", new ConsoleInput("").version())));

    private static final byte[] BLANK_CONSOLE = stateOf(new ConsoleLog("console"));
    private static final byte[] BLANK_INPUT = stateOf(new ConsoleInput("console-input"));

    private final byte[] memory = new byte[BYTES];
    private final MemorySegment view = MemorySegment.ofArray(memory);
    private final PageSet dirty = new PageSet(LAYOUT.regions());
    private final Cpu cpu = new Cpu();
    private final ConsoleLog console = new ConsoleLog("console");
    private final ConsoleInput input = new ConsoleInput("console-input");
    private long steps;
    private long accumulator;

    /** Everything said since the machine's birth, on whichever node: truth, not state. */
    private History history = new History();

    /** The guest runs for a while. */
    void work(SplittableRandom random, int stepsMax) {
        for (int i = random.nextInt(stepsMax + 1); i > 0 && !console.isAboveWatermark(); i--) {
            step(random.nextLong());
        }
    }

    private void step(long chance) {
        steps++;
        int page = (int) Long.remainderUnsigned(chance, PAGES);
        int at = page * PageId.PAGE_BYTES + (int) ((chance >>> 8) & 0x1ff) * Long.BYTES;
        long old = view.get(ValueLayout.JAVA_LONG_UNALIGNED, at);
        accumulator = (accumulator ^ old ^ chance) * 0x9e3779b97f4a7c15L + steps;
        view.set(ValueLayout.JAVA_LONG_UNALIGNED, at, accumulator);
        dirty.add(PageId.of(0, page));
        int typed = input.take();
        if (typed >= 0) {
            accumulator += typed;
        }
        if ((chance & 0x30000) == 0) {
            say((byte) accumulator);
            say((byte) (accumulator >>> 8));
            say((byte) (accumulator >>> 16));
        }
    }

    private void say(byte what) {
        console.append(what & 0xff);
        history.say(what);
    }

    History history() {
        return history;
    }

    /** After a restore: what the image said until its epoch. */
    void setHistory(History said) {
        history = said.fork();
    }

    ConsoleLog console() {
        return console;
    }

    @Override
    public ConsoleInput input() {
        return input;
    }

    byte[] copyOfMemory() {
        return memory.clone();
    }

    void setMemory(byte[] content) {
        System.arraycopy(content, 0, memory, 0, BYTES);
    }

    /**
     * A content oracle that knows nothing of dirty logs and digests: a checksum that the product
     * uses nowhere and that processors have instructions for.
     */
    long contentHash() {
        CRC32 crc = new CRC32();
        crc.update(memory);
        return crc.getValue();
    }

    /** What the components hold, as far as a failover may not change it. */
    long stateHash() {
        long hash = steps * 31 + accumulator;
        hash = hash * 31 + console.writtenOffset();
        hash = hash * 31 + console.writtenHash();
        hash = hash * 31 + input.consumedOffset();
        return hash * 31 + input.consumedHash();
    }

    /** From a kept image: as much of the state as anybody outside could tell. */
    void restoreFrom(Truth truth) {
        history = truth.said().fork();
        for (int i = 0; i < history.length(); i++) {
            console.append(history.at(i) & 0xff);
        }
    }

    /** A process starts: nothing is left. */
    void reset() {
        Arrays.fill(memory, (byte) 0);
        dirty.clear();
        steps = 0;
        accumulator = 0;
        history = new History();
        try {
            console.restore(new StateReader(console.name(), BLANK_CONSOLE));
            input.restore(new StateReader(input.name(), BLANK_INPUT));
        } catch (CorruptStateException e) {
            throw new IllegalStateException("a blank component is no state", e);
        }
    }

    private static byte[] stateOf(StateComponent blank) {
        StateWriter out = new StateWriter();
        blank.save(out);
        return out.toByteArray();
    }

    @Override
    public MachineLayout layout() {
        return LAYOUT;
    }

    @Override
    public GuestMemory memory() {
        return new GuestMemory() {
            @Override
            public void readPage(long pageId, MemorySegment to, long toOffset) {
                long from = PageId.index(pageId) * PageId.PAGE_BYTES;
                MemorySegment.copy(view, from, to, toOffset, PageId.PAGE_BYTES);
            }

            @Override
            public void writePage(long pageId, MemorySegment from, long fromOffset) {
                long to = PageId.index(pageId) * PageId.PAGE_BYTES;
                MemorySegment.copy(from, fromOffset, view, to, PageId.PAGE_BYTES);
            }
        };
    }

    @Override
    public DirtyLog dirtyLog() {
        return new DirtyLog() {
            @Override
            public void harvest(PageSet into) {
                into.addAll(dirty);
                dirty.clear();
            }

            @Override
            public void giveBack(PageSet pages) {
                dirty.addAll(pages);
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
    public StopCause run(long untilInstruction, long deadlineHostNs) {
        throw new UnsupportedOperationException("the world runs this machine");
    }

    @Override
    public void interruptRun() {}

    @Override
    public long instructions() {
        return steps;
    }

    @Override
    public void activate() {
        dirty.clear();
    }

    @Override
    public String exitStatus() {
        return "";
    }

    @Override
    public void close() {}

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
