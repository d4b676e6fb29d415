package io.understudy.drills.interrupts;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.drills.cost.CostLevel;
import io.understudy.drills.cost.CostTable;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.interrupt.ApicMode;
import io.understudy.hypervisor.interrupt.InterruptStage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class InterruptRunTest {
    private static final long VIRTUAL_NS = 1_000_000;

    private static InterruptPlan plan(List<InterruptStage> stages, long virtualNs)
            throws Exception {
        return new InterruptPlan(
                VirtualMachineConfig.of(4 << 20),
                GuestImage.builtIn("interrupts"),
                stages,
                100_000_000,
                virtualNs);
    }

    @Test
    void countsWhatEachStageSaves() throws Exception {
        List<StageResult> heard = new ArrayList<>();
        InterruptResult result =
                InterruptRun.run(
                        plan(List.of(InterruptStage.values()), VIRTUAL_NS),
                        new SystemHostClock(),
                        () -> false,
                        heard::add);
        assertThat(heard).isEqualTo(result.stages()).hasSize(InterruptStage.values().length);
        assertThat(result.statesAgree()).isTrue();
        assertThat(result.guestErrors()).isZero();
        assertThat(result.wasInterrupted()).isFalse();
        for (ApicMode mode : ApicMode.values()) {
            StageResult first = result.first(mode);
            double before = -1;
            for (StageResult s : result.stages()) {
                if (s.stage().mode() == mode) {
                    assertThat(s.virtualNs()).isEqualTo(VIRTUAL_NS);
                    assertThat(s.exits()).isEqualTo(sum(s));
                    double eliminated = s.eliminatedPercent(first);
                    assertThat(eliminated).as(s.stage().stageName()).isBetween(before, 100.0);
                    before = eliminated;
                }
            }
            // More than half of the exits is what the last stage is for.
            assertThat(before).isGreaterThan(50);
        }
        assertThat(cheapened(result, InterruptStage.REGISTERS)).isGreaterThan(20);
        assertThat(cheapened(result, InterruptStage.APIC_ACCESSES)).isZero();
        assertThat(cheapened(result, InterruptStage.X2_REGISTERS)).isZero();
    }

    @Test
    void modelledTimeFallsFromStageToStage() throws Exception {
        InterruptResult result =
                InterruptRun.run(
                        plan(InterruptStage.of(ApicMode.XAPIC), VIRTUAL_NS),
                        new SystemHostClock(),
                        () -> false,
                        stage -> {});
        CostTable table = CostTable.builtIn();
        for (CostLevel level : CostLevel.values()) {
            double before = Double.MAX_VALUE;
            for (StageResult s : result.stages()) {
                double ns = ExitCost.ns(s, table.prices(level));
                assertThat(ns).as("%s %s", s.stage(), level).isLessThan(before).isPositive();
                before = ns;
            }
        }
    }

    @Test
    void theFirstStageSaysHowLongTheOthersRun() throws Exception {
        InterruptResult result =
                InterruptRun.run(
                        plan(List.of(InterruptStage.X2_MSR, InterruptStage.X2_POSTED), 0),
                        new SystemHostClock(),
                        () -> false,
                        stage -> {});
        assertThat(result.stages()).hasSize(2);
        long first = result.stages().getFirst().virtualNs();
        assertThat(first).isGreaterThanOrEqualTo(1_000_000);
        assertThat(result.stages().getLast().virtualNs()).isEqualTo(first);
    }

    @Test
    void anInterruptedRunKeepsTheStagesThatAreThrough() throws Exception {
        AtomicBoolean isOver = new AtomicBoolean();
        InterruptResult result =
                InterruptRun.run(
                        plan(InterruptStage.of(ApicMode.X2APIC), VIRTUAL_NS),
                        new SystemHostClock(),
                        isOver::get,
                        stage -> isOver.set(true));
        assertThat(result.wasInterrupted()).isTrue();
        assertThat(result.stages()).hasSize(1);
        assertThat(result.statesAgree()).isTrue();
    }

    private static double cheapened(InterruptResult result, InterruptStage stage) {
        StageResult found =
                result.stages().stream().filter(s -> s.stage() == stage).findFirst().orElseThrow();
        return found.cheapenedPercent(result.first(stage.mode()));
    }

    private static long sum(StageResult s) {
        return s.exitsByReason().values().stream().mapToLong(Long::longValue).sum();
    }
}
