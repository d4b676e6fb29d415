package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.Interruption;
import io.understudy.cli.option.ByteSize;
import io.understudy.cli.report.PagingPicture;
import io.understudy.cli.report.PagingReport;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.cli.status.Terminal;
import io.understudy.drills.cost.CostTable;
import io.understudy.drills.paging.PagedMachineResult;
import io.understudy.drills.paging.PagingPlan;
import io.understudy.drills.paging.PagingResult;
import io.understudy.drills.paging.PagingRun;
import io.understudy.hypervisor.BuiltInGuest;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.paging.PagingOptions;
import io.understudy.hypervisor.paging.VictimPolicyName;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code understudy paging}. */
@Command(
        name = "paging",
        description = {
            "Runs a guest with fewer frames than it has memory; the rest is in a swap file.",
            "Victims by age in accessed flags beside a clock without them, and all in memory."
        },
        mixinStandardHelpOptions = true)
public final class PagingCommand implements Callable<Integer> {
    private static final long PAGE_BYTES = 4096;

    @Mixin
    private final GuestOptions guest =
            new GuestOptions(
                    BuiltInGuest.DIRTIER, Map.of("pattern", "hot-cold", "working-set", "192M"));

    @Mixin private final CostsOption costs = new CostsOption();
    @Mixin private final PictureOption picture = new PictureOption();
    @Mixin private final TimedRun timed = new TimedRun();

    @Option(
            names = "--resident",
            paramLabel = "SIZE",
            description = "Frames for the guest's memory. Default: half of --memory.")
    private @Nullable ByteSize resident;

    @Option(
            names = "--instructions",
            paramLabel = "N",
            description =
                    "End every guest at exactly this instruction instead, however long it"
                            + " takes: counts then repeat exactly.")
    private @Nullable Long instructions;

    @Option(
            names = "--swap-folder",
            paramLabel = "DIR",
            description = "Where the swap files are while it runs. Default: a temporary folder.")
    private @Nullable Path swapFolder;

    @Override
    public Integer call() throws CommandFailure {
        timed.json().check();
        picture.check();
        CostTable prices = costs.table();
        long pages = residentPages();
        long until = untilInstruction();
        VirtualMachineConfig machine = guest.config().withDirtyLog(DirtyLogMode.NONE);
        GuestImage image = guest.image();
        return timed.carryOut(interruption -> {
            try (SwapFolder folder = SwapFolder.open(swapFolder)) {
                PagingPlan plan =
                        new PagingPlan(
                                machine,
                                image,
                                pages,
                                List.of(VictimPolicyName.AGEING, VictimPolicyName.CLOCK),
                                folder.path(),
                                timed.duration().ns(),
                                until);
                run(plan, prices, interruption);
            }
        });
    }

    private long untilInstruction() throws CommandFailure {
        Long given = instructions;
        if (given == null) {
            return Long.MAX_VALUE;
        }
        timed.refuseFor("--instructions " + given);
        if (given < 1) {
            throw CommandFailure.usage("--instructions " + given + ": must be at least 1");
        }
        return given;
    }

    private long residentPages() throws CommandFailure {
        ByteSize given = resident;
        if (given == null) {
            long half = guest.memory().bytes() / 2 / PAGE_BYTES;
            if (half < PagingOptions.RESIDENT_PAGES_MIN) {
                throw CommandFailure.usage(
                        "--memory " + guest.memory() + ": a paged guest needs 2M at least");
            }
            return half;
        }
        long bytes = given.bytes();
        if (bytes % PAGE_BYTES != 0
                || bytes / PAGE_BYTES < PagingOptions.RESIDENT_PAGES_MIN
                || bytes > guest.memory().bytes()) {
            throw CommandFailure.usage(
                    "--resident "
                            + given
                            + ": must be a multiple of 4K from 1M to --memory "
                            + guest.memory());
        }
        return bytes / PAGE_BYTES;
    }

    private void run(PagingPlan plan, CostTable prices, Interruption interruption)
            throws CommandFailure {
        StatusDisplay display =
                new StatusDisplay(System.err, Terminal.isTerminal(2), Terminal.columns());
        List<PagingResult> turns = new ArrayList<>();
        PagingResult result;
        try {
            result =
                    PagingRun.run(
                            plan,
                            new SystemHostClock(),
                            interruption::isRequested,
                            turn -> {
                                turns.add(turn);
                                display.status(statusOf(turn), System.nanoTime());
                            });
        } catch (MachineSetupException e) {
            throw guest.failure(e);
        } finally {
            display.clear();
        }
        if (!result.stalled().isEmpty()) {
            throw CommandFailure.failed(result.stalled());
        }
        PagingReport report =
                PagingReport.of(
                        guest.name(), guest.memory().bytes(), plan.residentPages(), result, prices);
        summarise(report, result);
        picture.write(() -> PagingPicture.of(title(report), turns));
        timed.json().write(report);
        if (report.lostPages() != 0 || !report.digestsAgree()) {
            throw CommandFailure.failed(
                    report.lostPages() + " pages were lost: the guests are not in the same state");
        }
    }

    private static String title(PagingReport report) {
        return String.format(
                Locale.ROOT,
                "guest %s with %s, %s resident",
                report.guest(),
                new ByteSize(report.memoryBytes()),
                new ByteSize(report.residentPages() * PAGE_BYTES));
    }

    private static String statusOf(PagingResult turn) {
        StringBuilder line = new StringBuilder();
        line.append(String.format(Locale.ROOT, "%,d instructions", turn.instructions()));
        for (PagedMachineResult m : turn.paged()) {
            line.append(
                    String.format(
                            Locale.ROOT,
                            " | %s: %,d page-ins, %,d page-outs",
                            m.policy().optionName(),
                            m.counters().pageIns(),
                            m.counters().pageOuts()));
        }
        return line.toString();
    }

    private void summarise(PagingReport report, PagingResult result) {
        PrintStream out = timed.json().forPeople();
        out.printf(
                Locale.ROOT,
                "%s: %,d instructions; all in memory: %.0f ms of host time%n",
                title(report),
                report.guestInstructions(),
                report.residentHostMs());
        for (PagingReport.Policy p : report.policies()) {
            out.printf(
                    Locale.ROOT,
                    "%-7s %,9d page-ins, %,9d page-outs (%,d written), %,d scans, %.0f ms of host"
                            + " time, page-ins %.0f to %.0f ms modelled, %d pages lost%n",
                    p.policy(),
                    p.pageIns(),
                    p.pageOuts(),
                    p.swapWrites(),
                    p.scans(),
                    p.hostMs(),
                    p.pageInModelUs().low() / 1e3,
                    p.pageInModelUs().high() / 1e3,
                    p.lostPages());
        }
        if (report.policies().stream().allMatch(p -> p.pageOuts() == 0)) {
            out.println(
                    "no page has left memory yet: give a longer --for, or less memory by --resident");
        }
        if (!result.guestEnd().isEmpty()) {
            out.println("the guest ended: " + result.guestEnd());
        }
        out.flush();
    }
}
