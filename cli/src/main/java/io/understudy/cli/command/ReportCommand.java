package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.option.HostDuration;
import io.understudy.cli.report.ComparisonPage;
import io.understudy.cli.report.ComparisonReport;
import io.understudy.cli.report.ComparisonReport.Subject;
import io.understudy.cli.report.ComparisonText;
import io.understudy.cli.report.CostComparison;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.cli.status.Terminal;
import io.understudy.drills.comparison.ComparisonResult;
import io.understudy.drills.comparison.DirtyLogComparison;
import io.understudy.drills.comparison.DirtyLogPlan;
import io.understudy.drills.cost.ChargedExperiment;
import io.understudy.drills.cost.CostLevel;
import io.understudy.drills.cost.CostTable;
import io.understudy.hypervisor.BuiltInGuest;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.SystemHostClock;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code understudy report}. */
@Command(
        name = "report",
        description = {
            "Runs one guest under every dirty log and unprotected, to the same instruction, and"
                    + " compares.",
            "Status 1 if the runs did not end in the same state."
        },
        mixinStandardHelpOptions = true)
public final class ReportCommand implements Callable<Integer> {
    private static final long EPOCH_INSTRUCTIONS_MIN = 1_000;

    @Mixin private final GuestOptions guest = new GuestOptions(BuiltInGuest.DIRTIER);
    @Mixin private final CostsOption costs = new CostsOption();
    @Mixin private final JsonOption json = new JsonOption();

    @Option(
            names = "--for",
            paramLabel = "DURATION",
            description = "Host time of each run. Default: ${DEFAULT-VALUE}.",
            defaultValue = "10s")
    private HostDuration duration = new HostDuration(10_000_000_000L);

    @Option(
            names = "--epoch-instructions",
            paramLabel = "N",
            description =
                    "Guest instructions of an epoch. Default: 2500000, 25 ms of a busy guest.",
            defaultValue = "2500000")
    private long epochInstructions;

    @Option(
            names = "--print-costs",
            description = "Print the built-in prices as a file for --costs, and end.")
    private boolean printsCosts;

    @Option(
            names = "--charge-exits",
            paramLabel = "PRICES",
            description = {
                "Also run with every exit, assist and pause charged to virtual time, at",
                "${COMPLETION-CANDIDATES} prices: does the ranking survive the feedback?"
            })
    private @Nullable CostLevel charged;

    @Option(
            names = "--out",
            paramLabel = "FILE",
            description = "Also write the result as a page with drawings, such as report.html.")
    private @Nullable Path page;

    @Override
    public Integer call() throws CommandFailure {
        if (printsCosts) {
            System.out.print(CostTable.builtInText());
            return ExitStatus.DONE;
        }
        if (epochInstructions < EPOCH_INSTRUCTIONS_MIN) {
            throw CommandFailure.usage(
                    "--epoch-instructions "
                            + epochInstructions
                            + ": must be at least "
                            + EPOCH_INSTRUCTIONS_MIN);
        }
        json.check();
        checkPage();
        CostTable table = costs.table();
        ComparisonReport report = compare(table);
        ComparisonText.lines(report).forEach(json.forPeople()::println);
        json.forPeople().flush();
        json.write(report);
        writePage(report);
        if (!report.findings().isEmpty()) {
            throw CommandFailure.failed(report.findings().getFirst());
        }
        return ExitStatus.DONE;
    }

    private void checkPage() throws CommandFailure {
        Path file = page;
        if (file != null) {
            Path folder = file.toAbsolutePath().getParent();
            if (Files.isDirectory(file) || folder == null || !Files.isWritable(folder)) {
                throw CommandFailure.environment("--out " + file + ": cannot be written");
            }
        }
    }

    private void writePage(ComparisonReport report) throws CommandFailure {
        Path file = page;
        if (file == null) {
            return;
        }
        try {
            Files.writeString(file, ComparisonPage.of(report));
        } catch (IOException e) {
            throw CommandFailure.environment("--out " + file + ": cannot be written, " + e);
        }
    }

    private ComparisonReport compare(CostTable table) throws CommandFailure {
        DirtyLogPlan plan =
                new DirtyLogPlan(
                        guest.config().withRunMode(RunMode.FREE),
                        guest.image(),
                        epochInstructions,
                        epochInstructions,
                        false);
        StatusDisplay display =
                new StatusDisplay(System.err, Terminal.isTerminal(2), Terminal.columns());
        SystemHostClock clock = new SystemHostClock();
        DirtyLogComparison comparison =
                new DirtyLogComparison(
                        plan,
                        clock,
                        (round, mode, done) ->
                                display.status(progress(round, mode, done), clock.nowNs()));
        try {
            ComparisonResult result = comparison.run(guest.possibleModes(), duration.ns());
            CostComparison costs = CostComparison.of(result, table);
            ChargedExperiment experiment = null;
            CostLevel level = charged;
            if (level != null) {
                experiment =
                        costs.charged(
                                plan,
                                level,
                                clock,
                                mode ->
                                        display.status(
                                                "charged | " + mode.optionName(), clock.nowNs()));
            }
            Subject subject = new Subject(guest.name(), guest.parameters(), guest.memory().bytes());
            return ComparisonReport.of(subject, result, costs, experiment);
        } catch (MachineSetupException e) {
            throw guest.failure(e);
        } finally {
            display.clear();
        }
    }

    private static String progress(int round, DirtyLogMode mode, double done) {
        return String.format(
                Locale.ROOT,
                "%s | %-16s | %3.0f %%",
                round == 0 ? "rehearsal" : "round " + round,
                mode.optionName(),
                100 * done);
    }
}
