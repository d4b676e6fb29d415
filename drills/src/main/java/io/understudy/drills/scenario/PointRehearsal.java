package io.understudy.drills.scenario;

import io.understudy.drills.DrillContext;
import io.understudy.drills.DrillException;
import io.understudy.drills.checker.Finding;
import io.understudy.drills.process.LocalPair;
import io.understudy.drills.process.NodeReport;
import io.understudy.drills.process.RoleProcess;
import io.understudy.drills.process.StopAtPoint.Place;
import io.understudy.replication.KillPoint;
import io.understudy.replication.console.ConsoleClient;
import io.understudy.replication.role.NodeState;
import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * One pair of which one process stops at one point, and a client that reads the console all the
 * while. Says what must follow and judges it from the client's transcript.
 */
final class PointRehearsal {
    private static final long STOP_TIMEOUT_MS = 180_000;
    private static final long SURVIVAL_TIMEOUT_MS = 20_000;

    /** Many times what a node needs to notice that it is alone. */
    private static final long WATCH_MS = 2_500;

    private static final long SETTLE_MS = 500;

    /** In four lines the guest rewrites its working set once; this many verify it several times. */
    private static final long LINES_AFTERWARDS = 25;

    private static final long WRITES_PER_LINE = 64;

    /**
     * What came of it.
     *
     * @param isTooEarly the point was passed before the pair was formed, which shows nothing
     * @param isAsExpected who should go on went on, and nobody else did
     * @param isOneStory no byte was contradicted, lost or repeated
     * @param isGuestSound the guest found no memory of another time
     * @param detectionHostMs the stop to the claim of the survivor, 0 if nobody claimed
     * @param takeoverHostMs the stop to the first new byte of the survivor, 0 if there was none
     */
    record Outcome(
            boolean isTooEarly,
            boolean isAsExpected,
            boolean isOneStory,
            boolean isGuestSound,
            double detectionHostMs,
            double takeoverHostMs,
            long epochsLost,
            long outputsReleased,
            long outputsContradicted) {
        boolean isHeld() {
            return isAsExpected && isOneStory && isGuestSound;
        }
    }

    private final DrillContext context;
    private final Timeline timeline;
    private final RandomGenerator random;
    private final String registerFile;

    /**
     * @param registerFile name of the witness's file, of this rehearsal alone
     */
    PointRehearsal(
            DrillContext context, Timeline timeline, RandomGenerator random, String registerFile) {
        this.context = context;
        this.timeline = timeline;
        this.random = random;
        this.registerFile = registerFile;
    }

    /** The primary dies at the place; whether the backup takes over depends on it. */
    Outcome killPrimary(Place place) throws DrillException, InterruptedException {
        boolean isNamed = place.point() != KillPoint.BEFORE_PAIR;
        return run(
                place,
                List.of("--kill-point", place.toString()),
                List.of(),
                scene -> {
                    awaitStop(scene, scene.pair().primary(), List.of(scene.pair().backup()));
                    return isTooEarly(scene, place)
                            || (isNamed ? backupGoesOn(scene) : nobodyGoesOn(scene));
                });
    }

    /**
     * The primary stands still, and the backup dies at the place, on its way to the machine. The
     * primary goes on: it keeps the machine if the backup had not won it, and is silent if it had.
     */
    Outcome killBackup(Place place, Place pause) throws DrillException, InterruptedException {
        return run(
                pause,
                List.of("--stop-point", pause.toString()),
                List.of("--kill-point", place.toString()),
                scene -> {
                    awaitPause(scene, pause);
                    if (isTooEarly(scene, pause)) {
                        return false;
                    }
                    awaitStop(scene, scene.pair().backup(), List.of());
                    long before = scene.recorder().lines();
                    goOn(scene);
                    return place.point() == KillPoint.BEFORE_PROMOTE
                            ? survives(
                                    scene,
                                    () -> scene.recorder().lines() >= before + LINES_AFTERWARDS,
                                    "the primary did not go on")
                            : isFenced(scene) && nobodyGoesOn(scene);
                });
    }

    /** The primary stands still at the place until it was replaced, and then goes on. */
    Outcome stopPrimary(Place place) throws DrillException, InterruptedException {
        return run(
                place,
                List.of("--stop-point", place.toString()),
                List.of(),
                scene -> {
                    awaitPause(scene, place);
                    if (isTooEarly(scene, place)) {
                        return false;
                    }
                    boolean tookOver = backupGoesOn(scene);
                    goOn(scene);
                    return tookOver && isFenced(scene) && backupGoesOn(scene);
                });
    }

    /** Breaks something and returns whether the right one went on. */
    private interface Deed {
        boolean on(Scene scene) throws DrillException, InterruptedException;
    }

    private Outcome run(Place ofPrimary, List<String> forPrimary, List<String> forBackup, Deed deed)
            throws DrillException, InterruptedException {
        PairReports reports = new PairReports(timeline);
        ConsoleRecorder recorder = new ConsoleRecorder(timeline, WRITES_PER_LINE);
        LocalPair.Options options =
                new LocalPair.Options(
                        List.of(
                                "--guest",
                                "counter",
                                "--guest-parameter",
                                "writes-per-line=" + WRITES_PER_LINE,
                                "--report-every",
                                "20ms"),
                        forPrimary,
                        forBackup,
                        true,
                        context.directory(),
                        registerFile);
        try (LocalPair pair = LocalPair.start(context.command(), options, random, reports)) {
            Scene scene = new Scene(context, pair, timeline, reports, recorder);
            Outcome outcome;
            try (ConsoleClient _ = ConsoleClient.start(pair.nodeAddresses(), 0, recorder)) {
                boolean isAsExpected = deed.on(scene);
                outcome = judge(scene, isTooEarly(scene, ofPrimary), isAsExpected);
            }
            pair.end();
            return outcome;
        } catch (IOException e) {
            throw new DrillException("cannot start the pair: " + e.getMessage(), e);
        }
    }

