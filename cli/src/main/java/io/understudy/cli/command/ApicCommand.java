package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.cli.Interruption;
import io.understudy.cli.option.HostDuration;
import io.understudy.cli.report.ApicPicture;
import io.understudy.cli.report.ApicReport;
import io.understudy.cli.report.ApicText;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.cli.status.Terminal;
import io.understudy.drills.cost.CostTable;
import io.understudy.drills.interrupts.InterruptPlan;
import io.understudy.drills.interrupts.InterruptResult;
import io.understudy.drills.interrupts.InterruptRun;
import io.understudy.drills.interrupts.StageResult;
import io.understudy.hypervisor.BuiltInGuest;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.interrupt.ApicMode;
import io.understudy.hypervisor.interrupt.InterruptMachine;
import io.understudy.hypervisor.interrupt.InterruptStage;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code understudy apic}. */
@Command(
        name = "apic",
        description = {
            "Runs an interrupt-heavy guest on two processors, its local APICs virtualized step by"
                    + " step,",
            "from decoded instructions to posted interrupts, and counts the VM exits of each step."
        },
        mixinStandardHelpOptions = true)
public final class ApicCommand implements Callable<Integer> {
    private static final String BOTH = "both";
    private static final String MODES = "xapic, x2apic, both";

    @Mixin private final GuestOptions guest = new GuestOptions(BuiltInGuest.INTERRUPTS);
    @Mixin private final CostsOption costs = new CostsOption();
    @Mixin private final PictureOption picture = new PictureOption();
    @Mixin private final TimedRun timed = new TimedRun();

    @Option(
            names = "--virtual",
            paramLabel = "DURATION",
            description =
                    "Run each stage for so much virtual time instead: counts then repeat exactly.")
    private @Nullable HostDuration virtual;

    @Option(
            names = "--apic",
            paramLabel = "MODE",
            description =
                    "How the guest reaches its local APIC: "
                            + MODES
                            + ". Default: both for interrupts, x2apic for other guests.")
    private @Nullable String apic;

    @Option(
            names = "--stage",
            paramLabel = "NAME",
            description =
                    "Only this stage and the one it is compared with; repeatable. Default: all that"
                            + " the processor model has.")
    private List<String> stages = new ArrayList<>();

    @Override
    public Integer call() throws CommandFailure {
        timed.json().check();
        picture.check();
        VirtualMachineConfig config = guest.config().withDirtyLog(DirtyLogMode.NONE);
        List<InterruptStage> wanted = wantedStages(config);
        HostDuration each = virtual;
        if (each != null) {
            timed.refuseFor("--virtual " + each);
        }
        InterruptPlan plan =
                new InterruptPlan(
                        config,
                        guest.image(),
                        wanted,
                        timed.duration().ns(),
                        each == null ? 0 : each.ns());
        CostTable prices = costs.table();
        return timed.carryOut(interruption -> run(plan, prices, interruption));
    }

    private List<InterruptStage> wantedStages(VirtualMachineConfig config) throws CommandFailure {
        List<ApicMode> modes = modes();
        if (stages.isEmpty()) {
            return modes.stream()
                    .flatMap(m -> InterruptStage.of(m).stream())
                    .filter(s -> InterruptMachine.missing(config.processor(), s).isEmpty())
                    .toList();
        }
        Set<InterruptStage> wanted = new LinkedHashSet<>();
        for (String name : stages) {
            InterruptStage stage = stage(name, modes, config);
            wanted.add(InterruptStage.of(stage.mode()).getFirst());
            wanted.add(stage);
        }
        return wanted.stream().sorted().toList();
    }

