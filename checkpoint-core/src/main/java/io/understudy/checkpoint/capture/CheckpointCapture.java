package io.understudy.checkpoint.capture;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.WriteGuard;
import io.understudy.checkpoint.capture.CapturedCheckpoint.Buffers;
import io.understudy.checkpoint.capture.CapturedCheckpoint.Status;
import io.understudy.checkpoint.digest.ImageAudit;
import io.understudy.checkpoint.digest.ImageDigest;
import io.understudy.checkpoint.staging.StagedPages;
import io.understudy.checkpoint.staging.StagingPool;
import io.understudy.checkpoint.state.MachineState;
import java.util.ArrayDeque;
import java.util.Iterator;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Takes checkpoints of one machine and owns those in flight. {@link #capture}, {@link
 * #startFullCopy} and {@link #auditNext} belong to the thread that runs the machine; commit and
 * abort may come from any thread. A steady epoch allocates no page memory, only the handle.
 *
 * <p>With {@link CopyMethod#ON_WRITE}: a page of a checkpoint in flight that is not copied yet is
 * guarded. The guest's first write to it comes here ({@link #beforeWrite}) and is let go on once
 * every checkpoint in flight that lacks the page has it.
 */
public final class CheckpointCapture implements AutoCloseable, WriteGuard.Listener {
    private final ProtectedMachine machine;
    private final MachineLayout layout;
    private final CaptureOptions options;
    private final CapturePolicy policy;
    private final LongSupplier nowNs;
    private final StagingPool pool;
    private final FirstCopy firstCopy;
    private final @Nullable WriteGuard guard;

    // Of the machine's thread.
    private @Nullable ImageDigest auditTable;
    private boolean auditsNext;
    private long auditKey;

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
        this.firstCopy = new FirstCopy(layout, options);
        this.guard = options.copyMethod() == CopyMethod.ON_WRITE ? guardOf(machine) : null;
        if (guard != null) {
            guard.tell(this);
        }
    }

    private static WriteGuard guardOf(ProtectedMachine machine) {
        return machine.writeGuard()
                .orElseThrow(() ->
                        new IllegalArgumentException(
                                "this machine cannot guard pages, so they must be copied at the"
                                        + " pause"));
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

    /** Page copies that staging has room for beside those of the checkpoints in flight. */
    public long stagingPagesFree() {
        return pool.pagesFree();
    }

    /**
     * The next capture also hashes all memory at the pause, so that a page which the dirty log
     * missed shows (docs/pipeline.md, "Audit"). No effect while an audited checkpoint is in flight
     * or a full copy runs.
     *
     * @param key of the session's digests
     */
    public void auditNext(long key) {
        auditsNext = true;
        auditKey = key;
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
        WriteGuard open = guard;
        if (open != null) {
            open.lift();
        }
        ImageDigest table = auditTable;
        if (table != null) {
            table.close();
        }
        pool.close();
    }

    /** The guest is about to write a guarded page: whoever needs its content gets it now. */
    @Override
    public synchronized void beforeWrite(long pageId) {
        for (CapturedCheckpoint checkpoint : inFlight) {
            checkpoint.beforeWrite(pageId);
        }
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
        buffers.lazy.clear();
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
        int stripeStart = Integer.MAX_VALUE;
        boolean copying = firstCopy.inProgress();
        if (copying) {
            firstCopy.takeOver(dirty);
            long rest = takePages(dirty, buffers.pages);
            if (rest >= 0) {
                firstCopy.carryFrom(rest, dirty);
            }
            stripeStart = buffers.pages.size();
            zeroPages = firstCopy.takeStripe(machine.memory(), buffers.pages, dirty, guard == null);
        } else {
            long free = pool.pagesFree();
            if (dirty.size() > free) {
                return new CaptureResult.StagingFull(dirty.size(), free, pool.pagesMax());
            }
            Invariant.check(takePages(dirty, buffers.pages) < 0, "free staging can be used");
        }
        if (guard != null) {
            buffers.lazy.begin(machine.memory());
            guard.guard(dirty);
        }
        ImageDigest audit = audit(copying);
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
                        stripeStart,
                        audit,
                        times,
                        buffers));
    }

    /**
     * Gives every page a slot of staging, and its content unless that is copied on write. Returns
     * the first page for which staging had no room, or -1.
     */
    private long takePages(PageSet dirty, StagedPages pages) {
        GuestMemory memory = machine.memory();
        boolean copiesNow = guard == null;
        for (long id = dirty.next(0); id >= 0; id = dirty.next(id + 1)) {
            if (!pages.reserve()) {
                return id;
            }
            if (copiesNow) {
                memory.readPage(id, pages.nextSegment(), pages.nextOffset());
            }
            pages.add(id);
        }
        return -1;
    }

    private @Nullable ImageDigest audit(boolean copying) {
        if (!auditsNext || copying || isAuditInFlight()) {
            return null;
        }
        auditsNext = false;
        ImageDigest table = auditTable;
        if (table == null) {
            table = new ImageDigest(layout.regions());
            auditTable = table;
        }
        ImageAudit.hashAll(layout.regions(), machine.memory(), auditKey, table);
        return table;
    }

    private synchronized boolean isAuditInFlight() {
        for (CapturedCheckpoint checkpoint : inFlight) {
            if (checkpoint.audit() != null) {
                return true;
            }
        }
        return false;
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
