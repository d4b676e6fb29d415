package io.understudy.drills.guarding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.guard.GuardEvent;
import io.understudy.hypervisor.guard.GuardOptions;
import io.understudy.hypervisor.guard.GuardPolicy;
import io.understudy.hypervisor.guard.GuardVerdict;
import io.understudy.proto.v1.GuardNotice;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.Test;

/** A guarded guest beside one without. */
class GuardRunTest {
    private static GuardPlan plan(GuardPolicy policy, boolean compares) throws Exception {
        VirtualMachineConfig machine =
                VirtualMachineConfig.of(16 << 20)
                        .withDirtyLog(DirtyLogMode.NONE)
                        .withParameters(
                                Map.of(
                                        "attack", 1L,
                                        "attack-ms", 15L,
                                        "switches-per-second", 1000L));
        return new GuardPlan(
                machine,
                null,
                GuestImage.builtIn("tasks"),
                new GuardOptions(policy, 5_000_000, 1_000_000),
                60_000_000_000L,
                compares);
    }

    private static GuardResult run(GuardPlan plan, List<GuardEvent> events, long enough)
            throws Exception {
        return run(plan, events, enough, words -> {});
    }

    private static GuardResult run(
            GuardPlan plan, List<GuardEvent> events, long enough, Consumer<String> status)
            throws Exception {
        AtomicLong processorNs = new AtomicLong();
        return GuardRun.run(
                plan,
                new SystemHostClock(),
                () -> processorNs.addAndGet(1_000),
                () -> !events.isEmpty() && events.getLast().instruction() > enough,
                events::add,
                status);
    }

    @Test
    void tellsTheAttackAndComparesTheExits() throws Exception {
        List<GuardEvent> events = new ArrayList<>();
        List<String> told = new ArrayList<>();
        GuardResult result = run(plan(GuardPolicy.REPORT, true), events, 3_000_000, told::add);
        assertThat(told.getFirst()).contains("instructions").contains("suspicious");
        assertThat(events)
                .anySatisfy(e -> assertThat(e.verdict()).isEqualTo(GuardVerdict.SUSPICIOUS));
        assertThat(result.counts().suspicious()).isPositive();
        assertThat(result.exitsByReason()).containsKeys("gdtr-idtr-access", "monitor-trap-flag");
    }

    /** Two rounds of machines for which a turn takes what {@code processorNs} says. */
    private static GuardCost measured(LongSupplier processorNs) throws Exception {
        GuardPlan plan = plan(GuardPolicy.REPORT, true);
        HostClock clock = new SystemHostClock();
        Turns turns = new Turns(clock, processorNs, () -> false, Long.MAX_VALUE);
        try (CrossedPair pair =
                new CrossedPair(plan.machine(), plan.image(), clock, plan.options(), turns)) {
            int steps = CrossedPair.PARTS * (CrossedPair.SETTLING + CrossedPair.PAIRS);
            for (int step = 0; step < 2 * steps; step++) {
                pair.next(true);
            }
            return pair.cost();
        }
    }

    @Test
    void countsTheExitsThatGuardingAdds() throws Exception {
        AtomicLong processorNs = new AtomicLong();
        GuardCost cost = measured(() -> processorNs.addAndGet(4_000_000));
        assertThat(cost.ratio()).isEqualTo(new PairedRatio(2, 1, 1, 1, 1, 1));
        assertThat(cost.control()).isEqualTo(cost.ratio());
        assertThat(cost.instructions()).isEqualTo(2 * 2 * CrossedPair.PAIRS * 1_000_000);
        assertThat(cost.addedExitsByReason())
                .containsKeys("ept-violation", "monitor-trap-flag", "cr-access")
                .doesNotContainKeys("io-instruction", "wrmsr", "gdtr-idtr-access");
        assertThat(cost.addedExitsByReason().get("cr-access"))
                .as("the guest's turns of a millisecond, 100,000 instructions, of one exit each")
                .isBetween(310L, 330L);
        assertThat(cost.addedExitsByReason().get("ept-violation")).isBetween(4 * 310L, 4 * 330L);
        assertThat(cost.addedExitsByReason().get("monitor-trap-flag"))
                .isBetween(4 * 310L, 4 * 330L);
    }

