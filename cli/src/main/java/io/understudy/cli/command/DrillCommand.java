package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.Interruption;
import io.understudy.cli.report.DrillReport;
import io.understudy.drills.Drill;
import io.understudy.drills.DrillContext;
import io.understudy.drills.DrillException;
import io.understudy.drills.DrillResult;
import io.understudy.drills.DrillResult.Verdict;
import io.understudy.drills.Drills;
import io.understudy.drills.Plant;
import io.understudy.drills.process.ChildCommand;
import java.io.PrintStream;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code understudy drill}. */
@Command(
        name = "drill",
        description = {
            "Rehearses a disaster on real processes and says which promises held.",
            "Status 1 if one was broken. 'drill list' names the drills."
        },
        mixinStandardHelpOptions = true)
public final class DrillCommand implements Callable<Integer> {
    private static final String LIST = "list";
    private static final String ALL = "all";

    @Parameters(
            arity = "1..*",
            paramLabel = "list | NAME... | all",
            description = "Which drills; 'list' names them, one a line.")
    private List<String> names = new ArrayList<>();

    @Option(
            names = "--seed",
            paramLabel = "N",
            description =
                    "Seed of the first rehearsal; the following ones count on. Default: drawn.")
    private @Nullable Long seed;

    @Option(
            names = "--repeat",
            paramLabel = "N",
            description = "Rehearsals of each drill. Default: ${DEFAULT-VALUE}.",
            defaultValue = "1")
    private int repeat = 1;

    @Option(
            names = "--plant",
            paramLabel = "FAULT",
            description =
                    "Build in a fault that a drill must find: lost-dirty-bit. Finding it is status"
                            + " 1.")
    private @Nullable String plant;

    @Option(names = "--quiet", description = "Leave the timeline out of standard error.")
    private boolean isQuiet;

    @Mixin private final JsonOption json = new JsonOption();

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
        if (names.contains(LIST)) {
            return list();
        }
        List<Drill> drills = chosen();
        if (repeat < 1) {
            throw CommandFailure.usage("--repeat " + repeat + ": must be at least 1");
        }
        Optional<Plant> planted = planted();
        json.check();
        Interruption interruption = Interruption.install();
        int status = ExitStatus.FAILED;
        try {
            List<DrillResult> results = rehearse(drills, planted, interruption);
            json.write(DrillReport.of(results));
            boolean held = results.stream().allMatch(r -> r.verdict() == Verdict.HELD);
            status = held ? ExitStatus.DONE : ExitStatus.FAILED;
            if (results.size() > 1) {
                printTotal(results);
            }
            if (!held) {
                System.err.println("understudy drill: a promise was broken");
            }
            return status;
        } finally {
            interruption.done(status);
        }
    }

    private int list() throws CommandFailure {
        if (names.size() > 1) {
            throw CommandFailure.usage("'list' stands alone");
        }
        int width = Drills.all().stream().mapToInt(d -> d.name().length()).max().orElse(0);
        for (Drill drill : Drills.all()) {
            System.out.println(
                    drill.name()
                            + " ".repeat(width - drill.name().length() + 2)
                            + drill.sentence()
                            + ".");
        }
        return ExitStatus.DONE;
    }

    private List<Drill> chosen() throws CommandFailure {
        if (names.contains(ALL)) {
            if (names.size() > 1) {
                throw CommandFailure.usage("'all' stands alone");
            }
            return Drills.all();
        }
        List<Drill> chosen = new ArrayList<>();
        for (String name : names) {
            chosen.add(
                    Drills.named(name)
                            .orElseThrow(() ->
                                    CommandFailure.usage(
                                            "no drill is named '"
                                                    + name
                                                    + "'; 'understudy drill list' names"
                                                    + " them")));
        }
        return chosen;
    }

    private Optional<Plant> planted() throws CommandFailure {
        String word = plant;
        if (word == null) {
            return Optional.empty();
        }
        return Optional.of(
                Arrays.stream(Plant.values())
                        .filter(p -> p.word().equals(word))
                        .findFirst()
                        .orElseThrow(() ->
                                CommandFailure.usage(
                                        "--plant "
                                                + word
                                                + ": no such fault; there is "
                                                + Arrays.toString(Plant.values()))));
    }

    private List<DrillResult> rehearse(
            List<Drill> drills, Optional<Plant> planted, Interruption interruption)
            throws CommandFailure, InterruptedException {
        Long given = seed;
        long first = given == null ? new SecureRandom().nextLong(1_000_000_000L) : given;
        System.err.println("first seed " + first);
        ChildCommand command = Children.command();
        List<DrillResult> results = new ArrayList<>();
        for (Drill drill : drills) {
            for (int i = 0; i < repeat && !interruption.isRequested(); i++) {
                try (RunFolder folder = RunFolder.open(null)) {
                    DrillContext context =
                            new DrillContext(
                                    command,
                                    first + i,
                                    planted,
                                    folder.path(),
                                    line -> progress(folder, line));
                    DrillResult result = drill.run(context);
                    results.add(result);
                    print(result);
                } catch (DrillException e) {
                    throw CommandFailure.failed(
                            drill.name() + " with seed " + (first + i) + ": " + e.getMessage());
                }
            }
        }
        return results;
    }

    private void progress(RunFolder folder, String line) {
        folder.log(line);
        if (!isQuiet) {
            System.err.println(line);
        }
    }

    private void print(DrillResult result) {
        StringJoiner promises = new StringJoiner(", ");
        new TreeMap<>(result.promises())
                .forEach((promise, verdict) -> {
                    if (verdict != Verdict.NOT_APPLICABLE) {
                        promises.add("promise " + promise + " " + verdict.word());
                    }
                });
        PrintStream out = json.forPeople();
        out.printf(
                Locale.ROOT,
                "%s seed %d: %s (%s)%s%n",
                result.name(),
                result.seed(),
                result.verdict().word(),
                promises,
                result.takeoverHostMs() > 0
                        ? String.format(
                                Locale.ROOT,
                                "; detection %.1f ms, takeover %.1f ms, %d epochs lost, %d bytes"
                                        + " seen",
                                result.detectionHostMs(),
                                result.takeoverHostMs(),
                                result.epochsLost(),
                                result.outputsReleased())
                        : "");
        out.flush();
    }

    private void printTotal(List<DrillResult> results) {
        long held = results.stream().filter(r -> r.verdict() == Verdict.HELD).count();
        double[] takeovers =
                results.stream()
                        .mapToDouble(DrillResult::takeoverHostMs)
                        .filter(ms -> ms > 0)
                        .sorted()
                        .toArray();
        String times =
                takeovers.length == 0
                        ? ""
                        : String.format(
                                Locale.ROOT,
                                "; takeover min %.1f ms, median %.1f ms, max %.1f ms",
                                takeovers[0],
                                takeovers[takeovers.length / 2],
                                takeovers[takeovers.length - 1]);
        json.forPeople()
                .printf(Locale.ROOT, "%d held, %d broken%s%n", held, results.size() - held, times);
    }
}
