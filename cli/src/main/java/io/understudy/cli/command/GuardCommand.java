package io.understudy.cli.command;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.cli.CommandFailure;
import io.understudy.cli.Interruption;
import io.understudy.cli.guarding.EventKeeper;
import io.understudy.cli.guarding.GuardCostText;
import io.understudy.cli.guarding.GuardPicture;
import io.understudy.cli.guarding.GuardReport;
import io.understudy.cli.option.HostDuration;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.cli.status.Terminal;
import io.understudy.drills.guarding.GuardPlan;
import io.understudy.drills.guarding.GuardResult;
import io.understudy.drills.guarding.GuardRun;
import io.understudy.hypervisor.BuiltInGuest;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.guard.GuardOptions;
import io.understudy.hypervisor.guard.GuardPolicy;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code understudy guard}. */
@Command(
        name = "guard",
        description = {
            "Guards a guest's descriptor tables: tells every access to GDTR, IDTR, LDTR and TR and"
                    + " every write into GDT and IDT.",
            "Two more machines run the same guest, guarded in turn, to show what it costs."
        },
        mixinStandardHelpOptions = true)
public final class GuardCommand implements Callable<Integer> {
    private static final long REHEARSAL_SWITCHES = 20_000;

    @Mixin private final GuestOptions guest = new GuestOptions(BuiltInGuest.TASKS);
    @Mixin private final GuardEventOptions eventOptions = new GuardEventOptions();
    @Mixin private final PictureOption picture = new PictureOption();
    @Mixin private final TimedRun timed = new TimedRun();

    @Option(
            names = "--policy",
            paramLabel = "POLICY",
            description =
                    "What is done about what is suspicious: report, deny or pause. Default:"
                            + " ${DEFAULT-VALUE}.",
            defaultValue = "report")
    private String policy = "report";

    @Option(
            names = "--learn",
            paramLabel = "DURATION",
            description =
                    "Virtual time in which the guest builds its tables. Default: ${DEFAULT-VALUE}.",
            defaultValue = "100ms")
    private HostDuration learn = new HostDuration(100_000_000L);

    @Option(
            names = "--recheck",
            paramLabel = "DURATION",
            description = {
                "Virtual time from one walk to the tables' pages to the next: how late a",
                "remapped page is found. Default: ${DEFAULT-VALUE}."
            },
            defaultValue = "5ms")
    private HostDuration recheck = new HostDuration(5_000_000L);

    @Option(
            names = "--no-comparison",
            description = "Do not measure what it costs: all the time for the one guest.")
    private boolean isAlone;

    @Override
    public Integer call() throws CommandFailure {
        timed.json().check();
        picture.check();
        eventOptions.check(timed.json());
        GuardPlan plan = plan();
        return timed.carryOut(interruption -> run(plan, interruption));
    }

    private GuardPlan plan() throws CommandFailure {
        GuardPolicy chosen =
                GuardPolicy.of(policy)
                        .orElseThrow(() ->
                                CommandFailure.usage(
                                        "--policy "
                                                + policy
                                                + ": there are report, deny and pause"));
        if (recheck.ns() < GuardOptions.RECHECK_MIN_NS) {
            throw CommandFailure.usage(
                    "--recheck "
                            + recheck
                            + ": shorter than 10us, the guest would do nothing else");
        }
        VirtualMachineConfig machine = guest.config().withDirtyLog(DirtyLogMode.NONE);
        return new GuardPlan(
                machine,
                isAlone ? null : rehearsal(machine),
                guest.image(),
                new GuardOptions(chosen, learn.ns(), recheck.ns()),
                timed.duration().ns(),
                !isAlone);
    }

    /** The guest {@code tasks} with turns so short that a guard has as much to do as the guest. */
    private VirtualMachineConfig rehearsal(VirtualMachineConfig machine) {
        if (!guest.name().equals(BuiltInGuest.TASKS.guestName())) {
            return machine;
        }
        Map<String, Long> parameters = new HashMap<>(machine.parameters());
        parameters.put("switches-per-second", REHEARSAL_SWITCHES);
        parameters.remove("attack");
        return machine.withParameters(parameters);
    }

    private void run(GuardPlan plan, Interruption interruption) throws CommandFailure {
        ThreadMXBean threads = ManagementFactory.getThreadMXBean();
        GuardResult result;
        EventKeeper kept = new EventKeeper();
        StatusDisplay display =
                new StatusDisplay(System.err, Terminal.isTerminal(2), Terminal.columns());
        try (GuardEventOptions.Sinks sinks = eventOptions.open(kept, display)) {
            result =
                    GuardRun.run(
                            plan,
                            new SystemHostClock(),
                            threads::getCurrentThreadCpuTime,
                            () -> interruption.isRequested() || sinks.hasFailed(),
                            sinks::take,
                            words -> display.status(words, System.nanoTime()));
            sinks.rethrow();
        } catch (MachineSetupException e) {
            throw guest.failure(e);
        } finally {
            display.clear();
        }
        GuardReport report =
                GuardReport.of(
                        guest.name(),
                        plan.options(),
                        result,
                        kept,
                        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
        summarise(report, result);
        picture.write(() -> GuardPicture.of(report));
        timed.json().write(report);
        if (result.end() == StopCause.DEAD) {
            throw CommandFailure.failed(result.exitStatus());
        }
    }

    private void summarise(GuardReport r, GuardResult result) {
        PrintStream out =
                eventOptions.takesStandardOutput() ? System.err : timed.json().forPeople();
        out.printf(
                Locale.ROOT,
                "guest %s, policy %s: %,d instructions in %,.0f ms of virtual time%n",
                r.guest(),
                r.policy(),
                r.guestInstructions(),
                r.guestVirtualUs() / 1e3);
        out.printf(
                Locale.ROOT,
                "%,d table loads, %,d stores, %,d writes; %,d suspicious, %,d denied%n",
                r.loads(),
                r.stores(),
                r.writes(),
                r.suspicious(),
                r.denied());
        out.printf(
                Locale.ROOT,
                "%,d single steps, %,d of them for other data in the %d guarded pages; %,d loads of"
                        + " CR3%n",
                r.steps(),
                r.neighbourWrites(),
                r.guardedPages(),
                r.addressSpaceLoads());
        out.printf(
                Locale.ROOT,
                "%,d walks to the tables, at most %,.0f us of virtual time apart%n",
                r.rechecks(),
                r.recheckGapMaxVirtualUs());
        if (r.guestInstructions() == 0) {
            out.println(
                    "ended before the guest began: the measurement is rehearsed first;"
                            + " --no-comparison leaves it out");
        }
        r.blindSpots().forEach(s -> out.println("not seen: " + s));
        if (!isAlone) {
            GuardCostText.lines(r).forEach(out::println);
        }
        if (result.isPaused() || result.end() == StopCause.EXITED) {
            out.println(result.exitStatus());
        }
        out.flush();
    }
}
