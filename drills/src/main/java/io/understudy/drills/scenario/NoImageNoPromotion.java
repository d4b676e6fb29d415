package io.understudy.drills.scenario;

import io.understudy.drills.Drill;
import io.understudy.drills.DrillContext;
import io.understudy.drills.DrillException;
import io.understudy.drills.DrillResult;
import io.understudy.drills.DrillResult.Verdict;
import io.understudy.drills.process.LocalPair;
import io.understudy.drills.process.NodeReport;
import io.understudy.replication.console.ConsoleClient;
import io.understudy.replication.role.NodeState;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/**
 * Kills the primary while the backup still receives its first full copy. Promise 4 holds if the
 * backup never claims the machine, never runs it, and says why; promise 3 if the client hears
 * nobody else.
 *
 * <p>The guest rewrites a working set so large that the copy takes many times longer than the kill.
 */
public final class NoImageNoPromotion implements Drill {
    private static final long START_TIMEOUT_MS = 60_000;

    /** Many times what a backup needs to notice the loss of its primary. */
    private static final long WATCH_MS = 4_000;

    private static final int ATTEMPTS_MAX = 5;
    private static final String WORKING_SET_PAGES = "16384";

    @Override
    public String name() {
        return "no-image-no-promotion";
    }

    @Override
    public String sentence() {
        return "kill -9 of the primary during the first full copy: the backup refuses to go live";
    }

    @Override
    public DrillResult run(DrillContext context) throws DrillException, InterruptedException {
        Random random = new Random(context.seed());
        Timeline timeline = new Timeline(context.progress());
        for (int attempt = 1; attempt <= ATTEMPTS_MAX; attempt++) {
            PairReports reports = new PairReports(timeline);
            ConsoleRecorder recorder =
                    new ConsoleRecorder(timeline, Long.parseLong(WORKING_SET_PAGES));
            try (LocalPair pair =
                    LocalPair.start(
                            context.command(), options(context, attempt), random, reports)) {
                Scene scene = new Scene(context, pair, timeline, reports, recorder);
                Optional<DrillResult> result;
                try (ConsoleClient client =
                        ConsoleClient.start(pair.nodeAddresses(), 0, recorder)) {
                    result = rehearse(scene, client);
                }
                pair.end();
                if (result.isPresent()) {
                    return result.get();
                }
                timeline.add("the copy was complete before the kill; once more");
            } catch (IOException e) {
                throw new DrillException("cannot start the pair: " + e.getMessage(), e);
            }
        }
        throw new DrillException(
                "the first full copy was complete before the kill, "
                        + ATTEMPTS_MAX
                        + " times; this host is too fast for the drill");
    }

    /** Returns nothing if the kill came too late. */
    private Optional<DrillResult> rehearse(Scene scene, ConsoleClient client)
            throws DrillException, InterruptedException {
        if (!killDuringFirstCopy(scene)) {
            return Optional.empty();
        }
        long term = client.progress().term();
        Thread.sleep(WATCH_MS);
        return Optional.of(judge(scene, client.progress().term() == term));
    }

    private static LocalPair.Options options(DrillContext context, int attempt) {
        List<String> machine =
                List.of(
                        "--guest",
                        "counter",
                        "--guest-parameter",
                        "working-set-pages=" + WORKING_SET_PAGES,
                        "--guest-parameter",
                        "writes-per-line=" + WORKING_SET_PAGES,
                        "--report-every",
                        "20ms");
        return new LocalPair.Options(
                machine, List.of(), List.of(), true, context.directory(), "register-" + attempt);
    }

    /** Returns whether the kill came before the backup had a whole image. */
    private static boolean killDuringFirstCopy(Scene scene)
            throws DrillException, InterruptedException {
        LocalPair pair = scene.pair();
        PairReports reports = scene.reports();
        Preconditions.await(
                pair,
                () -> reports.has("backup", NodeState.SYNCING.name()),
                START_TIMEOUT_MS,
                "the first full copy did not begin");
        scene.timeline().add("kill -9 " + pair.primary().pid() + ", the primary");
        pair.primary().kill();
        pair.primary().awaitEnd(1_000);
        // What the backup received before the kill may still arrive; a whole image counts as such.
        return !LocalPair.await(() -> reports.has("backup", NodeState.BACKUP.name()), 250);
    }

    private DrillResult judge(Scene scene, boolean heardNobodyElse) {
        Timeline timeline = scene.timeline();
        LocalPair pair = scene.pair();
        ConsoleRecorder recorder = scene.recorder();
        List<NodeState> states =
                scene.reports().statesOf("backup").stream()
                        .filter(state -> !state.equals("starting"))
                        .map(NodeState::valueOf)
                        .toList();
        boolean refused =
                states.stream().noneMatch(state -> state.isLive() || state == NodeState.CLAIMING);
        NodeReport last = pair.backup().newest();
        boolean saysWhy = pair.backup().isAlive() && last != null && !last.detail().isEmpty();
        timeline.add("checker: the backup went through " + states);
        timeline.add(
                "checker: the backup says "
                        + (saysWhy && last != null ? "'" + last.detail() + "'" : "nothing"));
        return new DrillResult(
                name(),
                scene.context().seed(),
                Map.of(
                        3, Verdict.heldIf(heardNobodyElse && recorder.findings().isEmpty()),
                        4, Verdict.heldIf(refused && saysWhy)),
                0,
                0,
                0,
                recorder.bytes(),
                recorder.contradictedBytes(),
                timeline.entries());
    }
}
