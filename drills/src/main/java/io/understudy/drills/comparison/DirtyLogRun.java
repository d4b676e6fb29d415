package io.understudy.drills.comparison;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.checkpoint.capture.CaptureOptions;
import io.understudy.checkpoint.capture.CapturePolicy;
import io.understudy.checkpoint.capture.CaptureResult;
import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.capture.CheckpointCapture;
import io.understudy.checkpoint.capture.PauseTimes;
import io.understudy.checkpoint.staging.StagedPages;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.EventCounts;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.VirtualMachine;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs one guest under one dirty log, without replication: at every epoch's end the pages are
 * harvested and copied to staging as in a protected run, and the checkpoint counts as acknowledged
 * at once. With the log {@code none} nothing is captured; the epochs' ends only drop the cached
 * translations, as they do in every mode.
 */
public final class DirtyLogRun implements AutoCloseable {
    private static final PauseTimes NO_PAUSE = new PauseTimes(0, 0, 0, 0);

    private final DirtyLogPlan plan;
    private final HostClock clock;
    private final VirtualMachine machine;
    private final @Nullable CheckpointCapture capture;
    private final PageSet harvested;
    private final TranslationJudge translations;
    private final @Nullable ContentJudge content;
    private final @Nullable WireJudge wire;
    private final List<EpochCost> epochs = new ArrayList<>();
    private long pagesCopied;
    private EventCounts eventsBefore = EventCounts.NONE;

    private DirtyLogRun(DirtyLogPlan plan, HostClock clock) throws MachineSetupException {
        this.plan = plan;
        this.clock = clock;
        this.machine = VirtualMachine.boot(plan.machine(), plan.image(), clock);
        this.harvested = new PageSet(machine.layout().regions());
        this.translations = new TranslationJudge(machine);
        this.content = plan.judgesContent() ? new ContentJudge(machine, translations) : null;
        boolean isCaptured = plan.machine().dirtyLog() != DirtyLogMode.NONE;
        this.wire =
                plan.judgesContent() && isCaptured ? new WireJudge(machine.layout(), clock) : null;
        this.capture =
                isCaptured
                        ? new CheckpointCapture(
                                machine,
                                CaptureOptions.forMachine(machine.layout()),
                                CapturePolicy.SAFE,
                                clock::nowNs)
                        : null;
    }

    /**
     * Runs the plan from the machine's birth to its end.
     *
     * @param observer hears of every epoch when it has ended, for progress
     * @throws MachineSetupException if the machine cannot be built as planned
     */
    public static DirtyLogResult run(
            DirtyLogPlan plan, HostClock clock, Consumer<EpochCost> observer)
            throws MachineSetupException {
        try (DirtyLogRun run = new DirtyLogRun(plan, clock)) {
            return run.toEnd(observer);
        }
    }

    private DirtyLogResult toEnd(Consumer<EpochCost> observer) {
        // What the loader wrote belongs to the first full copy, not to an epoch.
        machine.dirtyLog().harvest(harvested);
        translations.startEpoch();
        StopCause end = StopCause.INSTRUCTIONS;
        while (end == StopCause.INSTRUCTIONS && machine.instructions() < plan.instructions()) {
            long until =
                    Math.min(
                            plan.instructions(), machine.instructions() + plan.epochInstructions());
            long beganNs = clock.nowNs();
            end = runUntil(until);
            long stoppedNs = clock.nowNs();
            PauseTimes pause = endEpoch(stoppedNs);
            HarvestContent judged = content == null ? null : content.judge(harvested);
            EventCounts now = JudgedEvents.of(machine, pagesCopied);
            EpochCost cost =
                    new EpochCost(
                            epochs.size() + 1,
                            machine.instructions(),
                            harvested.size(),
                            translations.pagesTouched(),
                            now.minus(eventsBefore),
                            stoppedNs - beganNs,
                            pause,
                            judged,
                            wire == null ? null : wire.newest());
            eventsBefore = now;
            machine.charge(plan.epochCharge().applyAsLong(cost.events()));
            epochs.add(cost);
            observer.accept(cost);
            translations.startEpoch();
        }
        return new DirtyLogResult(
                plan.machine().dirtyLog(),
                epochs,
                machine.exitsByReason(),
                eventsBefore,
                machine.stateDigest(),
                machine.virtualNs(),
                end,
                machine.exitStatus());
    }

    /** Output has no reader here and must not end an epoch. */
    private StopCause runUntil(long instruction) {
        StopCause cause = StopCause.OUTPUT;
        while (cause == StopCause.OUTPUT) {
            machine.output().release(machine.output().writtenOffset());
            cause = machine.run(instruction, Long.MAX_VALUE);
        }
        return cause;
    }

    /** Harvests; unless the machine is unprotected, also copies pages and state. */
    private PauseTimes endEpoch(long stoppedNs) {
        harvested.clear();
        if (capture == null) {
            machine.dirtyLog().harvest(harvested);
            return NO_PAUSE;
        }
        CaptureResult result = capture.capture(epochs.size() + 1L, stoppedNs);
        if (!(result instanceof CaptureResult.Captured(CapturedCheckpoint checkpoint))) {
            // Staging takes every page of the machine twice, and nobody aborts.
            throw new IllegalStateException("an epoch could not be captured: " + result);
        }
        if (wire != null) {
            wire.judge(checkpoint);
        }
        Invariant.check(checkpoint.beginRead(() -> {}), "nobody aborts a checkpoint of this run");
        StagedPages pages = checkpoint.pages();
        for (int i = 0; i < pages.size(); i++) {
            harvested.add(pages.pageId(i));
        }
        checkpoint.endRead();
        checkpoint.commit();
        pagesCopied += checkpoint.pageCount();
        return checkpoint.times();
    }

    @Override
    public void close() {
        if (capture != null) {
            capture.close();
        }
        if (content != null) {
            content.close();
        }
        if (wire != null) {
            wire.close();
        }
        machine.close();
    }
}
