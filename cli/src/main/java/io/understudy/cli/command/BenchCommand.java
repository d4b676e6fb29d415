package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.report.WitnessBenchmarkReport;
import io.understudy.drills.DrillException;
import io.understudy.drills.process.WitnessPeers;
import io.understudy.drills.witness.WitnessBenchmark;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code understudy bench}. */
@Command(
        name = "bench",
        description = "Measures a part by itself, on real processes of this host.",
        mixinStandardHelpOptions = true)
public final class BenchCommand implements Callable<Integer> {
    @Parameters(paramLabel = "witness", description = "What to measure: witness.")
    private String part = "witness";

    @Option(
            names = "--writes",
            paramLabel = "N",
            defaultValue = "1000",
            description = "Changes of the register that are timed. Default: ${DEFAULT-VALUE}.")
    private int writes = 1000;

    @Option(
            names = "--failovers",
            paramLabel = "N",
            defaultValue = "10",
            description = "Leaders that are killed. Default: ${DEFAULT-VALUE}.")
    private int failovers = 10;

    @Option(
            names = "--seed",
            paramLabel = "N",
            defaultValue = "1",
            description = "Seed of ports and identities. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Mixin private final JsonOption json = new JsonOption();

    @Override
    public Integer call() throws CommandFailure, InterruptedException {
        if (!part.equals("witness")) {
            throw CommandFailure.usage("'" + part + "' cannot be measured; there is: witness");
        }
        if (writes < 1 || failovers < 1) {
            throw CommandFailure.usage(
                    (writes < 1 ? "--writes " + writes : "--failovers " + failovers)
                            + ": must be at least 1");
        }
        json.check();
        double loadBefore = load();
        Consumer<String> progress = System.err::println;
        try (RunFolder folder = RunFolder.open(null);
                WitnessBenchmark benchmark =
                        new WitnessBenchmark(Children.command(), folder.path(), seed, progress)) {
            WitnessBenchmark.Result result = benchmark.measure(writes, failovers, progress);
            PrintStream people = json.forPeople();
            people.printf(
                    Locale.ROOT,
                    "register write p50 %.0f us, p99 %.0f us, max %.0f us (%d);"
                            + " leader killed: p50 %.0f ms, max %.0f ms (%d)%n",
                    result.writeHostUs().p50(),
                    result.writeHostUs().p99(),
                    result.writeHostUs().max(),
                    result.writeHostUs().count(),
                    result.failoverHostMs().p50(),
                    result.failoverHostMs().max(),
                    result.failoverHostMs().count());
            json.write(
                    new WitnessBenchmarkReport(
                            1,
                            WitnessPeers.NAMES.size(),
                            seed,
                            Runtime.getRuntime().availableProcessors(),
                            loadBefore,
                            load(),
                            result.writeHostUs(),
                            result.failoverHostMs()));
            return ExitStatus.DONE;
        } catch (DrillException e) {
            throw CommandFailure.failed(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            throw CommandFailure.environment("cannot start the processes: " + e.getMessage());
        }
    }

    private static double load() {
        return ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    }
}
