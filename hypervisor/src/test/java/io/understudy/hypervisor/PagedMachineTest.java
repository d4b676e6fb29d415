package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.oracle.ContentOracle;
import io.understudy.checkpoint.state.MachineState;
import io.understudy.hypervisor.monitor.MemoryMonitor;
import io.understudy.hypervisor.monitor.MonitorOptions;
import io.understudy.hypervisor.paging.PagingCounters;
import io.understudy.hypervisor.paging.PagingOptions;
import io.understudy.hypervisor.paging.VictimPolicyName;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** A guest with fewer frames than memory is the same guest: nothing lost, nothing stale. */
class PagedMachineTest {
    private static final long MEMORY = 8 << 20;
    private static final long RESIDENT = 512;
    private static final long END = 3_000_000;

    @TempDir private Path folder;
    private int swapFiles;

    private VirtualMachineConfig config() {
        return VirtualMachineConfig.of(MEMORY)
                .withRunMode(RunMode.FREE)
                .withParameters(
                        Map.of(
                                "lines-per-second", 2000L,
                                "working-set-pages", 1200L,
                                "writes-per-line", 60L));
    }

    private PagingOptions paging(VictimPolicyName policy) {
        return new PagingOptions(RESIDENT, policy, folder.resolve("swap" + swapFiles++));
    }

    private static VirtualMachine boot(VirtualMachineConfig config) throws Exception {
        return VirtualMachine.boot(config, GuestImage.builtIn("counter"), new FakeHostClock());
    }

    private static void runTo(VirtualMachine machine, long instruction) {
        while (machine.instructions() < instruction) {
            StopCause cause = machine.run(instruction, Long.MAX_VALUE);
            assertThat(cause)
                    .as(machine.exitStatus())
                    .isIn(StopCause.INSTRUCTIONS, StopCause.OUTPUT);
            machine.output().release(machine.output().writtenOffset());
        }
    }

    private StateDigest expected(DirtyLogMode mode) throws Exception {
        try (VirtualMachine machine = boot(config().withDirtyLog(mode))) {
            runTo(machine, END);
            return machine.stateDigest();
        }
    }

    @ParameterizedTest
    @EnumSource(VictimPolicyName.class)
    void theGuestCannotTell(VictimPolicyName policy) throws Exception {
        VirtualMachineConfig paged =
                config().withDirtyLog(DirtyLogMode.NONE).withPaging(paging(policy));
        try (VirtualMachine machine = boot(paged)) {
            runTo(machine, END);
            assertThat(machine.stateDigest()).isEqualTo(expected(DirtyLogMode.NONE));
            PagingCounters counters = machine.pagingCounters().orElseThrow();
            assertThat(counters.pageIns()).isGreaterThan(1000);
            assertThat(counters.pageOuts()).isGreaterThan(counters.pageIns() / 2);
            assertThat(counters.residentPages()).isLessThanOrEqualTo(RESIDENT);
            assertThat(counters.scans() > 0).isEqualTo(policy == VictimPolicyName.AGEING);
            if (policy == VictimPolicyName.CLOCK) { // which knows not what is in constant use
                EventCounts events = machine.events();
                assertThat(events.of(MachineEvent.EPT_VIOLATIONS_WALK))
                        .as("pages that hold page tables come back")
                        .isGreaterThan(10);
                assertThat(events.of(MachineEvent.EPT_VIOLATIONS_DELIVERY))
                        .as("pages for the delivery of an interrupt come back")
                        .isGreaterThan(10);
            }
        }
    }

