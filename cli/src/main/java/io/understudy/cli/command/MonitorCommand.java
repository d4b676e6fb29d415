package io.understudy.cli.command;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.cli.CommandFailure;
import io.understudy.cli.Interruption;
import io.understudy.cli.activity.MonitorReport;
import io.understudy.cli.activity.TerminalHeatMap;
import io.understudy.cli.option.HostDuration;
import io.understudy.cli.status.Terminal;
import io.understudy.drills.monitoring.MonitorPlan;
import io.understudy.drills.monitoring.MonitorResult;
import io.understudy.drills.monitoring.MonitorRun;
import io.understudy.drills.monitoring.MonitoredInterval;
import io.understudy.hypervisor.BuiltInGuest;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.monitor.Granularity;
import io.understudy.hypervisor.monitor.MonitorOptions;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code understudy monitor}. */
@Command(
        name = "monitor",
        description = {
            "Shows which memory a guest uses, live, by the accessed and dirty flags of EPT.",
            "The same guest runs a second time with its cached translations kept, to show what a"
                    + " scan without INVEPT misses."
        },
        mixinStandardHelpOptions = true)
public final class MonitorCommand implements Callable<Integer> {
    private static final HostDuration INTERVAL_MAX_DEFAULT = new HostDuration(1_000_000_000L);
    private static final long INTERVAL_MIN_NS = 1_000_000;
    private static final int INTERVALS_DEFAULT_MIN = 3;

    @Mixin
    private final GuestOptions guest =
            new GuestOptions(
                    BuiltInGuest.DIRTIER,
                    Map.of("pattern", "hot-cold", "read-set", "32M", "writes-per-second", "20000"));

    @Mixin private final ActivityFiles files = new ActivityFiles();
    @Mixin private final TimedRun timed = new TimedRun();

    @Option(
            names = "--interval",
            paramLabel = "DURATION",
            description = "From one scan to the next. Default: 1s, or a third of --for if less.")
    private @Nullable HostDuration interval;

    @Option(
            names = "--leaf",
            paramLabel = "SIZE",
            description = "Size of the mappings: 4K, 2M or 1G. Default: ${DEFAULT-VALUE}.",
            defaultValue = "4K")
    private String leaf = "4K";

    @Option(
            names = "--no-comparison",
            description = "Run the guest once only, with all the time there is.")
    private boolean isAlone;

    @Override
    public Integer call() throws CommandFailure {
        timed.json().check();
        files.check();
        MonitorPlan plan = plan();
        return timed.carryOut(interruption -> run(plan, interruption));
    }

    private MonitorPlan plan() throws CommandFailure {
        Granularity granularity =
                Granularity.of(leaf)
                        .orElseThrow(() ->
                                CommandFailure.usage(
                                        "--leaf " + leaf + ": there are 4K, 2M and 1G"));
        long intervalNs = intervalNs();
        if (timed.duration().ns() / intervalNs > MonitorPlan.INTERVALS_MAX) {
            throw CommandFailure.usage(
                    "--for "
                            + timed.duration()
                            + " with --interval "
                            + new HostDuration(intervalNs)
                            + ": more than "
                            + MonitorPlan.INTERVALS_MAX
                            + " intervals; give a longer --interval");
        }
        return new MonitorPlan(
                guest.config().withDirtyLog(DirtyLogMode.NONE),
                guest.image(),
                MonitorOptions.DEFAULT.withGranularity(granularity),
                intervalNs,
                timed.duration().ns(),
                !isAlone);
    }

    private long intervalNs() throws CommandFailure {
        HostDuration given = interval;
        if (given == null) {
            return Math.max(
                    INTERVAL_MIN_NS,
                    Math.min(
                            INTERVAL_MAX_DEFAULT.ns(),
                            timed.duration().ns() / INTERVALS_DEFAULT_MIN));
        }
        if (given.ns() < INTERVAL_MIN_NS) {
            throw CommandFailure.usage(
                    "--interval " + given + ": shorter than 1ms, a scan would never end");
        }
        if (given.ns() > timed.duration().ns()) {
            throw CommandFailure.usage(
                    "--interval "
                            + given
                            + ": longer than the whole run, --for "
                            + timed.duration());
        }
        return given.ns();
    }

