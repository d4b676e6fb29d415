package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.digest.Digest;
import io.understudy.checkpoint.digest.ImageAudit;
import io.understudy.checkpoint.oracle.ContentOracle;
import io.understudy.checkpoint.state.MachineState;
import io.understudy.hypervisor.view.GuestViews;
import io.understudy.hypervisor.view.SharingMethod;
import io.understudy.vmx.ProcessorModel;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Two machines that exchange packets: every way, every dirty log, and who may not. */
class MachinePairTest {
    private static final long TURN = MachinePair.TURN_INSTRUCTIONS;

    private static VirtualMachineConfig machine(DirtyLogMode mode) {
        return VirtualMachineConfig.of(4 << 20).withDirtyLog(mode);
    }

    private static MachinePair.Config config(SharingMethod method, DirtyLogMode mode) {
        return new MachinePair.Config(machine(mode), machine(mode), method, 16, true);
    }

    private static MachinePair boot(MachinePair.Config config) throws Exception {
        return MachinePair.boot(config, GuestImage.builtIn("exchange"), new FakeHostClock());
    }

    private static void run(MachinePair pair, long until) {
        while (pair.instructions() < until) {
            pair.run(until, Long.MAX_VALUE);
            pair.output().release(pair.output().writtenOffset());
            assertThat(pair.exitStatus())
                    .isEqualTo(
                            "first machine: the guest is running;"
                                    + " second machine: the guest is running");
        }
    }

    private static GuestViews views(VirtualMachine machine) {
        return machine.views().orElseThrow();
    }

    /** Exits that the guest caused. */
    private static Map<String, Long> exits(MachinePair pair) {
        Map<String, Long> sum = new HashMap<>(pair.first().exitsByReason());
        pair.second().exitsByReason().forEach((reason, n) -> sum.merge(reason, n, Long::sum));
        sum.remove("preemption-timer");
        return sum;
    }

    @ParameterizedTest
    @EnumSource(SharingMethod.class)
    void packetsGoBothWaysWhole(SharingMethod method) throws Exception {
        try (MachinePair pair = boot(config(method, DirtyLogMode.NONE))) {
            run(pair, 10 * TURN);
            Map<String, Long> before = exits(pair);
            long packetsBefore = packets(pair);
            run(pair, 60 * TURN);
            Map<String, Long> after = exits(pair);
            after.replaceAll((reason, n) -> n - before.getOrDefault(reason, 0L));
            long packets = packets(pair) - packetsBefore;
            assertThat(packets).isGreaterThan(500);
            long exits = after.values().stream().mapToLong(Long::longValue).sum();
            switch (method) {
                case VIEW -> assertThat(exits).as("the fast path has no exits").isZero();
                case COPY -> assertThat(exits).isBetween(packets - 64, packets + packets / 8);
                case GRANT -> assertThat(exits).isBetween(2 * packets - 4, 2 * packets + 4);
            }
            for (VirtualMachine m : new VirtualMachine[] {pair.first(), pair.second()}) {
                assertThat(views(m).report(2)).as("corrupt packets").isZero();
                assertThat(views(m).firstDifference()).isEmpty();
            }
        }
    }

    private static long packets(MachinePair pair) {
        return views(pair.first()).report(1) + views(pair.second()).report(1);
    }

    /** The buffer is seen in the sharing view only; so are its dirty flags. */
    @ParameterizedTest
    @EnumSource(DirtyLogMode.class)
    void whatIsWrittenInTheSharingViewIsHarvested(DirtyLogMode mode) throws Exception {
        everyChangedPageIsHarvested(config(SharingMethod.VIEW, mode), true);
    }

    @ParameterizedTest
    @EnumSource(value = SharingMethod.class, names = "VIEW", mode = EnumSource.Mode.EXCLUDE)
    void theOtherWaysLoseNothingEither(SharingMethod method) throws Exception {
        everyChangedPageIsHarvested(
                config(method, DirtyLogMode.WRITE_PROTECT), method == SharingMethod.GRANT);
    }

    private static void everyChangedPageIsHarvested(MachinePair.Config config, boolean hasBuffer)
            throws Exception {
        try (MachinePair pair = boot(config)) {
            long shared = pair.first().ownPages();
            PageSet harvested = new PageSet(pair.layout().regions());
            PageSet changed = new PageSet(pair.layout().regions());
            long bySecond = 0;
            pair.dirtyLog().harvest(harvested);
            try (ContentOracle oracle = new ContentOracle(pair)) {
                for (int epoch = 1; epoch <= 12; epoch++) {
                    run(pair, epoch * TURN);
                    harvested.clear();
                    pair.dirtyLog().harvest(harvested);
                    changed.clear();
                    oracle.changedPages(changed);
                    // Packets of the second machine are behind the 16 slots of the first one.
                    for (long i = shared + 17; hasBuffer && i < shared + 33; i++) {
                        bySecond += changed.contains(PageId.of(0, i)) ? 1 : 0;
                    }
                    changed.removeAll(harvested);
                    assertThat(changed.size()).as("pages missed in epoch %d", epoch).isZero();
                }
            }
            assertThat(bySecond).isGreaterThanOrEqualTo(hasBuffer ? 16 : 0);
            assertThat(packets(pair)).isGreaterThan(50);
        }
    }