    /** Harvests, an aborted checkpoint now and then, and a monitor beside; judged by content. */
    @ParameterizedTest
    @CsvSource({"DIRTY_BIT,AGEING", "DIRTY_BIT,CLOCK", "PML,AGEING", "PML,CLOCK", "HYBRID,AGEING"})
    void noDirtyPageIsLostBetweenCheckpoints(DirtyLogMode mode, VictimPolicyName policy)
            throws Exception {
        long seed = 4711;
        Random random = new Random(seed);
        try (VirtualMachine machine = boot(config().withDirtyLog(mode).withPaging(paging(policy)));
                MemoryMonitor monitor = machine.monitor(MonitorOptions.DEFAULT);
                ContentOracle oracle = new ContentOracle(machine)) {
            PageSet harvested = new PageSet(machine.layout().regions());
            machine.dirtyLog().harvest(harvested);
            PageSet owed = new PageSet(machine.layout().regions());
            PageSet missed = new PageSet(machine.layout().regions());
            long at = 0;
            while (at < END) {
                at = Math.min(END, at + 1 + random.nextInt(60_000));
                runTo(machine, at);
                harvested.clear();
                machine.dirtyLog().harvest(harvested);
                oracle.changedPages(owed);
                missed.clear();
                missed.addAll(owed);
                missed.removeAll(harvested);
                assertThat(missed.isEmpty()).as("harvest at %d, seed %d", at, seed).isTrue();
                if (random.nextInt(5) == 0) {
                    machine.dirtyLog().giveBack(harvested);
                } else {
                    owed.clear();
                }
                if (random.nextInt(4) == 0) {
                    monitor.end();
                }
            }
            assertThat(machine.pagingCounters().orElseThrow().pageIns()).isGreaterThan(500);
            assertThat(machine.stateDigest()).isEqualTo(expected(mode));
        }
    }

    /** Epochs of any length, aborted checkpoints, and a failover somewhere; then the same again. */
    @ParameterizedTest
    @CsvSource({"1, DIRTY_BIT", "2, PML", "3, HYBRID", "4, DIRTY_BIT"})
    void aFailoverBetweenPagedMachinesLosesNothing(long seed, DirtyLogMode mode) throws Exception {
        Random random = new Random(seed);
        VirtualMachineConfig config = config().withDirtyLog(mode);
        VirtualMachineConfig primary = config.withPaging(paging(VictimPolicyName.AGEING));
        VirtualMachineConfig backup = config.withPaging(paging(VictimPolicyName.CLOCK));
        try (VirtualMachine first = boot(primary);
                VirtualMachine second = VirtualMachine.standby(backup, new FakeHostClock())) {
            long failsAt = END / 4 + random.nextLong(END / 2);
            byte[] state = replicate(first, second, failsAt, random);
            runTo(first, first.instructions() + random.nextInt(50_000)); // lost with the host
            MachineState.restore(second.layout(), second.components(), state);
            second.activate();
            assertThat(second.instructions()).as("seed %d", seed).isLessThanOrEqualTo(failsAt);
            try (ContentOracle oracle = new ContentOracle(second)) {
                checkpointTo(second, oracle, random);
            }
            assertThat(second.stateDigest()).as("seed %d", seed).isEqualTo(expected(mode));
            assertThat(second.pagingCounters().orElseThrow().pageIns()).isGreaterThan(200);
        }
    }

    /** Carries checkpoints over until the first machine fails; returns the last state. */
    private static byte[] replicate(
            VirtualMachine first, VirtualMachine second, long failsAt, Random random) {
        PageSet dirty = new PageSet(first.layout().regions());
        first.dirtyLog().harvest(dirty);
        dirty.addAll();
        byte[] page = new byte[4096];
        byte[] state = {};
        for (long at = 1; at <= failsAt; at += 1 + random.nextInt(120_000)) {
            runTo(first, at);
            first.dirtyLog().harvest(dirty);
            if (at > 1 && random.nextInt(5) == 0) {
                first.dirtyLog().giveBack(dirty);
                dirty.clear();
                continue;
            }
            for (long id = dirty.next(0); id >= 0; id = dirty.next(id + 1)) {
                first.memory().readPage(id, MemorySegment.ofArray(page), 0);
                second.memory().writePage(id, MemorySegment.ofArray(page), 0);
            }
            dirty.clear();
            StateWriter writer = new StateWriter();
            MachineState.save(first.components(), writer);
            state = writer.toByteArray();
        }
        return state;
    }

    /** The survivor is protected in its turn, to the end. */
    private static void checkpointTo(VirtualMachine machine, ContentOracle oracle, Random random) {
        PageSet harvested = new PageSet(machine.layout().regions());
        PageSet changed = new PageSet(machine.layout().regions());
        machine.dirtyLog().harvest(harvested);
        while (machine.instructions() < END) {
            runTo(machine, Math.min(END, machine.instructions() + 1 + random.nextInt(120_000)));
            harvested.clear();
            machine.dirtyLog().harvest(harvested);
            changed.clear();
            oracle.changedPages(changed);
            changed.removeAll(harvested);
            assertThat(changed.isEmpty()).as("at %d", machine.instructions()).isTrue();
        }
    }

