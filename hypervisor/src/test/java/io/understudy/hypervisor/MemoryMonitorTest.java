package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.oracle.ContentOracle;
import io.understudy.hypervisor.monitor.ActivityInterval;
import io.understudy.hypervisor.monitor.Granularity;
import io.understudy.hypervisor.monitor.MemoryMonitor;
import io.understudy.hypervisor.monitor.MonitorOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Watching memory: what is counted, and that a protected machine loses nothing by it. */
class MemoryMonitorTest {
    private static final long INTERVAL = 400_000;

    private static VirtualMachineConfig config() {
        return VirtualMachineConfig.of(8 << 20)
                .withRunMode(RunMode.FREE)
                .withParameters(
                        Map.of(
                                "lines-per-second", 3000L,
                                "working-set-pages", 300L,
                                "writes-per-line", 40L));
    }

    private static VirtualMachine boot(DirtyLogMode mode) throws Exception {
        return VirtualMachine.boot(
                config().withDirtyLog(mode), GuestImage.builtIn("counter"), new FakeHostClock());
    }

    private static void runTo(VirtualMachine machine, long instruction) {
        while (machine.instructions() < instruction) {
            machine.run(instruction, Long.MAX_VALUE);
            machine.output().release(machine.output().writtenOffset());
        }
    }

    @Test
    void countsPagesAndTheRegionsThatHoldThem() throws Exception {
        try (VirtualMachine machine = boot(DirtyLogMode.NONE);
                MemoryMonitor monitor = machine.monitor(MonitorOptions.DEFAULT)) {
            runTo(machine, INTERVAL);
            monitor.end();
            runTo(machine, 3 * INTERVAL);
            ActivityInterval interval = monitor.end();
            assertThat(interval.index()).isEqualTo(2);
            assertThat(interval.startInstruction()).isEqualTo(INTERVAL);
            assertThat(interval.endInstruction()).isEqualTo(3 * INTERVAL);
            assertThat(interval.accessed().pages()).isBetween(301L, 330L);
            assertThat(interval.modified().pages())
                    .isGreaterThanOrEqualTo(300)
                    .isLessThan(interval.accessed().pages());
            assertThat(interval.accessed().regions2M()).isBetween(1L, 3L);
            assertThat(interval.accessed().regions1G()).isOne();
            assertThat(interval.leavesRead()).isPositive();
            long inCells = 0;
            for (int cell = 0; cell < interval.heat().cells(); cell++) {
                inCells += interval.heat().accessed(cell);
            }
            assertThat(inCells).isEqualTo(interval.accessed().pages());
        }
    }

