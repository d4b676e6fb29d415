package io.understudy.checkpoint.file;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.DirtyLog;
import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.OutputGate;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.output.ConsoleLog;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A machine that only holds what it was given. */
final class PlainMachine implements ProtectedMachine {
    final Map<Long, byte[]> pages = new HashMap<>();
    final Word cpu = new Word("cpu", 3);
    private final MachineLayout layout;
    private boolean isActive;

    PlainMachine(MachineLayout layout) {
        this.layout = layout;
    }

    static MachineLayout layout(long ramPages) {
        return new MachineLayout(
                "plain",
                List.of(new MemoryRegion("ram", ramPages), new MemoryRegion("rom", 2)),
                List.of(new MachineLayout.Component("cpu", 3)));
    }

    boolean isActive() {
        return isActive;
    }

    /** The content of a page, null if it is all zero. */
    byte @Nullable [] page(int region, long index) {
        return pages.get(PageId.of(region, index));
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
                byte[] page = pages.getOrDefault(pageId, new byte[PageId.PAGE_BYTES]);
                MemorySegment.copy(page, 0, to, ValueLayout.JAVA_BYTE, toOffset, PageId.PAGE_BYTES);
            }

            @Override
            public void writePage(long pageId, MemorySegment from, long fromOffset) {
                pages.put(
                        pageId,
                        from.asSlice(fromOffset, PageId.PAGE_BYTES).toArray(ValueLayout.JAVA_BYTE));
            }
        };
    }

    @Override
    public DirtyLog dirtyLog() {
        throw new UnsupportedOperationException("it never runs");
    }

    @Override
    public List<StateComponent> components() {
        return List.of(cpu);
    }

    @Override
    public OutputGate output() {
        return new ConsoleLog("console");
    }

    @Override
    public StopCause run(long untilInstruction, long deadlineHostNs) {
        throw new UnsupportedOperationException("it never runs");
    }

    @Override
    public void interruptRun() {}

    @Override
    public long instructions() {
        return 0;
    }

    @Override
    public void activate() {
        isActive = true;
    }

    @Override
    public String exitStatus() {
        return "";
    }

    @Override
    public void close() {}

    /** A component of one word. */
    static final class Word implements StateComponent {
        private final String name;
        private final int version;
        long value;

        Word(String name, int version) {
            this.name = name;
            this.version = version;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public int version() {
            return version;
        }

        @Override
        public void save(StateWriter out) {
            out.u64(value);
        }

        @Override
        public void restore(StateReader in) throws CorruptStateException {
            long newValue = in.u64("value");
            in.end();
            value = newValue;
        }
    }
}