    private InterruptStage stage(String name, List<ApicMode> modes, VirtualMachineConfig config)
            throws CommandFailure {
        InterruptStage stage =
                InterruptStage.of(name)
                        .orElseThrow(() ->
                                CommandFailure.usage(
                                        "--stage %s: no such stage; there are %s"
                                                .formatted(name, stageNames())));
        if (apic != null && !modes.contains(stage.mode())) {
            throw CommandFailure.usage(
                    "--stage %s with --apic %s: that stage is of mode %s"
                            .formatted(name, apic, stage.mode().optionName()));
        }
        List<String> missing = InterruptMachine.missing(config.processor(), stage);
        if (!missing.isEmpty()) {
            throw CommandFailure.usage(
                    "--stage %s needs %s, which processor model %s lacks"
                            .formatted(
                                    name,
                                    String.join(" and ", missing),
                                    config.processor().optionName()));
        }
        return stage;
    }

    private static String stageNames() {
        return String.join(
                ", ", Arrays.stream(InterruptStage.values()).map(s -> s.stageName()).toList());
    }

    private List<ApicMode> modes() throws CommandFailure {
        String mode = apic;
        if (mode == null) {
            boolean knowsBoth = guest.name().equals(BuiltInGuest.INTERRUPTS.guestName());
            return knowsBoth ? List.of(ApicMode.values()) : List.of(ApicMode.X2APIC);
        }
        if (mode.equals(BOTH)) {
            return List.of(ApicMode.values());
        }
        List<ApicMode> named =
                Arrays.stream(ApicMode.values()).filter(m -> m.optionName().equals(mode)).toList();
        if (named.isEmpty()) {
            throw CommandFailure.usage("--apic " + mode + ": must be one of " + MODES);
        }
        return named;
    }

    private void run(InterruptPlan plan, CostTable prices, Interruption interruption)
            throws CommandFailure {
        StatusDisplay display =
                new StatusDisplay(System.err, Terminal.isTerminal(2), Terminal.columns());
        display.status("0 of %d stages".formatted(plan.stages().size()), System.nanoTime());
        List<StageResult> done = new ArrayList<>();
        InterruptResult result;
        try {
            result =
                    InterruptRun.run(
                            plan,
                            new SystemHostClock(),
                            interruption::isRequested,
                            stage -> {
                                done.add(stage);
                                display.status(statusOf(plan, done), System.nanoTime());
                            });
        } catch (MachineSetupException e) {
            throw guest.failure(e);
        } finally {
            display.clear();
        }
        requireSuccess(result);
        ApicReport report = ApicReport.of(guest.name(), result, prices);
        PrintStream out = timed.json().forPeople();
        ApicText.of(report, result).forEach(out::println);
        if (plan.stages().size() < possibleStages(plan) && stages.isEmpty()) {
            out.println(
                    "left out: the stages that processor model "
                            + plan.machine().processor().optionName()
                            + " does not have");
        }
        if (result.wasInterrupted()) {
            out.println("ended before every stage was through");
        }
        out.flush();
        picture.write(() -> ApicPicture.of(report));
        timed.json().write(report);
        if (!result.statesAgree()) {
            throw CommandFailure.failed(
                    "the guests are not in the same state: a stage is not what it pretends to be");
        }
    }

    private int possibleStages(InterruptPlan plan) {
        return (int)
                Arrays.stream(InterruptStage.values())
                        .filter(s -> plan.stages().stream().anyMatch(p -> p.mode() == s.mode()))
                        .count();
    }

    private void requireSuccess(InterruptResult result) throws CommandFailure {
        for (StageResult s : result.stages()) {
            if (s.guestFailed()) {
                String last = s.output().lines().reduce((a, b) -> b).orElse("");
                throw CommandFailure.failed(
                        "stage %s: %s%s"
                                .formatted(
                                        s.stage().stageName(),
                                        s.guestEnd(),
                                        last.isEmpty() ? "" : "; its last line: " + last));
            }
        }
        if (result.guestErrors() > 0) {
            throw CommandFailure.failed(
                    result.guestErrors() + " interrupts were lost, doubled or out of order");
        }
    }

    private static String statusOf(InterruptPlan plan, List<StageResult> done) {
        StageResult last = done.getLast();
        return String.format(
                Locale.ROOT,
                "%d of %d stages | %s: %,d exits in %.1f ms of virtual time",
                done.size(),
                plan.stages().size(),
                last.stage().stageName(),
                last.exits(),
                last.virtualNs() / 1e6);
    }
}
