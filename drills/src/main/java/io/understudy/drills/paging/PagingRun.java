package io.understudy.drills.paging;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachineEvent;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.StateDigest;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.paging.PagingOptions;
import io.understudy.hypervisor.paging.SwapFailure;
import io.understudy.hypervisor.paging.VictimPolicyName;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Runs a guest with and without paging, turn by turn to the same instruction. */
public final class PagingRun implements AutoCloseable {
    /** Host time of the first machine's turn. */
    private static final long TURN_NS = 50_000_000;

    private static final class Contender {
        private final VictimPolicyName policy;
        private final VirtualMachine machine;
        private long hostNs;

        Contender(VictimPolicyName policy, VirtualMachine machine) {
            this.policy = policy;
            this.machine = machine;
        }
    }

    private final PagingPlan plan;
    private final HostClock clock;
    private final BooleanSupplier isOver;
    private final VirtualMachine resident;
    private final List<Contender> paged = new ArrayList<>();
    private long residentHostNs;
    private String stalled = "";

    private PagingRun(PagingPlan plan, HostClock clock, BooleanSupplier isOver)
            throws MachineSetupException {
        this.plan = plan;
        this.clock = clock;
        this.isOver = isOver;
        this.resident =
                VirtualMachine.boot(plan.machine().withRunMode(RunMode.FREE), plan.image(), clock);
        try {
            for (VictimPolicyName policy : plan.policies()) {
                PagingOptions options =
                        new PagingOptions(
                                plan.residentPages(),
                                policy,
                                plan.swapFolder().resolve("swap-" + policy.optionName()));
                paged.add(
                        new Contender(
                                policy,
                                VirtualMachine.boot(
                                        plan.machine()
                                                .withRunMode(RunMode.FREE)
                                                .withPaging(options),
                                        plan.image(),
                                        clock)));
            }
        } catch (MachineSetupException | RuntimeException e) {
            close();
            throw e;
        }
    }

    /**
     * Runs the plan.
     *
     * @param isOver asked often; the run ends soon after it says so
     * @param observer hears of every turn when all machines have done it
     * @throws MachineSetupException if a machine cannot be built as planned
     */
    public static PagingResult run(
            PagingPlan plan,
            HostClock clock,
            BooleanSupplier isOver,
            Consumer<PagingResult> observer)
            throws MachineSetupException {
        try (PagingRun run = new PagingRun(plan, clock, isOver)) {
            return run.toEnd(observer);
        }
    }

    private PagingResult toEnd(Consumer<PagingResult> observer) {
        long endNs = clock.nowNs() + plan.forHostNs();
        boolean ended = false;
        while (!ended && stalled.isEmpty() && !isThrough(endNs) && !isOver.getAsBoolean()) {
            long beganNs = clock.nowNs();
            ended = isEnd(turn(beganNs + TURN_NS));
            residentHostNs += clock.nowNs() - beganNs;
            for (Contender c : paged) {
                follow(c, ended);
            }
            if (stalled.isEmpty()) {
                observer.accept(result(false, ended));
            }
        }
        return compared(ended);
    }

    private boolean isThrough(long endNs) {
        return plan.endsByInstruction()
                ? resident.instructions() >= plan.untilInstruction()
                : clock.nowNs() >= endNs;
    }

    /** Comparing reads every page, those in the swap files too. */
    private PagingResult compared(boolean ended) {
        if (stalled.isEmpty()) {
            try {
                return result(true, ended);
            } catch (SwapFailure e) {
                stalled = String.valueOf(e.getMessage());
            }
        }
        return result(false, ended);
    }

    /**
     * The first machine's turn. A deadline may come after idle time and before the instruction that
     * ends it; only a stop by instruction is the same moment on every machine.
     */
    private StopCause turn(long deadlineNs) {
        StopCause cause = run(resident, plan.untilInstruction(), deadlineNs);
        return cause == StopCause.DEADLINE
                ? run(resident, resident.instructions() + 1, Long.MAX_VALUE)
                : cause;
    }

    /** Lets a paged machine do what the other one has done. */
    private void follow(Contender c, boolean toTheEnd) {
        long beganNs = clock.nowNs();
        long until = toTheEnd ? Long.MAX_VALUE : resident.instructions();
        StopCause cause = StopCause.DEADLINE;
        while (cause == StopCause.DEADLINE && stalled.isEmpty()) {
            cause = run(c.machine, until, clock.nowNs() + TURN_NS);
            stalled = c.machine.stall().orElse("");
        }
        c.hostNs += clock.nowNs() - beganNs;
    }

    /** Output has no reader here and must not end a turn. */
    private static StopCause run(VirtualMachine machine, long until, long deadlineNs) {
        StopCause cause = StopCause.OUTPUT;
        while (cause == StopCause.OUTPUT) {
            machine.output().release(machine.output().writtenOffset());
            cause = machine.run(until, deadlineNs);
        }
        return cause;
    }

    private PagingResult result(boolean compares, boolean ended) {
        boolean agree = compares;
        StateDigest expected = compares ? resident.stateDigest() : null;
        List<PagedMachineResult> results = new ArrayList<>();
        for (Contender c : paged) {
            agree &= expected != null && expected.equals(c.machine.stateDigest());
            results.add(
                    new PagedMachineResult(
                            c.policy,
                            c.machine.pagingCounters().orElseThrow(),
                            c.machine.events().of(MachineEvent.EPT_VIOLATIONS_WALK),
                            c.machine.events().of(MachineEvent.EPT_VIOLATIONS_DELIVERY),
                            c.hostNs,
                            compares ? lostPages(c.machine) : -1));
        }
        return new PagingResult(
                resident.instructions(),
                residentHostNs,
                results,
                agree,
                ended ? resident.exitStatus() : "",
                stalled);
    }

    private long lostPages(VirtualMachine machine) {
        long lost = 0;
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment expected = arena.allocate(PageId.PAGE_BYTES);
            MemorySegment actual = arena.allocate(PageId.PAGE_BYTES);
            for (long page = 0; page < machine.layout().pages(); page++) {
                resident.memory().readPage(page, expected, 0);
                machine.memory().readPage(page, actual, 0);
                lost += expected.mismatch(actual) < 0 ? 0 : 1;
            }
        }
        return lost;
    }

    private static boolean isEnd(StopCause cause) {
        return cause == StopCause.EXITED || cause == StopCause.DEAD;
    }

    @Override
    public void close() {
        resident.close();
        for (Contender c : paged) {
            c.machine.close();
        }
    }
}
