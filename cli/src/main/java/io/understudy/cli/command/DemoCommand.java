package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.Interruption;
import io.understudy.drills.process.LocalPair;
import io.understudy.drills.process.NodeReport;
import io.understudy.drills.process.RoleProcess;
import io.understudy.hypervisor.BuiltInGuest;
import io.understudy.replication.console.ConsoleClient;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Command;

/** {@code understudy demo}. */
@Command(
        name = "demo",
        description = {
            "Shows in twenty seconds what this is for: starts a protected machine, kills its primary",
            "with SIGKILL while you read along, and counts what its console lost. Status 1 if that is",
            "anything."
        },
        mixinStandardHelpOptions = true)
public final class DemoCommand implements Callable<Integer> {
    private static final long START_TIMEOUT_MS = 60_000;
    private static final long TAKEOVER_TIMEOUT_MS = 20_000;
    private static final long PROTECTED_MS = 6_000;
    private static final long SURVIVED_MS = 6_000;
    private static final long TURN_MS = 20;

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
        Interruption interruption = Interruption.install();
        int status = ExitStatus.FAILED;
        try (RunFolder folder = RunFolder.open(null)) {
            status = show(folder, interruption);
            return status;
        } finally {
            interruption.done(status);
        }
    }

    private static int show(RunFolder folder, Interruption interruption)
            throws CommandFailure, InterruptedException {
        DemoStory story = new DemoStory(System.out, System.nanoTime());
        LocalPair.Options options =
                new LocalPair.Options(
                        List.of(
                                "--guest",
                                BuiltInGuest.COUNTER.guestName(),
                                "--guest-parameter",
                                "writes-per-line=" + DemoStory.WRITES_PER_LINE,
                                "--report-every",
                                "50ms"),
                        List.of(),
                        List.of(),
                        true,
                        folder.path(),
                        "register");
        LocalPair.Listener listener =
                new LocalPair.Listener() {
                    @Override
                    public void onReport(RoleProcess from, NodeReport report) {
                        story.reported(report);
                    }

                    @Override
                    public void onErrorLine(String role, String line) {
                        folder.log(role + ": " + line);
                    }
                };
        story.tell(
                "Three processes: a primary runs the machine, a backup follows, a witness rules.");
        try (LocalPair pair =
                LocalPair.start(Children.command(), options, new SecureRandom(), listener)) {
            for (RoleProcess process : pair.all()) {
                story.aside("%-7s  PID %d".formatted(process.name(), process.pid()));
            }
            try (ConsoleClient client = ConsoleClient.start(pair.nodeAddresses(), 0, story)) {
                if (!isShownToTheEnd(pair, story, interruption)) {
                    return ExitStatus.DONE;
                }
                pair.end();
                return story.conclude(client.progress()) ? ExitStatus.DONE : ExitStatus.FAILED;
            }
        } catch (IOException e) {
            throw CommandFailure.environment("cannot start the processes: " + e.getMessage());
        }
    }

    /** Returns whether nobody pressed Ctrl-C. */
    private static boolean isShownToTheEnd(
            LocalPair pair, DemoStory story, Interruption interruption)
            throws CommandFailure, InterruptedException {
        if (!await(
                () -> story.isProtected() && story.lines() > 0,
                START_TIMEOUT_MS,
                "the machine was not protected",
                interruption)) {
            return false;
        }
        story.tell(
                "PROTECTED: the backup has all of the machine. From here on nothing the guest says"
                        + " leaves before the backup could say it too.");
        if (interruption.await(PROTECTED_MS)) {
            return false;
        }
        RoleProcess primary = pair.primary();
        story.tell(
                "kill -9 %d: the primary is gone, in the middle of whatever it did.",
                primary.pid());
        story.beginFailover();
        primary.kill();
        if (!await(
                story::hasNewSpeaker,
                TAKEOVER_TIMEOUT_MS,
                "the backup did not take over",
                interruption)) {
            return false;
        }
        return !interruption.await(SURVIVED_MS);
    }

    private static boolean await(
            BooleanSupplier condition, long timeoutMs, String otherwise, Interruption interruption)
            throws CommandFailure, InterruptedException {
        long deadlineNs = System.nanoTime() + timeoutMs * 1_000_000;
        while (!condition.getAsBoolean()) {
            if (interruption.await(TURN_MS)) {
                return false;
            }
            if (System.nanoTime() >= deadlineNs) {
                throw CommandFailure.failed(otherwise + " within " + timeoutMs / 1000 + " s");
            }
        }
        return true;
    }
}
