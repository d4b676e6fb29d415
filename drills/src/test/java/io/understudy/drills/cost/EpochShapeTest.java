package io.understudy.drills.cost;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.understudy.drills.comparison.DirtyLogPlan;
import io.understudy.drills.comparison.DirtyLogResult;
import io.understudy.drills.comparison.DirtyLogRun;
import io.understudy.drills.comparison.EpochCost;
import io.understudy.hypervisor.BuiltInGuest;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.EventCounts;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.SystemHostClock;
import io.understudy.hypervisor.VirtualMachineConfig;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The arithmetic of the size sweep against counts of real runs. */
class EpochShapeTest {
    private static final int EPOCHS = 6;
    private static final int WARMUP = 2;
    private static final long EPOCH_INSTRUCTIONS = 1_000_000;
    private static final long WORKING_SET = 32L << 20;

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
    void foretellsTheCountsOfAUniformGuest(DirtyLogMode mode) throws Exception {
        EpochEvents measured = measure(mode);
        EpochShape shape =
                new EpochShape(
                        WORKING_SET >> 12, Math.round(measured.pagesCopied()), 0, Spread.UNIFORM);
        EpochEvents foretold = shape.events(mode);
        near("violations", measured.violations(), foretold.violations());
        near("assists", measured.assists(), foretold.assists());
        near("logged", measured.pmlLogged(), foretold.pmlLogged());
        near("cleared", measured.entriesCleared(), foretold.entriesCleared());
        near("copied", measured.pagesCopied(), foretold.pagesCopied());
        assertThat(measured.pmlFull()).isCloseTo(foretold.pmlFull(), within(1.0));
        assertThat(measured.invepts()).isEqualTo(foretold.invepts());
        if (foretold.entriesRead() > 0) {
            near("read", measured.entriesRead(), foretold.entriesRead());
        }
    }

    /** The guest also touches its code, stack and page tables. */
    private static void near(String what, double measured, double foretold) {
        assertThat(measured).as(what).isCloseTo(foretold, within(0.12 * foretold + 12));
    }

    private static EpochEvents measure(DirtyLogMode mode) throws Exception {
        VirtualMachineConfig machine =
                VirtualMachineConfig.of(64 << 20)
                        .withRunMode(RunMode.FREE)
                        .withDirtyLog(mode)
                        .withParameters(
                                Map.of("working-set", WORKING_SET, "writes-per-second", 100_000L));
        GuestImage dirtier = GuestImage.builtIn(BuiltInGuest.DIRTIER.guestName());
        DirtyLogPlan plan =
                new DirtyLogPlan(
                        machine, dirtier, EPOCH_INSTRUCTIONS, EPOCHS * EPOCH_INSTRUCTIONS, false);
        DirtyLogResult result = DirtyLogRun.run(plan, new SystemHostClock(), epoch -> {});
        List<EpochCost> epochs = result.epochs().subList(WARMUP, EPOCHS);
        EventCounts sum = EventCounts.NONE;
        long touched = 0;
        for (EpochCost epoch : epochs) {
            sum = sum.plus(epoch.events());
            touched += epoch.pagesTouched();
        }
        return EpochEvents.mean(
                true, sum, epochs.size(), epochs.size() * EPOCH_INSTRUCTIONS, 0, touched);
    }
}
