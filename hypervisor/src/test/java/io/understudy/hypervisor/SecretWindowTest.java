package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.oracle.ContentOracle;
import io.understudy.hypervisor.view.GuestViews;
import io.understudy.hypervisor.view.ViewEvent.Kind;
import io.understudy.vmx.ProcessorModel;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A thread that works on a secret inside a window, and an attacker beside it. */
class SecretWindowTest {
    private static final VirtualMachineConfig CONFIG =
            VirtualMachineConfig.of(4 << 20)
                    .withRunMode(RunMode.FREE)
                    .withDirtyLog(DirtyLogMode.NONE)
                    .withParameters(Map.of("rounds", 300L, "windows-per-attempt", 2L));

    private static VirtualMachine boot(VirtualMachineConfig config) throws Exception {
        return VirtualMachine.bootWithWindow(
                config, GuestImage.builtIn("window"), new FakeHostClock());
    }

    private static void run(VirtualMachine machine, long until) {
        while (machine.instructions() < until) {
            machine.run(until, Long.MAX_VALUE);
            machine.output().release(machine.output().writtenOffset());
            assertThat(machine.exitStatus()).isEqualTo("the guest is running");
        }
    }

    private static long splitmix(long value, int rounds) {
        long x = value;
        for (int i = 0; i < rounds; i++) {
            x += 0x9e3779b97f4a7c15L;
            x = (x ^ x >>> 30) * 0xbf58476d1ce4e5b9L;
            x = (x ^ x >>> 27) * 0x94d049bb133111ebL;
            x ^= x >>> 31;
        }
        return x;
    }

    @Test
    void theThreadInsideWorksOnTheSecretAndNobodyElseSeesIt() throws Exception {
        try (VirtualMachine machine = boot(CONFIG)) {
            run(machine, 100_000);
            GuestViews views = machine.views().orElseThrow();
            assertThat(views.hasWindow()).isTrue();
            for (long question = 1; question <= 50; question++) {
                views.writeSecret(1, question * 0x1234_5678_9abcL);
                views.writeSecret(0, question);
                run(machine, machine.instructions() + 200_000);
                assertThat(views.readSecret(2)).isEqualTo(question);
                assertThat(views.readSecret(3))
                        .isEqualTo(splitmix(question * 0x1234_5678_9abcL, 300));
            }
            Map<Kind, Long> counts = views.counts();
            for (Kind kind : Kind.values()) {
                if (kind != Kind.BUFFER_OUTSIDE) {
                    assertThat(counts.get(kind)).as(kind.word()).isGreaterThan(10);
                }
            }
            assertThat(views.report(0)).as("windows").isGreaterThan(200);
            assertThat(views.report(1)).as("attempts").isGreaterThan(100);
            assertThat(views.report(3)).as("leaked").isZero();
            assertThat(views.firstDifference()).isEmpty();
        }
    }

    /** Only the thread inside writes to the secret page, so only the secret view has its flags. */
    @ParameterizedTest
    @EnumSource(DirtyLogMode.class)
    void whatIsWrittenInsideIsHarvested(DirtyLogMode mode) throws Exception {
        try (VirtualMachine machine = boot(CONFIG.withDirtyLog(mode))) {
            run(machine, 100_000);
            PageSet harvested = new PageSet(machine.layout().regions());
            PageSet changed = new PageSet(machine.layout().regions());
            long secretChanges = 0;
            try (ContentOracle oracle = new ContentOracle(machine)) {
                machine.views().orElseThrow().writeSecret(0, 1);
                oracle.changedPages(changed);
                long secretPage = changed.next(0);
                machine.dirtyLog().harvest(harvested);
                for (int epoch = 0; epoch < 40; epoch++) {
                    run(machine, machine.instructions() + 20_011);
                    harvested.clear();
                    machine.dirtyLog().harvest(harvested);
                    changed.clear();
                    oracle.changedPages(changed);
                    secretChanges += changed.contains(secretPage) ? 1 : 0;
                    changed.removeAll(harvested);
                    assertThat(changed.size()).as("pages missed in epoch %d", epoch).isZero();
                }
            }
            assertThat(secretChanges).isGreaterThan(20);
            assertThat(machine.views().orElseThrow().firstDifference()).isEmpty();
        }
    }

    @Test
    void aSurvivorGoesOnInTheViewThatItWasIn() throws Exception {
        VirtualMachineConfig config = CONFIG.withDirtyLog(DirtyLogMode.DIRTY_BIT);
        try (VirtualMachine machine = boot(config);
                VirtualMachine standby =
                        VirtualMachine.standbyWithWindow(config, new FakeHostClock())) {
            long at = 300_000;
            run(machine, at);
            while (machine.views().orElseThrow().currentView() == 0) {
                run(machine, at += 137);
            }
            Survivor.copy(machine, standby);
            assertThat(standby.views().orElseThrow().currentView()).isEqualTo(1);
            assertThat(standby.stateDigest()).isEqualTo(machine.stateDigest());
            machine.activate(); // a fail-over drops translations
            run(machine, at + 2_000_000);
            run(standby, at + 2_000_000);
            assertThat(standby.stateDigest()).isEqualTo(machine.stateDigest());
            assertThat(standby.views().orElseThrow().report(3)).isZero();
        }
    }

    @Test
    void everyDirtyLogLeavesTheGuestInTheSameState() throws Exception {
        StateDigest expected = null;
        for (DirtyLogMode mode : DirtyLogMode.values()) {
            try (VirtualMachine machine = boot(CONFIG.withDirtyLog(mode))) {
                PageSet harvested = new PageSet(machine.layout().regions());
                for (int epoch = 1; epoch <= 20; epoch++) {
                    run(machine, epoch * 50_003L);
                    machine.dirtyLog().harvest(harvested);
                }
                StateDigest digest = machine.stateDigest();
                expected = expected == null ? digest : expected;
                assertThat(digest).as(mode.optionName()).isEqualTo(expected);
            }
        }
    }

    @Test
    void aProcessorWithoutVmFunctionsIsRefused() {
        assertThatThrownBy(() ->
                        boot(
                                CONFIG.withProcessor(ProcessorModel.BASELINE_NO_AD)
                                        .withDirtyLog(DirtyLogMode.NONE)))
                .isInstanceOf(MachineSetupException.class)
                .hasMessageContaining("VMFUNC")
                .hasMessageContaining("baseline-no-ad");
    }

    @Test
    void withoutViewsACallDoesNotExist() throws Exception {
        try (VirtualMachine machine =
                VirtualMachine.boot(CONFIG, GuestImage.builtIn("window"), new FakeHostClock())) {
            machine.run(1_000_000, Long.MAX_VALUE);
            assertThat(machine.views()).isEmpty();
            assertThat(machine.exitStatus()).contains("status");
        }
    }
}