    /** Host time passes, and the guest gets no further. */
    private static void runToStall(VirtualMachine machine, FakeHostClock clock) {
        StopCause cause = StopCause.OUTPUT;
        while (cause == StopCause.OUTPUT) {
            machine.output().release(machine.output().writtenOffset());
            cause = machine.run(END, clock.nowNs() + 50_000_000);
        }
        assertThat(cause).isEqualTo(StopCause.DEADLINE);
    }

    @Test
    void aSwapFileThatFailsPausesTheGuestUntilItWorksAgain() throws Exception {
        FailingSwap swap = new FailingSwap();
        FakeHostClock clock = new FakeHostClock();
        VirtualMachineConfig config = config().withPaging(paging(VictimPolicyName.CLOCK));
        try (VirtualMachine machine =
                VirtualMachine.boot(config, GuestImage.builtIn("counter"), clock, path -> swap)) {
            runTo(machine, 400_000);
            swap.isFull = true;
            runToStall(machine, clock);
            assertThat(machine.stall().orElse("")).contains("no space left");
            assertThat(machine.exitStatus()).contains("paused").contains("no space left");
            long stoppedAt = machine.instructions();
            machine.run(END, clock.nowNs() + 50_000_000);
            assertThat(machine.instructions()).isEqualTo(stoppedAt);
            swap.isFull = false;
            runTo(machine, END);
            assertThat(machine.stall()).isEmpty();
            assertThat(machine.stateDigest()).isEqualTo(expected(DirtyLogMode.DIRTY_BIT));
        }
    }

    @Test
    void aPageThatCannotBeReadPausesTheGuestUntilItCan() throws Exception {
        FailingSwap swap = new FailingSwap();
        FakeHostClock clock = new FakeHostClock();
        VirtualMachineConfig config = config().withPaging(paging(VictimPolicyName.AGEING));
        try (VirtualMachine machine =
                VirtualMachine.boot(config, GuestImage.builtIn("counter"), clock, path -> swap)) {
            runTo(machine, 800_000);
            swap.isBroken = true;
            runToStall(machine, clock);
            assertThat(machine.exitStatus()).contains("paused").contains("input/output error");
            swap.isBroken = false;
            runTo(machine, END);
            assertThat(machine.stateDigest()).isEqualTo(expected(DirtyLogMode.DIRTY_BIT));
        }
    }

    @Test
    void impossibleCombinationsAreRefusedInOneSentence() {
        assertThatThrownBy(() ->
                        boot(
                                config().withDirtyLog(DirtyLogMode.WRITE_PROTECT)
                                        .withPaging(paging(VictimPolicyName.CLOCK))))
                .isInstanceOf(MachineSetupException.class)
                .hasMessageContaining("write-protect");
        assertThatThrownBy(() ->
                        boot(
                                config().withPaging(
                                                new PagingOptions(
                                                        10,
                                                        VictimPolicyName.CLOCK,
                                                        folder.resolve("s")))))
                .isInstanceOf(MachineSetupException.class)
                .hasMessageContaining("256");
        assertThatThrownBy(() ->
                        boot(
                                config().withPaging(
                                                new PagingOptions(
                                                        RESIDENT,
                                                        VictimPolicyName.CLOCK,
                                                        folder.resolve("none").resolve("s")))))
                .isInstanceOf(MachineSetupException.class)
                .hasMessageContaining("swap file");
    }

    /** A frame that is reused while a translation to it is cached shows in the guest's state. */
    @Test
    void aMissingInvalidationIsFound() throws Exception {
        VirtualMachineConfig broken =
                config().withPaging(paging(VictimPolicyName.CLOCK))
                        .withPlant(DirtyLogPlant.LOST_DIRTY_BIT);
        try (VirtualMachine machine = boot(broken)) {
            StopCause cause = StopCause.OUTPUT;
            while (cause == StopCause.OUTPUT) {
                machine.output().release(machine.output().writtenOffset());
                cause = machine.run(END, Long.MAX_VALUE);
            }
            assertThat(machine.stateDigest()).isNotEqualTo(expected(DirtyLogMode.DIRTY_BIT));
        }
    }

    @Test
    void theRegionIsAsLargeAsWithoutPaging() throws Exception {
        try (VirtualMachine machine = boot(config().withPaging(paging(VictimPolicyName.CLOCK)))) {
            MemoryRegion ram = machine.layout().regions().getFirst();
            assertThat(ram.pages()).isEqualTo(MEMORY / 4096);
        }
    }
}
