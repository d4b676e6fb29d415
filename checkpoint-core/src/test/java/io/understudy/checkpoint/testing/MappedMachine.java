package io.understudy.checkpoint.testing;

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
import io.understudy.checkpoint.WriteGuard;
import io.understudy.checkpoint.output.ConsoleLog;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * A machine whose program is a random walk: each instruction draws from a generator that is part of
 * the machine's state and writes a word, a page of text, a page of noise or zeros, or a line of
 * output. So two machines with equal state have equal futures.
 */
public final class MappedMachine implements ProtectedMachine {
    /** Thrown where {@link #failNext} asks for it. */
    public static final class InjectedFailure extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** Where a capture can be made to fail. */
    public enum FailurePoint {
        HARVEST,
        READ_PAGE,
        SAVE
    }

    private final List<MemoryRegion> regions;
    private final Arena arena = Arena.ofShared();
    private final MemorySegment[] memory;
    private final ConsoleLog console = new ConsoleLog("console");
    private final Registers registers = new Registers();
    private final Log dirtyLog;
    private final Guard guard;
    private final int hotPages;
    private @Nullable FailurePoint failurePoint;
    private int failAfter;
    private int activations;
    private long firstWrites;
    private boolean refusesRestore;

    /**
     * @param hotPages the program writes mostly to this many first pages of each region
     */
    public MappedMachine(long seed, int hotPages, long... regionPages) {
        this.hotPages = hotPages;
        regions =
                IntStream.range(0, regionPages.length)
                        .mapToObj(i -> new MemoryRegion("region" + i, regionPages[i]))
                        .toList();
        memory = new MemorySegment[regionPages.length];
        for (int i = 0; i < memory.length; i++) {
            memory[i] = arena.allocate(regionPages[i] * PageId.PAGE_BYTES, Long.BYTES);
        }
        dirtyLog = new Log();
        guard = new Guard();
        registers.random = seed;
    }

    /** The next capture fails at a point, after {@code passes} calls that get through. */
    public void failNext(FailurePoint point, int passes) {
        failurePoint = point;
        failAfter = passes;
    }

    /** Makes the registers refuse every state. */
    public void refuseRestore(boolean refuse) {
        refusesRestore = refuse;
    }

    /** How often {@link #activate} was called. */
    public int activations() {
        return activations;
    }

    /** Writes that met a guarded page. */
    public long firstWrites() {
        return firstWrites;
    }

    public ConsoleLog console() {
        return console;
    }

    @Override
    public MachineLayout layout() {
        return new MachineLayout(
                "mapped",
                regions,
                components().stream()
                        .map(c -> new MachineLayout.Component(c.name(), c.version()))
                        .toList());
    }

    @Override
    public GuestMemory memory() {
        return new GuestMemory() {
            @Override
            public void readPage(long pageId, MemorySegment to, long toOffset) {
                failHere(FailurePoint.READ_PAGE);
                MemorySegment.copy(
                        memory[PageId.region(pageId)],
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
                        memory[PageId.region(pageId)],
                        PageId.index(pageId) * PageId.PAGE_BYTES,
                        PageId.PAGE_BYTES);
            }
        };
    }

    @Override
    public Optional<WriteGuard> writeGuard() {
        return Optional.of(guard);
    }

    @Override
    public DirtyLog dirtyLog() {
        return dirtyLog;
    }

    @Override
    public List<StateComponent> components() {
        return List.of(registers, console);
    }

    @Override
    public OutputGate output() {
        return console;
    }

    @Override
    public StopCause run(long untilInstruction, long deadlineHostNs) {
        while (registers.instructions < untilInstruction) {
            if (console.isAboveWatermark()) {
                return StopCause.OUTPUT;
            }
            step();
        }
        return StopCause.INSTRUCTIONS;
    }

    @Override
    public void interruptRun() {}

    @Override
    public long instructions() {
        return registers.instructions;
    }

    @Override
    public void activate() {
        activations++;
    }

    @Override
    public String exitStatus() {
        return "never ends";
    }

    @Override
    public void close() {
        arena.close();
    }

    /** A full copy of memory and state: the oracle, made without the dirty log. */
    public Image image() {
        StateWriter state = new StateWriter();
        registers.save(state);
        byte[][] copy = new byte[memory.length][];
        for (int i = 0; i < copy.length; i++) {
            copy[i] = memory[i].toArray(ValueLayout.JAVA_BYTE);
        }
        return new Image(copy, state.toByteArray(), console.writtenOffset(), console.writtenHash());
    }