    private void run(MonitorPlan plan, Interruption interruption) throws CommandFailure {
        TerminalHeatMap map = new TerminalHeatMap(Terminal.isTerminal(2), Terminal.columns());
        Live live = new Live(map, plan);
        MonitorResult result;
        try {
            result =
                    MonitorRun.run(
                            plan,
                            new SystemHostClock(),
                            () -> live.isOver(interruption),
                            live::show);
        } catch (MachineSetupException e) {
            throw guest.failure(e);
        }
        live.rethrow();
        MonitorReport report = report(plan, result.intervals());
        summarise(report, result);
        files.write(report);
        timed.json().write(report);
        if (result.end() == StopCause.DEAD) {
            throw CommandFailure.failed(result.exitStatus());
        }
        if (report.intervals().isEmpty() && !interruption.isRequested()) {
            throw CommandFailure.failed(
                    "no interval was completed within --for " + timed.duration());
        }
    }

    private MonitorReport report(MonitorPlan plan, List<MonitoredInterval> intervals) {
        return MonitorReport.of(
                guest.name(),
                guest.memory().bytes(),
                plan.options().granularity().optionName(),
                plan.intervalHostNs() / 1e6,
                intervals);
    }

    private void summarise(MonitorReport report, MonitorResult result) {
        PrintStream out = timed.json().forPeople();
        out.printf(
                Locale.ROOT,
                "%d intervals of %s in mappings of %s%n",
                report.intervals().size(),
                new HostDuration((long) (report.intervalHostMs() * 1e6)),
                report.granularity());
        double scanUs =
                report.intervals().stream()
                        .mapToDouble(MonitorReport.Interval::scanHostUs)
                        .average()
                        .orElse(0);
        double leaves =
                report.intervals().stream()
                        .mapToLong(MonitorReport.Interval::leavesRead)
                        .average()
                        .orElse(0);
        out.printf(
                Locale.ROOT,
                "a scan takes %.0f us of host time, reads %.0f leaves%n",
                scanUs,
                leaves);
        say(out, "working set, translations dropped (INVEPT):", report.error());
        say(out, "working set, translations kept:            ", report.errorWithoutInvalidation());
        if (result.end() != StopCause.DEADLINE) {
            out.println("the guest ended: " + result.exitStatus());
        }
        out.flush();
    }

    private static void say(PrintStream out, String what, MonitorReport.@Nullable Deviation error) {
        if (error != null) {
            out.printf(
                    Locale.ROOT,
                    "%s off by %+.2f %% on average, %+.2f %% at worst%n",
                    what,
                    error.meanPercent(),
                    error.worstPercent());
        }
    }

    /** Shows intervals as they come. A file that cannot be written ends the run. */
    private final class Live {
        private final TerminalHeatMap map;
        private final MonitorPlan plan;
        private final ActivityFiles.Live live = files.live(guest.name());
        private final List<MonitoredInterval> intervals = new ArrayList<>();
        private double seconds;
        private @Nullable CommandFailure failure;

        Live(TerminalHeatMap map, MonitorPlan plan) {
            this.map = map;
            this.plan = plan;
        }

        boolean isOver(Interruption interruption) {
            return failure != null || interruption.isRequested();
        }

        void show(MonitoredInterval interval) {
            MonitorReport.Interval shown = MonitorReport.Interval.of(interval);
            seconds += shown.lengthHostMs() / 1e3;
            intervals.add(interval);
            try {
                live.show(shown, () -> report(plan, intervals));
            } catch (CommandFailure e) {
                failure = e;
            }
            if (intervals.size() == 1) {
                System.err.println(map.legend(guest.memory().bytes()));
            }
            System.err.println(map.line(seconds, shown));
        }

        void rethrow() throws CommandFailure {
            CommandFailure e = failure;
            if (e != null) {
                throw e;
            }
        }
    }
}
