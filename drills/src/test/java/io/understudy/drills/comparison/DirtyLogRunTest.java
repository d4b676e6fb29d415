package io.understudy.drills.comparison;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.DirtyLogPlant;
import io.understudy.hypervisor.EventCounts;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineEvent;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.StateDigest;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachineConfig;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** One guest under every dirty log: the same run, at different cost. */
class DirtyLogRunTest {
    private static final long EPOCH = 40_000;
    private static final int EPOCHS = 25;

    private static DirtyLogPlan plan(DirtyLogMode mode) throws Exception {
        VirtualMachineConfig machine =
                VirtualMachineConfig.of(8 << 20)
                        .withRunMode(RunMode.FREE)
                        .withDirtyLog(mode)
                        .withParameters(
                                Map.of(
                                        "lines-per-second", 3000L,
                                        "working-set-pages", 300L,
                                        "writes-per-line", 40L));
        return new DirtyLogPlan(
                machine, GuestImage.builtIn("counter"), EPOCH, EPOCHS * EPOCH, true);
    }

    private static DirtyLogResult run(DirtyLogPlan plan) throws Exception {
        return DirtyLogRun.run(plan, new SystemHostClock(), epoch -> {});
    }

    private static long sum(DirtyLogResult result, MachineEvent event) {
        return result.epochs().stream().mapToLong(e -> e.events().of(event)).sum();
    }

    private static long judged(
            DirtyLogResult result, java.util.function.ToLongFunction<HarvestContent> part) {
        long sum = 0;
        for (EpochCost epoch : result.epochs()) {
            HarvestContent content = epoch.content();
            assertThat(content).isNotNull();
            if (content != null) {
                sum += part.applyAsLong(content);
            }
        }
        return sum;
    }

    @Test
    void everyLogEndsInTheSameStateAndMissesNothing() throws Exception {
        Map<DirtyLogMode, StateDigest> digests = new EnumMap<>(DirtyLogMode.class);
        for (DirtyLogMode mode : DirtyLogMode.values()) {
            DirtyLogResult result = run(plan(mode));
            assertThat(result.mode()).isEqualTo(mode);
            assertThat(result.end()).isEqualTo(StopCause.INSTRUCTIONS);
            assertThat(result.epochs()).hasSize(EPOCHS);
            assertThat(result.digest().instruction()).isEqualTo(EPOCHS * EPOCH);
            assertThat(judged(result, HarvestContent::missed)).as("missed, %s", mode).isZero();
            assertThat(judged(result, HarvestContent::changed)).isGreaterThan(EPOCHS * 20);
            digests.put(mode, result.digest());
        }
        assertThat(digests.values()).as("%s", digests).containsOnly(digests.get(DirtyLogMode.NONE));
    }

    @ParameterizedTest
    @EnumSource
    void countsAddUp(DirtyLogMode mode) throws Exception {
        List<EpochCost> heard = new ArrayList<>();
        DirtyLogResult result = DirtyLogRun.run(plan(mode), new SystemHostClock(), heard::add);
        assertThat(heard).isEqualTo(result.epochs());
        EventCounts total = result.events();
        for (MachineEvent event : MachineEvent.values()) {
            assertThat(sum(result, event)).as(event.key()).isLessThanOrEqualTo(total.of(event));
        }
        long harvested = result.epochs().stream().mapToLong(EpochCost::pagesHarvested).sum();
        long violations = result.exitsByReason().getOrDefault("ept-violation", 0L);
        switch (mode) {
            case NONE -> {
                assertThat(sum(result, MachineEvent.PAGES_COPIED)).isZero();
                assertThat(sum(result, MachineEvent.LEAVES_READ)).isZero();
            }
            case DIRTY_BIT, HYBRID -> {
                assertThat(sum(result, MachineEvent.ASSISTS_DIRTY)).isEqualTo(harvested);
                assertThat(sum(result, MachineEvent.LEAVES_CLEARED)).isEqualTo(harvested);
            }
            case PML -> {
                assertThat(sum(result, MachineEvent.PML_LOGGED)).isEqualTo(harvested);
                assertThat(sum(result, MachineEvent.LEAVES_READ)).isEqualTo(harvested);
            }
            case WRITE_PROTECT, WRITE_PROTECT_AD -> {
                assertThat(sum(result, MachineEvent.EPT_VIOLATIONS_WRITE)).isEqualTo(harvested);
                assertThat(violations).isGreaterThanOrEqualTo(harvested);
            }
        }
        if (mode != DirtyLogMode.NONE) {
            assertThat(sum(result, MachineEvent.PAGES_COPIED)).isEqualTo(harvested);
            assertThat(result.epochs()).allMatch(e -> e.pauseHostNs() > 0);
        }
        assertThat(sum(result, MachineEvent.INVEPT_SINGLE)).isGreaterThanOrEqualTo(EPOCHS);
        assertThat(result.epochs()).allMatch(e -> e.pagesTouched() > 10);
    }

    @Test
    void surplusPagesAreThoseThatOnlyWalksWrote() throws Exception {
        DirtyLogResult dirtyBit = run(plan(DirtyLogMode.DIRTY_BIT));
        // PML4, PDPT and directory are walked in every epoch; after the first, none changes.
        assertThat(judged(dirtyBit, HarvestContent::walkOnly)).isGreaterThan(EPOCHS * 2);
        DirtyLogResult classic = run(plan(DirtyLogMode.WRITE_PROTECT));
        assertThat(judged(classic, HarvestContent::walkOnly)).isZero();
        DirtyLogResult walksExit = run(plan(DirtyLogMode.WRITE_PROTECT_AD));
        assertThat(judged(walksExit, HarvestContent::walkOnly)).isGreaterThan(EPOCHS * 2);
        assertThat(sum(walksExit, MachineEvent.EPT_VIOLATIONS_WALK)).isGreaterThan(EPOCHS * 2);
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void theJudgeFindsWhatEveryLogLosesWithoutInvalidation(DirtyLogMode mode) throws Exception {
        DirtyLogPlan plan = plan(mode);
        DirtyLogPlan planted =
                plan.withMachine(plan.machine().withPlant(DirtyLogPlant.LOST_DIRTY_BIT));
        assertThat(judged(run(planted), HarvestContent::missed)).isPositive();
    }
}