    @Test
    void anIdleStretchShowsNothing() throws Exception {
        try (VirtualMachine machine = boot(DirtyLogMode.NONE);
                MemoryMonitor monitor = machine.monitor(MonitorOptions.DEFAULT)) {
            runTo(machine, INTERVAL);
            monitor.end();
            ActivityInterval idle = monitor.end();
            assertThat(idle.accessed().pages()).isZero();
            assertThat(idle.modified().pages()).isZero();
            assertThat(idle.leavesRead()).as("pruned at the top").isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(Granularity.class)
    void largerMappingsSeeAtLeastAsMuch(Granularity granularity) throws Exception {
        try (VirtualMachine machine = boot(DirtyLogMode.NONE);
                MemoryMonitor monitor =
                        machine.monitor(MonitorOptions.DEFAULT.withGranularity(granularity))) {
            runTo(machine, INTERVAL);
            ActivityInterval interval = monitor.end();
            assertThat(interval.accessed().pages()).isGreaterThanOrEqualTo(300);
            if (granularity == Granularity.TWO_MIB) {
                assertThat(interval.accessed().pages() % 512).isZero();
            }
        }
    }

    @Test
    void keptTranslationsHideWhatIsInConstantUse() throws Exception {
        try (VirtualMachine machine = boot(DirtyLogMode.NONE);
                MemoryMonitor monitor =
                        machine.monitor(MonitorOptions.DEFAULT.withInvalidates(false))) {
            runTo(machine, INTERVAL);
            assertThat(monitor.end().accessed().pages()).isGreaterThan(300);
            runTo(machine, 2 * INTERVAL);
            assertThat(monitor.end().accessed().pages()).isLessThan(100);
        }
    }

    /** The dirty log and the monitor share the flags: neither may take them from the other. */
    @ParameterizedTest
    @EnumSource(DirtyLogMode.class)
    void aProtectedMachineLosesNoPageAndEndsInTheSameState(DirtyLogMode mode) throws Exception {
        if (!MonitorSetup.isPossible(mode)) {
            assertThatThrownBy(() -> boot(mode).monitor(MonitorOptions.DEFAULT))
                    .isInstanceOf(MachineSetupException.class)
                    .hasMessageContaining(mode.optionName());
            return;
        }
        long seed = 77;
        List<Long> stops = stops(seed);
        StateDigest expected = protectedRun(mode, stops, false, seed);
        assertThat(protectedRun(mode, stops, true, seed)).isEqualTo(expected);
    }

    private static List<Long> stops(long seed) {
        Random random = new Random(seed);
        List<Long> stops = new ArrayList<>();
        long at = 0;
        for (int i = 0; i < 120; i++) {
            at += 1 + random.nextInt(i % 4 == 0 ? 100 : 20_000);
            stops.add(at);
        }
        return stops;
    }

    /** Harvests at one half of the stops, at random, and watches at the other. */
    private static StateDigest protectedRun(
            DirtyLogMode mode, List<Long> stops, boolean watches, long seed) throws Exception {
        Random random = new Random(seed);
        try (VirtualMachine machine = boot(mode);
                ContentOracle oracle = new ContentOracle(machine)) {
            MemoryMonitor monitor = watches ? machine.monitor(MonitorOptions.DEFAULT) : null;
            PageSet harvested = new PageSet(machine.layout().regions());
            PageSet missing = new PageSet(machine.layout().regions());
            machine.dirtyLog().harvest(harvested);
            long seen = 0;
            for (long stop : stops) {
                runTo(machine, stop);
                if (random.nextBoolean()) {
                    harvested.clear();
                    machine.dirtyLog().harvest(harvested);
                    missing.clear();
                    oracle.changedPages(missing);
                    missing.removeAll(harvested);
                    assertThat(missing.size()).as("missed at %d, seed %d", stop, seed).isZero();
                } else if (monitor != null) {
                    seen += monitor.end().modified().pages();
                }
            }
            assertThat(seen > 0).as("the monitor sees something").isEqualTo(watches);
            return machine.stateDigest();
        }
    }

    @Test
    void impossibleCombinationsAreRefusedInOneSentence() throws Exception {
        try (VirtualMachine machine = boot(DirtyLogMode.DIRTY_BIT)) {
            assertThatThrownBy(() -> machine.monitor(MonitorOptions.DEFAULT.withInvalidates(false)))
                    .isInstanceOf(MachineSetupException.class)
                    .hasMessageContaining("without invalidation");
            assertThatThrownBy(() ->
                            machine.monitor(
                                    MonitorOptions.DEFAULT.withGranularity(Granularity.TWO_MIB)))
                    .isInstanceOf(MachineSetupException.class)
                    .hasMessageContaining("2M");
        }
    }

    @Test
    void periodicIntervalsFollowTheHostClock() throws Exception {
        FakeHostClock clock = new FakeHostClock();
        List<ActivityInterval> intervals = new ArrayList<>();
        try (VirtualMachine machine =
                VirtualMachine.boot(
                        config().withRunMode(RunMode.PACED),
                        GuestImage.builtIn("counter"),
                        clock)) {
            machine.watchMemory(MonitorOptions.DEFAULT, 1_000_000, intervals::add);
            for (int i = 0; i < 30; i++) {
                machine.run(Long.MAX_VALUE, clock.nowNs() + 500_000);
                machine.output().release(machine.output().writtenOffset());
            }
        }
        assertThat(intervals).hasSizeBetween(5, 15);
        assertThat(intervals).allSatisfy(i -> assertThat(i.accessed().pages()).isPositive());
    }
}
