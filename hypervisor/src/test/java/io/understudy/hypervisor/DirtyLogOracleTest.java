package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.oracle.ContentOracle;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Promise 6: no dirty page is ever missed. The oracle compares all of memory. */
class DirtyLogOracleTest {
    private static final int EPOCHS = 120;

    private static VirtualMachine boot(VirtualMachineConfig config) throws Exception {
        return VirtualMachine.boot(
                config.withRunMode(RunMode.FREE)
                        .withParameters(
                                Map.of(
                                        "lines-per-second", 3000L,
                                        "working-set-pages", 300L,
                                        "writes-per-line", 40L)),
                GuestImage.builtIn("counter"),
                new FakeHostClock());
    }

    /** Runs epochs of random length and returns how many changed pages harvests lacked. */
    private static long pagesMissed(VirtualMachine machine, long seed) {
        Random random = new Random(seed);
        PageSet harvested = new PageSet(machine.layout().regions());
        PageSet changed = new PageSet(machine.layout().regions());
        long missed = 0;
        long changes = 0;
        long at = 0;
        try (ContentOracle oracle = new ContentOracle(machine)) {
            machine.dirtyLog().harvest(harvested);
            for (int epoch = 1; epoch <= EPOCHS; epoch++) {
                at += 1 + random.nextInt(epoch % 4 == 0 ? 100 : 40_000);
                machine.run(at, Long.MAX_VALUE);
                machine.output().release(machine.output().writtenOffset());
                harvested.clear();
                machine.dirtyLog().harvest(harvested);
                changed.clear();
                oracle.changedPages(changed);
                changes += changed.size();
                changed.removeAll(harvested);
                missed += changed.size();
            }
        }
        assertThat(changes).as("the guest writes").isGreaterThan(1000);
        return missed;
    }

    @ParameterizedTest
    @EnumSource(DirtyLogMode.class)
    void everyChangedPageIsHarvested(DirtyLogMode mode) throws Exception {
        long seed = 6;
        try (VirtualMachine machine = boot(VirtualMachineConfig.of(4 << 20).withDirtyLog(mode))) {
            assertThat(pagesMissed(machine, seed)).as("seed %d", seed).isZero();
        }
    }

    @Test
    void dirtyBitHarvestsLittleMoreThanWhatChanged() throws Exception {
        try (VirtualMachine machine = boot(VirtualMachineConfig.of(4 << 20));
                ContentOracle oracle = new ContentOracle(machine)) {
            PageSet harvested = new PageSet(machine.layout().regions());
            machine.run(1_000_000, Long.MAX_VALUE);
            machine.dirtyLog().harvest(harvested);
            oracle.changedPages(new PageSet(machine.layout().regions()));
            harvested.clear();
            machine.run(1_050_000, Long.MAX_VALUE);
            machine.dirtyLog().harvest(harvested);
            PageSet changed = new PageSet(machine.layout().regions());
            oracle.changedPages(changed);
            // Page tables are dirtied by the processor's walks, without a change in content.
            assertThat(harvested.size()).isBetween(changed.size(), changed.size() + 8);
        }
    }

    @Test
    void pagesReturnedByAFailedCheckpointAreHarvestedAgain() throws Exception {
        try (VirtualMachine machine = boot(VirtualMachineConfig.of(4 << 20))) {
            PageSet first = new PageSet(machine.layout().regions());
            machine.run(500_000, Long.MAX_VALUE);
            machine.dirtyLog().harvest(first);
            machine.dirtyLog().giveBack(first);
            machine.run(500_010, Long.MAX_VALUE);
            PageSet second = new PageSet(machine.layout().regions());
            machine.dirtyLog().harvest(second);
            first.removeAll(second);
            assertThat(first.isEmpty()).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
    void theOracleSeesTheLostDirtyBitInEveryMode(DirtyLogMode mode) throws Exception {
        assertThat(missedWith(DirtyLogPlant.LOST_DIRTY_BIT, mode)).isGreaterThan(100);
    }

    @Test
    void theOracleSeesTheUndrainedLog() throws Exception {
        assertThat(missedWith(DirtyLogPlant.UNDRAINED_LOG, DirtyLogMode.PML)).isGreaterThan(100);
    }

    @Test
    void theOracleSeesTheStolenAccessedFlag() throws Exception {
        assertThat(missedWith(DirtyLogPlant.STOLEN_ACCESSED_FLAG, DirtyLogMode.DIRTY_BIT))
                .isGreaterThan(100);
    }

    @Test
    void theOracleSeesTheRegionLeftOpen() throws Exception {
        assertThat(missedWith(DirtyLogPlant.REGION_LEFT_OPEN, DirtyLogMode.HYBRID))
                .isGreaterThan(100);
    }

    /** A bug in what a mode does not use is none. */
    @Test
    void aPlantHitsNoOtherMode() throws Exception {
        assertThat(missedWith(DirtyLogPlant.UNDRAINED_LOG, DirtyLogMode.DIRTY_BIT)).isZero();
        assertThat(missedWith(DirtyLogPlant.STOLEN_ACCESSED_FLAG, DirtyLogMode.PML)).isZero();
        assertThat(missedWith(DirtyLogPlant.REGION_LEFT_OPEN, DirtyLogMode.DIRTY_BIT)).isZero();
    }

    private static long missedWith(DirtyLogPlant plant, DirtyLogMode mode) throws Exception {
        VirtualMachineConfig config = VirtualMachineConfig.of(4 << 20).withDirtyLog(mode);
        try (VirtualMachine machine = boot(config.withPlant(plant))) {
            return pagesMissed(machine, 6);
        }
    }
}
