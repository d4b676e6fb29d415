package io.understudy.hypervisor.monitor;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.HostClock;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Divides a run into intervals and tells which memory the guest used in each. Call it while the
 * guest is paused, on the machine's thread.
 */
public final class MemoryMonitor implements AutoCloseable {
    private final ActivitySource source;
    private final LongSupplier instructions;
    private final HostClock clock;
    private final MonitorOptions options;
    private final long pages;
    private final PageSet accessed;
    private final PageSet modified;
    private long index;
    private long startInstruction;
    private long startHostNs;

    /**
     * Begins the first interval.
     *
     * @param ram the region that is watched
     * @param instructions guest instructions so far
     */
    public MemoryMonitor(
            ActivitySource source,
            MemoryRegion ram,
            LongSupplier instructions,
            HostClock clock,
            MonitorOptions options) {
        this.source = source;
        this.instructions = instructions;
        this.clock = clock;
        this.options = options;
        this.pages = ram.pages();
        this.accessed = new PageSet(List.of(ram));
        this.modified = new PageSet(List.of(ram));
        begin();
    }

    /** When the interval began that is under way, by the host's clock. */
    public long startHostNs() {
        return startHostNs;
    }

    /** The guest has not run since the last scan: the interval's host time begins now. */
    public void restartClock() {
        startHostNs = clock.nowNs();
    }

    /** Forgets the interval under way and begins it anew. */
    public void begin() {
        scan();
        accessed.clear();
        modified.clear();
        startInstruction = instructions.getAsLong();
        startHostNs = clock.nowNs();
    }

    /** Ends the interval under way, which begins the next one. */
    public ActivityInterval end() {
        long stoppedNs = clock.nowNs();
        long leavesBefore = source.leavesRead();
        scan();
        long scannedNs = clock.nowNs();
        long now = instructions.getAsLong();
        ActivityInterval interval =
                new ActivityInterval(
                        ++index,
                        startInstruction,
                        now,
                        stoppedNs - startHostNs,
                        ActivityCount.of(accessed),
                        ActivityCount.of(modified),
                        scannedNs - stoppedNs,
                        source.leavesRead() - leavesBefore,
                        HeatRow.of(accessed, modified, pages, options.heatCellsMax()));
        accessed.clear();
        modified.clear();
        startInstruction = now;
        startHostNs = clock.nowNs();
        return interval;
    }

    private void scan() {
        source.collect(accessed, modified);
    }

    @Override
    public void close() {
        source.close();
    }
}
