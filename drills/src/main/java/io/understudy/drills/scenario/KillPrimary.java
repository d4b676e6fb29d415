package io.understudy.drills.scenario;

import io.understudy.drills.Drill;
import io.understudy.drills.DrillContext;
import io.understudy.drills.DrillException;
import io.understudy.drills.DrillResult;
import io.understudy.drills.DrillResult.Verdict;
import io.understudy.drills.Plant;
import io.understudy.drills.checker.Finding;
import io.understudy.drills.process.LocalPair;
import io.understudy.drills.process.NodeReport;
import io.understudy.replication.console.ConsoleClient;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Kills the primary of a protected pair with SIGKILL at a random moment while a client reads the
 * console, and judges from the client's transcript.
 *
 * <p>Promises 1 and 3 hold if no byte was contradicted, lost or repeated. Promises 2 and 6 hold if
 * the guest, which verifies its whole working set every few lines, goes on without finding memory
 * of another time. Promise 4 is put to the test by {@link NoImageNoPromotion}, 5 and 7 not at all.
 */
public final class KillPrimary implements Drill {
    private static final long START_TIMEOUT_MS = 60_000;
    private static final long TAKEOVER_TIMEOUT_MS = 20_000;

    /** The kill comes this long after the client saw protected output. */
    private static final int KILL_DELAY_MIN_MS = 100;

    private static final int KILL_DELAY_MAX_MS = 1_100;

    /** In four lines the guest rewrites its working set once; this many verify it several times. */
    private static final long LINES_AFTER_TAKEOVER = 25;

    private static final long WRITES_PER_LINE = 64;

    @Override
    public String name() {
        return "kill-primary";
    }

    @Override
    public String sentence() {
        return "kill -9 of the primary while a client reads the console: no line is lost or repeated";
    }

    @Override
    public DrillResult run(DrillContext context) throws DrillException, InterruptedException {
        Random random = new Random(context.seed());
        Timeline timeline = new Timeline(context.progress());
        PairReports reports = new PairReports(timeline);
        ConsoleRecorder recorder = new ConsoleRecorder(timeline, WRITES_PER_LINE);
        int delayMs = random.nextInt(KILL_DELAY_MIN_MS, KILL_DELAY_MAX_MS);
        LocalPair.Options options =
                new LocalPair.Options(
                        machineArguments(context),
                        List.of(),
                        List.of(),
                        true,
                        context.directory(),
                        "register");
        try (LocalPair pair = LocalPair.start(context.command(), options, random, reports)) {
            Scene scene = new Scene(context, pair, timeline, reports, recorder);
            DrillResult result;
            try (ConsoleClient client = ConsoleClient.start(pair.nodeAddresses(), 0, recorder)) {
                result = rehearse(scene, client, delayMs);
            }
            pair.end();
            return result;
        } catch (IOException e) {
            throw new DrillException("cannot start the pair: " + e.getMessage(), e);
        }
    }

    private DrillResult rehearse(Scene scene, ConsoleClient client, int delayMs)
            throws DrillException, InterruptedException {
        ConsoleRecorder recorder = scene.recorder();
        Preconditions.awaitProtection(scene, START_TIMEOUT_MS);
        Thread.sleep(delayMs);
        Preconditions.awaitProtection(scene, START_TIMEOUT_MS);
        NodeReport last = lastReport(scene.pair());
        scene.timeline().add("kill -9 " + scene.pair().primary().pid() + ", the primary");
        long killNs = System.nanoTime();
        scene.pair().primary().kill();
        boolean tookOver =
                LocalPair.await(
                        () ->
                                recorder.linesSinceTakeover() >= LINES_AFTER_TAKEOVER
                                        || recorder.hasEnded(),
                        TAKEOVER_TIMEOUT_MS);
        scene.timeline()
                .add(
                        "client: "
                                + recorder.lines()
                                + " lines, "
                                + client.progress().duplicates()
                                + " bytes offered twice and equal");
        return judge(scene, last, killNs, tookOver);
    }

    private static List<String> machineArguments(DrillContext context) {
        List<String> arguments =
                new ArrayList<>(
                        List.of(
                                "--guest",
                                "counter",
                                "--guest-parameter",
                                "writes-per-line=" + WRITES_PER_LINE,
                                "--report-every",
                                "20ms"));
        for (Plant plant : context.plant().stream().toList()) {
            arguments.addAll(List.of("--plant", plant.word()));
        }
        return arguments;
    }

    private static NodeReport lastReport(LocalPair pair) throws DrillException {
        NodeReport report = pair.primary().newest();
        if (report == null || !pair.primary().isAlive()) {
            throw new DrillException("the primary ended before it could be killed");
        }
        return report;
    }

    private DrillResult judge(
            Scene scene, NodeReport lastOfPrimary, long killNs, boolean tookOver) {
        Timeline timeline = scene.timeline();
        ConsoleRecorder recorder = scene.recorder();
        List<Finding> findings = recorder.findings();
        findings.forEach(f -> timeline.add("checker: " + f.kind() + " " + f.text()));
        if (!tookOver) {
            timeline.add("checker: no takeover within " + TAKEOVER_TIMEOUT_MS / 1000 + " s");
        }
        boolean guestIsSound = !hasKind(findings, Finding.Kind.GUEST_ERROR);
        boolean isOneStory = findings.stream().allMatch(f -> f.kind() == Finding.Kind.GUEST_ERROR);
        long claimNs = scene.reports().firstNs("backup", "CLAIMING", killNs);
        NodeReport survivor = scene.pair().backup().newest();
        long promoted = survivor == null ? 0 : survivor.committedEpoch();
        Map<Integer, Verdict> promises =
                Map.of(
                        1, Verdict.heldIf(tookOver && isOneStory),
                        2, Verdict.heldIf(tookOver && guestIsSound),
                        3, Verdict.heldIf(tookOver && isOneStory),
                        6, Verdict.heldIf(tookOver && guestIsSound));
        return new DrillResult(
                name(),
                scene.context().seed(),
                promises,
                claimNs == 0 ? 0 : (claimNs - killNs) / 1e6,
                recorder.takeoverNs() == 0 ? 0 : (recorder.takeoverNs() - killNs) / 1e6,
                Math.max(0, lastOfPrimary.epoch() - promoted),
                recorder.bytes(),
                recorder.contradictedBytes(),
                timeline.entries());
    }

    private static boolean hasKind(List<Finding> findings, Finding.Kind kind) {
        return findings.stream().anyMatch(f -> f.kind() == kind);
    }
}