    /** Writes a page behind the program's back, through the dirty log. */
    public void poke(long pageId, byte value) {
        guard.beforeWrite(pageId);
        memory[PageId.region(pageId)]
                .asSlice(PageId.index(pageId) * PageId.PAGE_BYTES, PageId.PAGE_BYTES)
                .fill(value);
        dirtyLog.mark(pageId);
    }

    /** Writes one word behind the program's back, through the dirty log. */
    public void pokeWord(long pageId, int at, long value) {
        guard.beforeWrite(pageId);
        memory[PageId.region(pageId)].set(
                ValueLayout.JAVA_LONG, PageId.index(pageId) * PageId.PAGE_BYTES + at, value);
        dirtyLog.mark(pageId);
    }

    /** From now on first writes to guarded pages are not told: a bug. */
    public void neglectGuard() {
        guard.listener = pageId -> {};
    }

    /** Writes a page so that the dirty log misses it. */
    public void pokeUnseen(long pageId, byte value) {
        guard.beforeWrite(pageId);
        memory[PageId.region(pageId)]
                .asSlice(PageId.index(pageId) * PageId.PAGE_BYTES, PageId.PAGE_BYTES)
                .fill(value);
    }

    private void step() {
        registers.instructions++;
        long draw = registers.next();
        int region = Math.floorMod(draw, memory.length);
        long pages = regions.get(region).pages();
        long index = Math.floorMod(draw >>> 8, (draw & 0x80) != 0 ? pages : hotPages(pages));
        long pageId = PageId.of(region, index);
        long at = index * PageId.PAGE_BYTES;
        int what = (int) (draw >>> 40 & 31);
        if (what == 3) {
            console.append((int) (draw >>> 48 & 0x7f));
            return;
        }
        guard.beforeWrite(pageId);
        switch (what) {
            case 0 -> memory[region].asSlice(at, PageId.PAGE_BYTES).fill((byte) 0);
            case 1 -> {
                for (int i = 0; i < PageId.PAGE_BYTES; i += 8) {
                    memory[region].set(ValueLayout.JAVA_LONG, at + i, registers.next());
                }
            }
            case 2 ->
                    memory[region]
                            .asSlice(at, PageId.PAGE_BYTES)
                            .fill((byte) (draw >>> 48 & 1)); // often what was there before
            default ->
                    memory[region].set(
                            ValueLayout.JAVA_LONG, at + (draw >>> 50 & 511) * 8, draw | 1);
        }
        dirtyLog.mark(pageId);
    }

    private long hotPages(long pages) {
        return Math.min(pages, hotPages);
    }

    private void failHere(FailurePoint point) {
        if (failurePoint == point && failAfter-- == 0) {
            failurePoint = null;
            throw new InjectedFailure();
        }
    }

    private final class Log implements DirtyLog {
        private final PageSet dirty = new PageSet(regions);
        private final PageSet returned = new PageSet(regions);

        void mark(long pageId) {
            dirty.add(pageId);
        }

        @Override
        public void harvest(PageSet into) {
            into.addAll(dirty);
            dirty.clear();
            failHere(FailurePoint.HARVEST);
            synchronized (returned) {
                into.addAll(returned);
                returned.clear();
            }
        }

        @Override
        public void giveBack(PageSet pages) {
            synchronized (returned) {
                returned.addAll(pages);
            }
        }
    }

    /** What write protection does on a processor. */
    private final class Guard implements WriteGuard {
        private final PageSet guarded = new PageSet(regions);
        private Listener listener = pageId -> {};

        void beforeWrite(long pageId) {
            if (guarded.contains(pageId)) {
                listener.beforeWrite(pageId);
                guarded.remove(pageId);
                firstWrites++;
            }
        }

        @Override
        public void tell(Listener newListener) {
            listener = newListener;
        }

        @Override
        public void guard(PageSet pages) {
            guarded.addAll(pages);
        }

        @Override
        public void lift() {
            guarded.clear();
        }
    }

    private final class Registers implements StateComponent {
        private long instructions;
        private long random;

        /** SplitMix64. */
        long next() {
            random += 0x9e3779b97f4a7c15L;
            long z = random;
            z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
            z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
            return z ^ z >>> 31;
        }

        @Override
        public String name() {
            return "registers";
        }

        @Override
        public int version() {
            return 1;
        }

        @Override
        public void save(StateWriter out) {
            out.u64(instructions);
            failHere(FailurePoint.SAVE);
            out.u64(random);
        }

        @Override
        public void restore(StateReader in) throws CorruptStateException {
            long newInstructions = in.u64("instructions");
            long newRandom = in.u64("random");
            in.end();
            if (refusesRestore) {
                throw in.corrupt("instructions", "are refused by this test");
            }
            instructions = newInstructions;
            random = newRandom;
        }
    }
}
