package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.PageSet;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
        ContentOracle oracle = new ContentOracle(machine);
        PageSet harvested = new PageSet(machine.layout().regions());
        machine.dirtyLog().harvest(harvested);
        long missed = 0;
        long changed = 0;
        long at = 0;
        for (int epoch = 1; epoch <= EPOCHS; epoch++) {
            at += 1 + random.nextInt(epoch % 4 == 0 ? 100 : 40_000);
            machine.run(at, Long.MAX_VALUE);
            machine.output().release(machine.output().writtenOffset());
            harvested.clear();
            machine.dirtyLog().harvest(harvested);
            PageSet truth = oracle.changedPages();
            changed += truth.size();
            missed += ContentOracle.missing(machine, truth, harvested).size();
        }
        assertThat(changed).as("the guest writes").isGreaterThan(1000);
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
        try (VirtualMachine machine = boot(VirtualMachineConfig.of(4 << 20))) {
            ContentOracle oracle = new ContentOracle(machine);
            PageSet harvested = new PageSet(machine.layout().regions());
            machine.run(1_000_000, Long.MAX_VALUE);
            machine.dirtyLog().harvest(harvested);
            oracle.changedPages();
            harvested.clear();
            machine.run(1_050_000, Long.MAX_VALUE);
            machine.dirtyLog().harvest(harvested);
            long changed = oracle.changedPages().size();
            // Page tables are dirtied by the processor's walks, without a change in content.
            assertThat(harvested.size()).isBetween(changed, changed + 8);
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
            assertThat(ContentOracle.missing(machine, first, second).isEmpty()).isTrue();
        }
    }

    @Test
    void theOracleSeesTheLostDirtyBit() throws Exception {
        long seed = 6;
        try (VirtualMachine machine =
                boot(VirtualMachineConfig.of(4 << 20).withPlant(DirtyLogPlant.LOST_DIRTY_BIT))) {
            assertThat(pagesMissed(machine, seed)).as("seed %d", seed).isGreaterThan(100);
        }
    }
}
