package io.understudy.drills.guarding;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.guard.GuardEvent;
import io.understudy.hypervisor.guard.GuardOptions;
import io.understudy.hypervisor.guard.GuardPolicy;
import io.understudy.hypervisor.guard.GuardVerdict;
import io.understudy.proto.v1.GuardNotice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
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
        AtomicLong processorNs = new AtomicLong();
        return GuardRun.run(
                plan,
                new SystemHostClock(),
                () -> processorNs.addAndGet(1_000),
                () -> !events.isEmpty() && events.getLast().instruction() > enough,
                events::add);
    }

    @Test
    void tellsTheAttackAndComparesTheExits() throws Exception {
        List<GuardEvent> events = new ArrayList<>();
        GuardResult result = run(plan(GuardPolicy.REPORT, true), events, 3_000_000);
        assertThat(events)
                .anySatisfy(e -> assertThat(e.verdict()).isEqualTo(GuardVerdict.SUSPICIOUS));
        assertThat(result.counts().suspicious()).isPositive();
        assertThat(result.exitsByReason()).containsKeys("gdtr-idtr-access", "monitor-trap-flag");
        assertThat(result.exitsByReasonWithoutGuard())
                .isNotEmpty()
                .doesNotContainKey("monitor-trap-flag");
    }

    @Test
    void endsWhenTheGuardStopsTheGuest() throws Exception {
        List<GuardEvent> events = new ArrayList<>();
        GuardResult result = run(plan(GuardPolicy.PAUSE, false), events, Long.MAX_VALUE);
        assertThat(result.isPaused()).isTrue();
        assertThat(result.exitStatus()).contains("paused by the guard");
        assertThat(result.cost().pairs()).isZero();
    }

    @Test
    void costIsTheMedianOfPairs() {
        PairedCost cost = PairedCost.of(new double[] {1.5, 1.0, 1.02, 0.9});
        assertThat(cost).isEqualTo(new PairedCost(4, 0.9, 1.01, 1.5));
        assertThat(cost.percent()).isBetween(0.99, 1.01);
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