    /** Waits until the primary stands still. */
    private static void awaitPause(Scene scene, Place place)
            throws DrillException, InterruptedException {
        boolean isOver =
                LocalPair.await(() -> scene.reports().stoppedNs("primary") > 0, STOP_TIMEOUT_MS);
        Preconditions.requireAlive(List.of(scene.pair().primary(), scene.pair().witness()));
        if (!isOver) {
            throw new DrillException("the primary did not reach " + place);
        }
    }

    /** Waits until a process has killed itself, while others live. */
    private static void awaitStop(Scene scene, RoleProcess who, List<RoleProcess> others)
            throws DrillException, InterruptedException {
        boolean isOver = LocalPair.await(() -> !who.isAlive(), STOP_TIMEOUT_MS);
        Preconditions.requireAlive(others);
        Preconditions.requireAlive(List.of(scene.pair().witness()));
        if (!isOver) {
            throw new DrillException("the " + who.name() + " did not reach its kill point");
        }
        // What it said last may still be in the pipe.
        who.awaitEnd(SURVIVAL_TIMEOUT_MS);
        if (scene.reports().stoppedNs(who.name()) == 0) {
            Preconditions.requireAlive(List.of(who));
        }
    }

    private void goOn(Scene scene) throws DrillException {
        timeline.add("kill -CONT " + scene.pair().primary().pid() + ", the primary");
        try {
            scene.pair().primary().goOn();
        } catch (IOException e) {
            throw new DrillException(String.valueOf(e.getMessage()), e);
        }
    }

    private boolean backupGoesOn(Scene scene) throws InterruptedException {
        long before = scene.recorder().lines();
        return survives(
                scene,
                () ->
                        scene.reports().has("backup", NodeState.SOLO.name())
                                && scene.recorder().lines() >= before + LINES_AFTERWARDS,
                "the backup did not go on");
    }

    private boolean survives(Scene scene, BooleanSupplier condition, String otherwise)
            throws InterruptedException {
        boolean isSo =
                LocalPair.await(
                        () -> condition.getAsBoolean() || scene.recorder().hasEnded(),
                        SURVIVAL_TIMEOUT_MS);
        if (!isSo) {
            timeline.add(
                    "checker: %s within %d s".formatted(otherwise, SURVIVAL_TIMEOUT_MS / 1000));
        }
        return isSo;
    }

    private boolean isFenced(Scene scene) throws InterruptedException {
        return survives(
                scene,
                () -> scene.reports().has("primary", NodeState.STANDBY.name()),
                "the old primary was not fenced");
    }

    /** The machine is lost, and that is the right answer: whoever spoke now would make it up. */
    private boolean nobodyGoesOn(Scene scene) throws InterruptedException {
        // What was let out before may still be on its way to the client.
        Thread.sleep(SETTLE_MS);
        long said = scene.recorder().bytes();
        Thread.sleep(WATCH_MS);
        boolean isSilent =
                scene.recorder().bytes() == said
                        && !scene.reports().has("backup", NodeState.SOLO.name());
        timeline.add("checker: " + (isSilent ? "nobody speaks" : "somebody speaks"));
        return isSilent;
    }

    /** Pairing happens when it does; anything else is wanted under protection. */
    private static boolean isTooEarly(Scene scene, Place place) {
        boolean isOfPairing =
                place.point() == KillPoint.BEFORE_PAIR || place.point() == KillPoint.AFTER_PAIR;
        return !isOfPairing && !scene.reports().has("primary", NodeState.PAIRED.name());
    }

    private Outcome judge(Scene scene, boolean isTooEarly, boolean isAsExpected) {
        ConsoleRecorder recorder = scene.recorder();
        List<Finding> findings = recorder.findings();
        findings.forEach(f -> timeline.add("checker: " + f.kind() + " " + f.text()));
        long stoppedNs = scene.reports().stoppedNs("primary");
        NodeReport last = scene.pair().primary().newest();
        NodeReport survivor = scene.pair().backup().newest();
        long lost =
                last == null || survivor == null || recorder.takeoverNs() == 0
                        ? 0
                        : Math.max(0, last.epoch() - survivor.committedEpoch());
        return new Outcome(
                isTooEarly,
                isAsExpected,
                findings.stream().allMatch(f -> f.kind() == Finding.Kind.GUEST_ERROR),
                findings.stream().noneMatch(f -> f.kind() == Finding.Kind.GUEST_ERROR),
                sinceMs(
                        stoppedNs,
                        scene.reports().firstNs("backup", NodeState.CLAIMING.name(), stoppedNs)),
                sinceMs(stoppedNs, recorder.takeoverNs()),
                lost,
                recorder.bytes(),
                recorder.contradictedBytes());
    }

    private static double sinceMs(long fromNs, long untilNs) {
        return fromNs == 0 || untilNs == 0 ? 0 : Math.max(0, (untilNs - fromNs) / 1e6);
    }
}