    /** One machine takes a tenth longer than the other, guarded or not: that is no cost. */
    @Test
    void whatIsAMachinesOwnIsNoCost() throws Exception {
        // Of each pair of turns the first machine's is the slow one, whoever is guarded.
        AtomicLong processorNs = new AtomicLong();
        AtomicLong calls = new AtomicLong();
        GuardCost cost =
                measured(() -> {
                    long call = calls.getAndIncrement();
                    boolean ends = call % 2 == 1;
                    return processorNs.addAndGet(
                            !ends ? 0 : isOfFirstMachine(call / 2) ? 4_400_000 : 4_000_000);
                });
        assertThat(cost.ratio().median()).isCloseTo(1, within(1e-9));
        assertThat(cost.ratio().max()).isCloseTo(1, within(1e-9));
        assertThat(cost.control().median()).isCloseTo(1, within(1e-9));
    }

    /**
     * As {@link CrossedPair} runs them: parts of so many pairs, the subject first in every other.
     */
    private static boolean isOfFirstMachine(long timedTurn) {
        long pair = timedTurn / 2;
        long part = pair / CrossedPair.PAIRS % CrossedPair.PARTS;
        long step = CrossedPair.SETTLING + pair % CrossedPair.PAIRS;
        boolean isSubject = ((step + part / 2) % 2 == 0) == (timedTurn % 2 == 0);
        return isSubject == (part / 2 == 0);
    }

    @Test
    void endsWhenTheGuardStopsTheGuest() throws Exception {
        List<GuardEvent> events = new ArrayList<>();
        GuardResult result = run(plan(GuardPolicy.PAUSE, false), events, Long.MAX_VALUE);
        assertThat(result.isPaused()).isTrue();
        assertThat(result.exitStatus()).contains("paused by the guard");
        assertThat(result.cost().ratio().pairs()).isZero();
    }

    @Test
    void theMedianOfPairsLiesInItsInterval() {
        PairedRatio few = PairedRatio.of(new double[] {1.5, 1.0, 1.02, 0.9});
        assertThat(few).isEqualTo(new PairedRatio(4, 0.9, 0.9, 1.01, 1.5, 1.5));
        assertThat(PairedRatio.percent(few.median())).isBetween(0.99, 1.01);
        double[] many = new double[101];
        Arrays.setAll(many, i -> 100 - i);
        // Ranks 41 and 61 of 101: with 95 % of the binomial distribution between them.
        assertThat(PairedRatio.of(many)).isEqualTo(new PairedRatio(101, 0, 40, 50, 60, 100));
    }

    @Test
    void noticesCarryWhatEventsSay() throws Exception {
        List<GuardEvent> events = new ArrayList<>();
        run(plan(GuardPolicy.PAUSE, false), events, Long.MAX_VALUE);
        GuardEvent last = events.getLast();
        GuardNotice notice = GuardNotices.of(last);
        assertThat(notice.getNumber()).isEqualTo(events.size());
        assertThat(notice.getKind()).isEqualTo("write");
        assertThat(notice.getAction()).isEqualTo("paused");
        assertThat(notice.getVerdict()).isEqualTo("suspicious");
        assertThat(notice.getLinearAddress()).isEqualTo(last.linear());
        assertThat(notice.getChanges(0).getTable()).isEqualTo("idt");
        assertThat(notice.getChanges(0).getOldContent().size()).isEqualTo(16);
        assertThat(notice.getChanges(0).getOldContent())
                .isNotEqualTo(notice.getChanges(0).getNewContent());
    }
}