    @Test
    void aSurvivingPairGoesOnAsOne() throws Exception {
        MachinePair.Config config = config(SharingMethod.VIEW, DirtyLogMode.DIRTY_BIT);
        try (MachinePair pair = boot(config);
                MachinePair standby = MachinePair.standby(config, new FakeHostClock())) {
            long at = 5 * TURN;
            run(pair, at);
            while (views(pair.first()).currentView() + views(pair.second()).currentView() == 0) {
                run(pair, at += TURN);
            }
            Survivor.copy(pair, standby);
            assertThat(views(standby.first()).currentView())
                    .isEqualTo(views(pair.first()).currentView());
            assertThat(views(standby.second()).currentView())
                    .isEqualTo(views(pair.second()).currentView());
            pair.activate(); // a fail-over drops translations
            run(pair, at + 10 * TURN);
            run(standby, at + 10 * TURN);
            assertThat(digest(standby)).isEqualTo(digest(pair));
            assertThat(packets(standby)).isEqualTo(packets(pair));
        }
    }

    /** Output that waits for a checkpoint stops a turn; it is not let out to go on. */
    @Test
    void outputWaitsForItsRelease() throws Exception {
        VirtualMachineConfig talkative =
                machine(DirtyLogMode.DIRTY_BIT)
                        .withParameters(Map.of("lines-per-second", 0L, "working-set-pages", 1L));
        MachinePair.Config config =
                new MachinePair.Config(talkative, talkative, SharingMethod.COPY, 16, true);
        try (MachinePair pair =
                MachinePair.boot(config, GuestImage.builtIn("counter"), new FakeHostClock())) {
            long until = 2000 * TURN;
            boolean wasFull = false;
            while (pair.instructions() < until && !wasFull) {
                wasFull = pair.run(until, Long.MAX_VALUE) == StopCause.OUTPUT;
            }
            long written = pair.output().writtenOffset();
            long instructions = pair.instructions();
            assertThat(wasFull).isTrue();
            assertThat(pair.run(until, Long.MAX_VALUE)).isEqualTo(StopCause.OUTPUT);
            assertThat(pair.output().releasedOffset()).isZero();
            assertThat(pair.output().writtenOffset()).isEqualTo(written);
            pair.output().release(written);
            pair.run(instructions + 2 * TURN, Long.MAX_VALUE);
            assertThat(pair.instructions()).isGreaterThan(instructions);
        }
    }

    private static Digest digest(MachinePair pair) {
        StateWriter out = new StateWriter();
        MachineState.save(pair.components(), out);
        Digest memory = ImageAudit.digest(pair.layout().regions(), pair.memory(), 7);
        return new Digest(memory.high() ^ Arrays.hashCode(out.toByteArray()), memory.low());
    }

    @Test
    void sharingOutsideTheProtectedUnitIsRefused() {
        MachinePair.Config alone =
                new MachinePair.Config(
                        machine(DirtyLogMode.DIRTY_BIT),
                        machine(DirtyLogMode.NONE),
                        SharingMethod.VIEW,
                        16,
                        true);
        MachinePair.Config eachByItself =
                new MachinePair.Config(
                        machine(DirtyLogMode.PML),
                        machine(DirtyLogMode.PML),
                        SharingMethod.GRANT,
                        16,
                        false);
        for (MachinePair.Config refused : new MachinePair.Config[] {alone, eachByItself}) {
            assertThatThrownBy(() -> boot(refused))
                    .isInstanceOf(MachineSetupException.class)
                    .hasMessageContaining("would pass the output gate");
        }
    }

    @Test
    void aProcessorWithoutVmFunctionsStillCopiesAndGrants() throws Exception {
        VirtualMachineConfig old =
                machine(DirtyLogMode.NONE).withProcessor(ProcessorModel.BASELINE_NO_AD);
        assertThatThrownBy(
                        () -> boot(new MachinePair.Config(old, old, SharingMethod.VIEW, 16, false)))
                .isInstanceOf(MachineSetupException.class)
                .hasMessageContaining("VMFUNC");
        try (MachinePair pair =
                boot(new MachinePair.Config(old, old, SharingMethod.GRANT, 16, false))) {
            run(pair, 20 * TURN);
            assertThat(packets(pair)).isGreaterThan(50);
        }
    }
}
