package io.understudy.drills.monitoring;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.monitor.Granularity;
import io.understudy.hypervisor.monitor.MonitorOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class MonitorRunTest {
    private static MonitorPlan plan(Granularity granularity, boolean compares) throws Exception {
        return new MonitorPlan(
                VirtualMachineConfig.of(16 << 20)
                        .withDirtyLog(DirtyLogMode.NONE)
                        .withParameters(
                                Map.of("working-set", 4L << 20, "writes-per-second", 50_000L)),
                GuestImage.builtIn("dirtier"),
                MonitorOptions.DEFAULT.withGranularity(granularity),
                150_000_000,
                900_000_000,
                compares);
    }

    private static MonitorResult run(MonitorPlan plan) throws Exception {
        List<MonitoredInterval> heard = new ArrayList<>();
        MonitorResult result = MonitorRun.run(plan, new SystemHostClock(), () -> false, heard::add);
        assertThat(heard).isEqualTo(result.intervals());
        assertThat(result.end()).isEqualTo(StopCause.DEADLINE);
        assertThat(result.intervals()).isNotEmpty();
        return result;
    }

    @Test
    void withInvalidationTheEstimateIsTheTruthAndWithoutItIsLess() throws Exception {
        MonitorResult result = run(plan(Granularity.FOUR_KIB, true));
        assertThat(result.intervals())
                .allSatisfy(i -> assertThat(i.watched().relativeError()).isZero());
        long truth = 0;
        long seen = 0;
        for (MonitoredInterval interval : result.intervals()) {
            WorkingSet kept = Objects.requireNonNull(interval.withoutInvalidation());
            assertThat(kept.observed().endInstruction())
                    .isEqualTo(interval.watched().observed().endInstruction());
            assertThat(kept.relativeError()).isLessThanOrEqualTo(0);
            truth += kept.truePages();
            seen += kept.observed().workingSetPages();
        }
        assertThat(truth).isGreaterThan(100);
        assertThat(seen).isLessThan(truth);
    }

    @Test
    void largeMappingsOverestimate() throws Exception {
        MonitorResult result = run(plan(Granularity.TWO_MIB, false));
        assertThat(result.intervals())
                .allSatisfy(i -> assertThat(i.withoutInvalidation()).isNull())
                .allSatisfy(i -> assertThat(i.watched().relativeError()).isGreaterThanOrEqualTo(0))
                .anySatisfy(i -> assertThat(i.watched().relativeError()).isPositive());
    }

    @Test
    void endsSoonWhenAskedTo() throws Exception {
        MonitorResult result =
                MonitorRun.run(
                        plan(Granularity.FOUR_KIB, true),
                        new SystemHostClock(),
                        () -> true,
                        i -> {});
        assertThat(result.intervals()).isEmpty();
    }

    @Test
    void aGuestThatEndsEndsTheRun() throws Exception {
        MonitorPlan plan =
                new MonitorPlan(
                        VirtualMachineConfig.of(4 << 20)
                                .withDirtyLog(DirtyLogMode.NONE)
                                .withParameters(Map.of("line-limit", 3L)),
                        GuestImage.builtIn("counter"),
                        MonitorOptions.DEFAULT,
                        60_000_000_000L,
                        120_000_000_000L,
                        true);
        MonitorResult result = MonitorRun.run(plan, new SystemHostClock(), () -> false, i -> {});
        assertThat(result.end()).isEqualTo(StopCause.EXITED);
        assertThat(result.intervals()).hasSize(1);
        assertThat(result.exitStatus()).contains("status 0");
    }
}
