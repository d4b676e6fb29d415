package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.Interruption;
import io.understudy.cli.report.ViewsPicture;
import io.understudy.cli.report.ViewsReport;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.cli.status.Terminal;
import io.understudy.drills.views.ViewsPlan;
import io.understudy.drills.views.ViewsResult;
import io.understudy.drills.views.ViewsRun;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.SystemHostClock;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code understudy views}. */
@Command(
        name = "views",
        description = {
            "EPT views at work: a secret that only chosen code of the guest sees, and two machines",
            "that exchange packets without a VM exit, beside copying and grant mapping."
        },
        mixinStandardHelpOptions = true)
public final class ViewsCommand implements Callable<Integer> {
    @Mixin private final ViewsOptions options = new ViewsOptions();

    @Mixin private final PictureOption picture = new PictureOption();
    @Mixin private final TimedRun timed = new TimedRun();

    @Override
    public Integer call() throws CommandFailure {
        timed.json().check();
        picture.check();
        ViewsPlan plan = options.plan(timed.duration().ns());
        return timed.carryOut(interruption -> run(plan, interruption));
    }

    private void run(ViewsPlan plan, Interruption interruption) throws CommandFailure {
        StatusDisplay display =
                new StatusDisplay(System.err, Terminal.isTerminal(2), Terminal.columns());
        ViewsResult result;
        try {
            result =
                    ViewsRun.run(
                            plan,
                            new SystemHostClock(),
                            interruption::isRequested,
                            words -> display.status(words, System.nanoTime()));
        } catch (MachineSetupException e) {
            throw options.failure(e);
        } finally {
            display.clear();
        }
        ViewsReport report = ViewsReport.of(result);
        summarise(report);
        picture.write(() -> ViewsPicture.of(result));
        timed.json().write(report);
        Optional<String> broken = result.broken();
        if (broken.isPresent() && !interruption.isRequested()) {
            throw CommandFailure.failed(broken.get());
        }
    }

    private void summarise(ViewsReport report) {
        PrintStream out = timed.json().forPeople();
        ViewsReport.Window w = report.window();
        out.printf(
                Locale.ROOT,
                "secret window: %,d secrets read inside, %,d outside; %,d attempts from outside"
                        + " refused and reported; %,d interrupts inside led back to view 0%n",
                report.windowReads().inside(),
                report.windowReads().outside(),
                w.attemptsSeen(),
                w.events().getOrDefault("interrupted", 0L));
        for (ViewsReport.Exchange e : report.exchanges()) {
            out.printf(
                    Locale.ROOT,
                    "%-5s %,9d packets, %,8.1f MiB, %,10.1f exits/MiB, handing over a MiB:"
                            + " %,.0f to %,.0f us modelled; %,.0f packets/s of host time%s%n",
                    e.method(),
                    e.packets(),
                    e.mib(),
                    report.exitsPerMiB().getOrDefault(e.method(), 0.0),
                    e.handOverPerMiBModelUs().low(),
                    e.handOverPerMiBModelUs().high(),
                    e.packetsPerHostSecond(),
                    e.pagesMissed() == null
                            ? ""
                            : "; %,d epochs, %d pages missed"
                                    .formatted(e.epochs(), e.pagesMissed()));
        }
        out.flush();
    }
}
