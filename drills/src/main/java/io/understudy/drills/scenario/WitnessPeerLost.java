package io.understudy.drills.scenario;

import io.understudy.drills.Drill;
import io.understudy.drills.DrillContext;
import io.understudy.drills.DrillException;
import io.understudy.drills.DrillResult;
import io.understudy.drills.DrillResult.Verdict;
import io.understudy.drills.checker.Finding;
import io.understudy.drills.process.LocalPair;
import io.understudy.drills.process.NodeReport;
import io.understudy.drills.process.WitnessPeers;
import io.understudy.replication.console.ConsoleClient;
import io.understudy.replication.role.NodeState;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Does something to peers of a witness of three while a protected pair runs, then kills the
 * primary. With a majority of the peers the backup goes on and promises 1, 2, 3 and 6 hold as in
 * {@link KillPrimary}; without one it must not: promise 3 holds if it never runs the machine.
 */
public final class WitnessPeerLost implements Drill {
    /** What befalls the peers. */
    public enum Loss {
        KILLED(
                "witness-peer-killed",
                "kill -9 of one of three witness peers, then of the primary: the backup goes on"),
        RESTARTED(
                "witness-peer-restarted",
                "kill -9 and restart of each witness peer in turn, then kill -9 of the primary"),
        WIPED(
                "witness-peer-wiped",
                "a witness peer loses its folder and joins anew, another one and the primary die"),
        MAJORITY_WIPED(
                "witness-majority-wiped",
                "two of three witness peers lose their folders, the primary dies: nobody goes on");

        private final String drill;
        private final String sentence;

        Loss(String drill, String sentence) {
            this.drill = drill;
            this.sentence = sentence;
        }
    }

    private static final long START_TIMEOUT_MS = 90_000;
    private static final long TAKEOVER_TIMEOUT_MS = 30_000;

    /** Many times what a backup needs to notice the loss of its primary and to ask. */
    private static final long WATCH_MS = 5_000;

    private static final long LINES_AFTER_TAKEOVER = 25;
    private static final long WRITES_PER_LINE = 64;

    private final Loss loss;

    public WitnessPeerLost(Loss loss) {
        this.loss = loss;
    }

    @Override
    public String name() {
        return loss.drill;
    }

    @Override
    public String sentence() {
        return loss.sentence;
    }

