package io.understudy.replication.host;

import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.capture.CaptureResult;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CheckpointCapture;
import io.understudy.replication.Barrier;
import io.understudy.replication.EpochPolicy;
import io.understudy.replication.KillPoint;
import io.understudy.replication.PipelineOptions;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The thread that runs the guest. Without a session it only runs; with one it ends an epoch after
 * each interval: pause, capture, resume.
 *
 * <p>When as many checkpoints are in flight as are allowed, an epoch of host time is stretched, to
 * {@value #STRETCH_INTERVALS_MAX} intervals at most: its output has to wait for the earlier one
 * anyway. After that, and at once if epochs end at exact instructions, the guest stands still until
 * a checkpoint is settled; and a guest that has to do that is held back from then on, a little all
 * the time ({@link GuestThrottle}). A slow link slows the guest, never the promise.
 */
final class MachineThread implements AutoCloseable {
    /** Hears from the machine; called from its thread, must not block. */
    interface Events {
        /**
         * The epoch is in flight: to be encoded, then settled or aborted.
         *
         * @param inputOffset console input below it was consumed
         */
        void captured(OutgoingSession session, CapturedCheckpoint checkpoint, long inputOffset);

        /** The guest stands still since the capture of this epoch, as {@link #freeze} wanted. */
        void frozen(OutgoingSession session, long epoch);

        /** The session cannot go on. */
        void cannotCapture(OutgoingSession session, String reason);

        /** Nothing will run any more; what it wrote last is captured, if there is a session. */
        void guestEnded(StopCause cause);

        void failed(Throwable t);
    }

    private static final long WARMUP_NS = 2_000_000_000L;
    private static final int STRETCH_INTERVALS_MAX = 4;
    private static final int STRETCH_SLICES_PER_INTERVAL = 16;
    private static final int STRIPE_PAGES_MAX = 2048;
    private static final int STRIPE_SCAN_PAGES_MAX = 16384;

    /** A guest that is held back runs so long at a time. */
    private static final long THROTTLED_SLICE_NS = 1_000_000;

    /** How long a guest that may not write more output waits before it looks again. */
    private static final long OUTPUT_WAIT_MS = 1;

    private final ProtectedMachine machine;
    private final EpochPolicy epochPolicy;
    private final EpochClock clock;
    private final GuestThrottle throttle = new GuestThrottle();
    private final long auditEvery;
    private final long stopAtInstruction;
    private final LongSupplier nowNs;
    private final Events events;
    private final EpochMeter meter;
    private final Barrier barrier;
    private final CheckpointCapture capture;
    private final Thread thread;
    private final Object lock = new Object();

    // Guarded by lock.
    private boolean mayRun;
    private boolean isFreezeWanted;

    private volatile boolean isStopped;
    private volatile @Nullable OutgoingSession session;
    private volatile long fillingEpoch;
    private volatile long instructions;
    private volatile long committedAfterNs;

    // Of the machine's thread.

    /** When the first epoch ended: a machine that waits for its backup does not warm up. */
    private long firstPauseNs;

    private boolean hasPaused;

    private @Nullable OutgoingSession copying;
    private @Nullable CapturedCheckpoint paused;
    private long capturedEpoch;
    private long pauseEndsNs;
    private long deadlineNs;
    private long capturedInstructions = -1;
    private long sealedOutput;
    private long epochBeganNs;
    private long waitedNs;
    private long epochsToAudit;

    /**
     * @param lastEpoch numbers go on from here
     */
    MachineThread(
            ProtectedMachine machine,
            EpochPolicy epochPolicy,
            long stopAtInstruction,
            PipelineOptions pipeline,
            CapturePolicy capturePolicy,
            long lastEpoch,
            EpochMeter meter,
            Barrier barrier,
            LongSupplier nowNs,
            Events events) {
        this.machine = machine;
        this.epochPolicy = epochPolicy;
        this.clock = new EpochClock(epochPolicy);
        this.auditEvery = pipeline.auditEvery();
        this.epochsToAudit = pipeline.auditEvery();
        this.stopAtInstruction = stopAtInstruction;
        this.meter = meter;
        this.barrier = barrier;
        this.nowNs = nowNs;
        this.events = events;
        this.fillingEpoch = lastEpoch + 1;
        this.instructions = machine.instructions();
        this.epochBeganNs = nowNs.getAsLong();
        this.capture =
                new CheckpointCapture(
                        machine,
                        new CaptureOptions(
                                pipeline.stagingPages(machine.layout()),
                                pipeline.depth(),
                                STRIPE_PAGES_MAX,
                                STRIPE_SCAN_PAGES_MAX,
                                pipeline.copyMethod()),
                        capturePolicy,
                        nowNs);
        this.thread = Thread.ofPlatform().name("machine").daemon(true).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** The machine is this node's: from now on the guest runs. */
    void allow() {
        synchronized (lock) {
            mayRun = true;
            lock.notifyAll();
        }
    }

    /** From the next pause on checkpoints are for this session, the first with a full copy. */
    void protect(@Nullable OutgoingSession next) {
        session = next;
        wake();
    }

    /**
     * Ends the epoch soon, captures it and then lets the guest stand still until {@link #thaw} or
     * {@link #close}; {@link Events#frozen} tells.
     */
    void freeze() {
        synchronized (lock) {
            isFreezeWanted = true;
        }
        machine.interruptRun();
        wake();
    }

    void thaw() {
        synchronized (lock) {
            isFreezeWanted = false;
            lock.notifyAll();
        }
    }

    /** Something that the machine may be waiting for has happened. */
    void wake() {
        synchronized (lock) {
            lock.notifyAll();
        }
        LockSupport.unpark(thread);
    }

    /**
     * Number of the epoch that the guest is writing now, at least. To be read after the output's
     * offset: everything below that offset is then part of this epoch or an earlier one.
     */
    long fillingEpoch() {
        return fillingEpoch;
    }

    /** An epoch's output was released so long after it was sealed. Any thread. */
    void committed(long afterNs) {
        committedAfterNs = afterNs;
    }

    /** As of the last time the guest stood still. */
    long instructions() {
        return instructions;
    }

    /** Stops the guest for good. The checkpoints in flight are aborted. */
    @Override
    public void close() {
        isStopped = true;
        wake();
        machine.interruptRun();
        while (thread.isAlive()) {
            // An interruption that comes before the guest is entered would be lost.
            machine.interruptRun();
            try {
                thread.join(OUTPUT_WAIT_MS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    /** Frees staging. Only after {@link #close}, when nobody reads a checkpoint any more. */
    void free() {
        capture.close();
    }

    private void run() {
        try {
            awaitPermission();
            StopCause end = null;
            while (end == null && !isStopped) {
                end = oneEpoch();
            }
            if (end != null) {
                events.guestEnded(end);
            }
        } catch (InterruptedException e) {
            isStopped = true;
        } catch (RuntimeException | Error e) {
            events.failed(e);
        }
    }

    private void awaitPermission() throws InterruptedException {
        synchronized (lock) {
            while (!mayRun && !isStopped) {
                lock.wait();
            }
        }
    }

    /** Returns how the guest ended, null while it goes on. */
    private @Nullable StopCause oneEpoch() throws InterruptedException {
        setDeadline();
        long until = Math.min(stopAtInstruction, epochEnd());
        long resumedEpoch = resume();
        StopCause cause = runToDeadline(until);
        if (resumedEpoch > 0) {
            barrier.reached(KillPoint.AFTER_RESUME, resumedEpoch);
        }
        if (cause == StopCause.DEADLINE) {
            cause = stretch(until);
        }
        long stoppedNs = nowNs.getAsLong();
        instructions = machine.instructions();
        if (isStopped) {
            return null;
        }
        boolean ended =
                cause == StopCause.EXITED
                        || cause == StopCause.DEAD
                        || instructions >= stopAtInstruction;
        OutgoingSession target = session;
        if (target == null) {
            copying = null;
            if (cause == StopCause.OUTPUT) {
                pauseFor(OUTPUT_WAIT_MS);
            }
        } else {
            if (cause == StopCause.OUTPUT && !ended && instructions == capturedInstructions) {
                // Nothing new to capture until output was let out; epochs go on at their pace.
                awaitDeadline();
            }
            boolean onTime = cause == StopCause.DEADLINE && deadlineNs < stoppedNs;
            endEpoch(target, onTime ? deadlineNs : stoppedNs);
            standStillIfWanted(target);
        }
        return ended ? cause : null;
    }

    /** Nothing was executed since the last capture, if that is of the epoch before this one. */
    private void standStillIfWanted(OutgoingSession target) throws InterruptedException {
        synchronized (lock) {
            if (isFreezeWanted && capturedEpoch == fillingEpoch - 1) {
                events.frozen(target, capturedEpoch);
                while (isFreezeWanted && !isStopped) {
                    lock.wait();
                }
            }
        }
    }

    /** An interval runs from one deadline to the next; a late epoch does not shorten the next. */
    private void setDeadline() {
        long now = nowNs.getAsLong();
        long intervalNs = clock.intervalNs();
        deadlineNs =
                clock.isByHostTime()
                        ? Math.max(deadlineNs + intervalNs, now + intervalNs / 2)
                        : Long.MAX_VALUE;
    }

    /** In slices, if the guest is held back or its epoch may end before its time. */
    private StopCause runToDeadline(long until) {
        while (true) {
            long beganNs = nowNs.getAsLong();
            long sliceNs = throttle.share() > 0 ? THROTTLED_SLICE_NS : Long.MAX_VALUE;
            sliceNs = Math.min(sliceNs, session == null ? Long.MAX_VALUE : clock.lookNs());
            long untilNs = Math.min(deadlineNs, beganNs + Math.min(sliceNs, deadlineNs - beganNs));
            StopCause cause = machine.run(until, untilNs);
            long now = nowNs.getAsLong();
            boolean isOver =
                    cause != StopCause.DEADLINE
                            || now < untilNs // somebody interrupted
                            || now >= deadlineNs
                            || isStopped
                            || endsNow(now);
            if (isOver) {
                return cause;
            }
            holdBack(now - beganNs);
        }
    }

    private boolean endsNow(long now) {
        return session != null
                && clock.endsNow(
                        now - epochBeganNs,
                        machine.output().writtenOffset() > sealedOutput,
                        capture.stagingPagesFree());
    }

    private void holdBack(long ranNs) {
        long sleepNs = session == null ? 0 : throttle.sleepNs(ranNs);
        if (sleepNs > 0) {
            LockSupport.parkNanos(this, sleepNs);
        }
    }

    /** Runs on while no checkpoint may be captured yet, within limits. */
    private StopCause stretch(long until) {
        StopCause cause = StopCause.DEADLINE;
        if (clock.isByHostTime()) {
            long intervalNs = clock.intervalNs();
            long sliceNs = Math.max(1, intervalNs / STRETCH_SLICES_PER_INTERVAL);
            long lastNs = deadlineNs + (STRETCH_INTERVALS_MAX - 1) * intervalNs;
            while (cause == StopCause.DEADLINE
                    && !isStopped
                    && session != null
                    && !capture.hasRoom()
                    && deadlineNs < lastNs) {
                deadlineNs = Math.max(deadlineNs, nowNs.getAsLong()) + sliceNs;
                cause = machine.run(until, deadlineNs);
            }
        }
        return cause;
    }

    /** Epochs by instructions end at multiples, wherever they began. */
    private long epochEnd() {
        return switch (epochPolicy) {
            case EpochPolicy.HostInterval interval -> Long.MAX_VALUE;
            case EpochPolicy.Adaptive bounds -> Long.MAX_VALUE;
            case EpochPolicy.Instructions(long perEpoch) ->
                    (machine.instructions() / perEpoch + 1) * perEpoch;
        };
    }

    private void endEpoch(OutgoingSession target, long quiesceBeganNs) throws InterruptedException {
        if (copying != target) {
            copying = target;
            epochsToAudit = auditEvery;
            capture.startFullCopy();
        }
        while (awaitRoom(target)) {
            auditIfDue(target);
            barrier.reached(KillPoint.BEFORE_SEAL, fillingEpoch);
            CaptureResult result = capture.capture(fillingEpoch, quiesceBeganNs);
            beginNextEpoch();
            switch (result) {
                case CaptureResult.Captured(CapturedCheckpoint checkpoint) -> {
                    pauseEndsNs = nowNs.getAsLong();
                    paused = checkpoint;
                    capturedInstructions = instructions;
                    noteCaptured(checkpoint);
                    capturedEpoch = checkpoint.epoch();
                    barrier.reached(KillPoint.AFTER_SEAL, capturedEpoch);
                    events.captured(target, checkpoint, machine.input().consumedOffset());
                    return;
                }
                case CaptureResult.Overtaken overtaken -> {
                    return;
                }
                case CaptureResult.StagingFull(long wanted, long free, long max) -> {
                    if (wanted > max) {
                        protect(null);
                        events.cannotCapture(
                                target,
                                "an epoch dirtied %d pages, staging takes %d"
                                        .formatted(wanted, max));
                        return;
                    }
                    long beganNs = nowNs.getAsLong();
                    pauseFor(OUTPUT_WAIT_MS);
                    waitedNs += nowNs.getAsLong() - beganNs;
                }
            }
        }
    }

    private void auditIfDue(OutgoingSession target) {
        if (auditEvery > 0 && !capture.isCopying() && --epochsToAudit <= 0) {
            epochsToAudit = auditEvery;
            capture.auditNext(target.digestKey());
        }
    }

    /** Tells clock and throttle how the epoch went. */
    private void noteCaptured(CapturedCheckpoint checkpoint) {
        long lastedNs = pauseEndsNs - epochBeganNs;
        epochBeganNs = pauseEndsNs;
        long commitNs = committedAfterNs;
        if (commitNs > 0) {
            clock.committed(commitNs);
        }
        clock.captured(lastedNs, checkpoint.outputOffset() > sealedOutput, checkpoint.pageCount());
        sealedOutput = checkpoint.outputOffset();
        throttle.epochEnded(lastedNs, waitedNs);
        waitedNs = 0;
        meter.progress(throttle.share(), capture.fullCopyPagesLeft());
    }

    /** One writer. Output written from here on belongs to this epoch at the earliest. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void beginNextEpoch() {
        fillingEpoch++;
    }

    /** The guest is about to run. Returns the epoch whose pause ends here, 0 if none does. */
    private long resume() {
        CapturedCheckpoint checkpoint = paused;
        if (checkpoint == null) {
            return 0;
        }
        paused = null;
        barrier.reached(KillPoint.BEFORE_RESUME, capturedEpoch);
        long now = nowNs.getAsLong();
        if (!hasPaused) {
            hasPaused = true;
            firstPauseNs = now;
        }
        boolean isWarm = !capture.isCopying() && now - firstPauseNs >= WARMUP_NS;
        meter.paused(checkpoint, now - pauseEndsNs, isWarm);
        return capturedEpoch;
    }

    /** Returns false if there is no use in capturing for {@code target} any more. */
    private boolean awaitRoom(OutgoingSession target) throws InterruptedException {
        synchronized (lock) {
            if (!capture.hasRoom()) {
                long beganNs = nowNs.getAsLong();
                while (!isStopped && session == target && !capture.hasRoom()) {
                    lock.wait();
                }
                waitedNs += nowNs.getAsLong() - beganNs;
            }
        }
        return !isStopped && session == target;
    }

    private void awaitDeadline() {
        long leftMs =
                clock.isByHostTime()
                        ? (deadlineNs - nowNs.getAsLong()) / 1_000_000
                        : OUTPUT_WAIT_MS;
        pauseFor(Math.max(1, leftMs));
    }

    /** Or less: {@link #wake} ends it. Every caller looks at the world again afterwards. */
    private void pauseFor(long ms) {
        if (!isStopped) {
            LockSupport.parkNanos(this, ms * 1_000_000);
        }
    }
}
