package io.understudy.checkpoint.capture;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.capture.CapturedCheckpoint.Buffers;
import io.understudy.checkpoint.capture.CapturedCheckpoint.Status;
import io.understudy.checkpoint.staging.StagedPages;
import io.understudy.checkpoint.staging.StagingPool;
import io.understudy.checkpoint.state.MachineState;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.function.LongSupplier;

/**
 * Takes checkpoints of one machine and owns those in flight. {@link #capture} and {@link
 * #startFullCopy} belong to the thread that runs the machine; commit and abort may come from any
 * thread. A steady epoch allocates no page memory, only the handle.
 */
public final class CheckpointCapture implements AutoCloseable {
    private final ProtectedMachine machine;
    private final MachineLayout layout;
    private final CaptureOptions options;
    private final CapturePolicy policy;
    private final LongSupplier nowNs;
    private final StagingPool pool;
    private final FirstCopy firstCopy;

    // Guarded by this.
    private final ArrayDeque<CapturedCheckpoint> inFlight = new ArrayDeque<>();
    private final ArrayDeque<Buffers> spare = new ArrayDeque<>();
    private long aborts;
    private long lastEpoch;

    /**
     * @param nowNs the host clock, monotonic
     */
    public CheckpointCapture(
            ProtectedMachine machine,
            CaptureOptions options,
            CapturePolicy policy,
            LongSupplier nowNs) {
        this.machine = machine;
        this.layout = machine.layout();
        this.options = options;
        this.policy = policy;
        this.nowNs = nowNs;
        this.pool = new StagingPool(options.stagingPagesMax());
        this.firstCopy = new FirstCopy(layout.regions(), options);
    }

    /**
     * The next capture is the first of a full copy to a blank backup. Every checkpoint in flight is
     * aborted.
     */
    public void startFullCopy() {
        synchronized (this) {
            CapturedCheckpoint oldest = inFlight.peekFirst();
            if (oldest != null) {
                abortFrom(oldest);
            }
        }
        firstCopy.start();
    }

    /** Whether a full copy was started and no capture has completed it yet. */
    public boolean isCopying() {
        return firstCopy.inProgress();
    }

    /** Pages that the full copy still has to look at or send. */
    public long fullCopyPagesLeft() {
        return firstCopy.pagesLeft();
    }

    /** Whether one more checkpoint may be captured now. */
    public synchronized boolean hasRoom() {
        return inFlight.size() < options.inFlightMax();
    }

    /**
     * Takes a checkpoint of the paused machine. If it throws, the dirty pages were given back.
     *
     * @param epoch greater than every epoch before
     * @param quiesceBeganNs when the end of the epoch was decided
     */
    public CaptureResult capture(long epoch, long quiesceBeganNs) {
        long abortsBefore;
        Buffers buffers;
        synchronized (this) {
            Invariant.check(epoch > lastEpoch, "epoch numbers rise and are never reused");
            Invariant.check(
                    inFlight.size() < options.inFlightMax(),
                    "no capture beyond the limit of checkpoints in flight");
            lastEpoch = epoch;
            abortsBefore = aborts;
            buffers = spareBuffers();
        }
        boolean taken = false;
        try {
            CaptureResult result = take(epoch, quiesceBeganNs, buffers);
            if (result instanceof CaptureResult.Captured captured) {
                taken = enter(captured.checkpoint(), abortsBefore);
                return taken ? result : new CaptureResult.Overtaken();
            }
            return result;
        } finally {
            if (!taken) {
                giveBack(buffers.returnable);
                recycle(buffers);
            }
        }
    }

    @Override
    public void close() {
        synchronized (this) {
            CapturedCheckpoint oldest = inFlight.peekFirst();
            if (oldest != null) {
                abortFrom(oldest);
            }
        }
        pool.close();
    }

    synchronized void commit(CapturedCheckpoint checkpoint) {
        Invariant.check(
                inFlight.peekFirst() == checkpoint,
                "the oldest checkpoint in flight is committed first");
        inFlight.removeFirst();
        checkpoint.finish(Status.COMMITTED);
    }

    synchronized void abortFrom(CapturedCheckpoint first) {
        if (first.status() == Status.ABORTED) {
            return;
        }
        Invariant.check(first.status() == Status.IN_FLIGHT, "a committed checkpoint stays");
        aborts++;
        Iterator<CapturedCheckpoint> each = inFlight.iterator();
        while (each.hasNext()) {
            CapturedCheckpoint checkpoint = each.next();
            if (checkpoint.epoch() >= first.epoch()) {
                each.remove();
                giveBack(checkpoint.returnable());
                checkpoint.finish(Status.ABORTED);
            }
        }
    }

    synchronized void recycle(Buffers buffers) {
        buffers.pages.clear();
        buffers.returnable.clear();
        buffers.state.reset();
        spare.addLast(buffers);
    }

    private CaptureResult take(long epoch, long quiesceBeganNs, Buffers buffers) {
        long beganNs = nowNs.getAsLong();
        PageSet dirty = buffers.returnable;
        machine.dirtyLog().harvest(dirty);
        long harvestedNs = nowNs.getAsLong();
        long zeroPages = 0;
        boolean copying = firstCopy.inProgress();
        if (copying) {
            firstCopy.takeOver(dirty);
            long rest = copyPages(dirty, buffers.pages);
            if (rest >= 0) {
                firstCopy.carryFrom(rest, dirty);
            }
            zeroPages = firstCopy.copyStripe(machine.memory(), buffers.pages, dirty);
        } else {
            long free = pool.pagesFree();
            if (dirty.size() > free) {
                return new CaptureResult.StagingFull(dirty.size(), free, pool.pagesMax());
            }
            Invariant.check(copyPages(dirty, buffers.pages) < 0, "free staging can be used");
        }
        long copiedNs = nowNs.getAsLong();
        MachineState.save(machine.components(), buffers.state);
        long instruction = machine.instructions();
        long outputOffset = machine.output().writtenOffset();
        long savedNs = nowNs.getAsLong();
        PauseTimes times =
                new PauseTimes(
                        beganNs - quiesceBeganNs,
                        harvestedNs - beganNs,
                        copiedNs - harvestedNs,
                        savedNs - copiedNs);
        return new CaptureResult.Captured(
                new CapturedCheckpoint(
                        this,
                        epoch,
                        instruction,
                        outputOffset,
                        !copying || firstCopy.completes(),
                        zeroPages,
                        times,
                        buffers));
    }

    /** Returns the first page for which staging had no room, or -1. */
    private long copyPages(PageSet dirty, StagedPages pages) {
        GuestMemory memory = machine.memory();
        for (long id = dirty.next(0); id >= 0; id = dirty.next(id + 1)) {
            if (!pages.reserve()) {
                return id;
            }
            memory.readPage(id, pages.nextSegment(), pages.nextOffset());
            pages.add(id);
        }
        return -1;
    }

    private synchronized boolean enter(CapturedCheckpoint checkpoint, long abortsBefore) {
        if (aborts != abortsBefore) {
            return false;
        }
        inFlight.addLast(checkpoint);
        return true;
    }

    private void giveBack(PageSet pages) {
        if (policy.returnsPagesOfAborted() && !pages.isEmpty()) {
            machine.dirtyLog().giveBack(pages);
        }
    }

    private Buffers spareBuffers() {
        Buffers buffers = spare.pollLast();
        return buffers != null
                ? buffers
                : new Buffers(new StagedPages(pool), new PageSet(layout.regions()));
    }
}