    @Override
    public DrillResult run(DrillContext context) throws DrillException, InterruptedException {
        Random random = new Random(context.seed());
        Timeline timeline = new Timeline(context.progress());
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
                        List.of(),
                        List.of(),
                        true,
                        context.directory(),
                        "unused");
        try (WitnessPeers peers =
                new WitnessPeers(
                        context.command(), context.directory(), random, (name, report) -> {})) {
            peers.found();
            awaitMembers(peers, timeline);
            try (LocalPair pair =
                            LocalPair.start(
                                    context.command(),
                                    options,
                                    peers.addresses(),
                                    random,
                                    reports);
                    ConsoleClient _ = ConsoleClient.start(pair.nodeAddresses(), 0, recorder)) {
                Scene scene = new Scene(context, pair, timeline, reports, recorder);
                return rehearse(scene, peers, random);
            }
        } catch (IOException e) {
            throw new DrillException("cannot start the processes: " + e.getMessage(), e);
        }
    }

    private DrillResult rehearse(Scene scene, WitnessPeers peers, Random random)
            throws DrillException, IOException, InterruptedException {
        ConsoleRecorder recorder = scene.recorder();
        Preconditions.awaitProtection(scene, START_TIMEOUT_MS);
        List<String> names = new ArrayList<>(WitnessPeers.NAMES);
        Collections.shuffle(names, random);
        lose(names, peers, scene.timeline());
        Preconditions.requireAlive(scene.pair().all());
        if (loss != Loss.MAJORITY_WIPED) {
            Preconditions.awaitProtection(scene, START_TIMEOUT_MS);
        }
        NodeReport last = scene.pair().primary().newest();
        scene.timeline().add("kill -9 " + scene.pair().primary().pid() + ", the primary");
        long killNs = System.nanoTime();
        scene.pair().primary().kill();
        if (loss == Loss.MAJORITY_WIPED) {
            Thread.sleep(WATCH_MS);
            return judgeSilence(scene);
        }
        boolean tookOver =
                LocalPair.await(
                        () ->
                                recorder.linesSinceTakeover() >= LINES_AFTER_TAKEOVER
                                        || recorder.hasEnded(),
                        TAKEOVER_TIMEOUT_MS);
        return judgeTakeover(scene, last == null ? 0 : last.epoch(), killNs, tookOver);
    }

    private void lose(List<String> names, WitnessPeers peers, Timeline timeline)
            throws DrillException, IOException, InterruptedException {
        String first = names.get(0);
        switch (loss) {
            case KILLED -> kill(first, peers, timeline);
            case RESTARTED -> {
                for (String name : names) {
                    kill(name, peers, timeline);
                    peers.start(name, List.of());
                    awaitMembers(peers, timeline);
                }
            }
            case WIPED -> {
                wipe(first, peers, timeline);
                peers.start(first, List.of("--join"));
                awaitMembers(peers, timeline);
                kill(names.get(1), peers, timeline);
            }
            case MAJORITY_WIPED -> {
                for (String name : names.subList(0, 2)) {
                    wipe(name, peers, timeline);
                }
                for (String name : names.subList(0, 2)) {
                    peers.start(name, List.of("--join"));
                }
                timeline.add("witness peers " + names.subList(0, 2) + " are told to join");
            }
        }
    }

    private static void kill(String name, WitnessPeers peers, Timeline timeline)
            throws InterruptedException {
        timeline.add("kill -9 " + peers.process(name).pid() + ", witness peer " + name);
        peers.kill(name);
    }

    private static void wipe(String name, WitnessPeers peers, Timeline timeline)
            throws IOException, InterruptedException {
        kill(name, peers, timeline);
        peers.wipe(name);
        timeline.add("witness peer " + name + " has lost its folder");
    }

    private static void awaitMembers(WitnessPeers peers, Timeline timeline)
            throws DrillException, InterruptedException {
        boolean areMembers =
                LocalPair.await(
                        () -> WitnessPeers.NAMES.stream().allMatch(peers::isMember),
                        START_TIMEOUT_MS);
        for (String name : WitnessPeers.NAMES) {
            timeline.add("witness " + name + ": " + peers.status(name));
        }
        if (!areMembers) {
            throw new DrillException(
                    "the witness peers did not become members within "
                            + START_TIMEOUT_MS / 1000
                            + " s");
        }
    }

    private DrillResult judgeTakeover(Scene scene, long lastEpoch, long killNs, boolean tookOver) {
        ConsoleRecorder recorder = scene.recorder();
        List<Finding> findings = recorder.findings();
        findings.forEach(f -> scene.timeline().add("checker: " + f.kind() + " " + f.text()));
        if (!tookOver) {
            scene.timeline()
                    .add("checker: no takeover within " + TAKEOVER_TIMEOUT_MS / 1000 + " s");
        }
        boolean guestIsSound =
                findings.stream().noneMatch(f -> f.kind() == Finding.Kind.GUEST_ERROR);
        boolean isOneStory = findings.stream().allMatch(f -> f.kind() == Finding.Kind.GUEST_ERROR);
        long claimNs = scene.reports().firstNs("backup", NodeState.CLAIMING.name(), killNs);
        NodeReport survivor = scene.pair().backup().newest();
        return result(
                scene,
                Map.of(
                        1, Verdict.heldIf(tookOver && isOneStory),
                        2, Verdict.heldIf(tookOver && guestIsSound),
                        3, Verdict.heldIf(tookOver && isOneStory),
                        6, Verdict.heldIf(tookOver && guestIsSound)),
                claimNs == 0 ? 0 : (claimNs - killNs) / 1e6,
                recorder.takeoverNs() == 0 ? 0 : (recorder.takeoverNs() - killNs) / 1e6,
                Math.max(0, lastEpoch - (survivor == null ? 0 : survivor.committedEpoch())));
    }

    /** The backup asked, was answered by nobody, and stayed what it was. */
    private DrillResult judgeSilence(Scene scene) {
        List<String> states = scene.reports().statesOf("backup");
        boolean asked = states.contains(NodeState.CLAIMING.name());
        boolean wentLive =
                states.stream()
                        .filter(state -> !state.equals("starting"))
                        .anyMatch(state -> NodeState.valueOf(state).isLive());
        scene.timeline().add("checker: the backup went through " + states);
        boolean held = asked && !wentLive && scene.recorder().findings().isEmpty();
        return result(scene, Map.of(3, Verdict.heldIf(held)), 0, 0, 0);
    }

    private DrillResult result(
            Scene scene,
            Map<Integer, Verdict> promises,
            double detectionHostMs,
            double takeoverHostMs,
            long epochsLost) {
        return new DrillResult(
                name(),
                scene.context().seed(),
                promises,
                detectionHostMs,
                takeoverHostMs,
                epochsLost,
                scene.recorder().bytes(),
                scene.recorder().contradictedBytes(),
                scene.timeline().entries());
    }
}
