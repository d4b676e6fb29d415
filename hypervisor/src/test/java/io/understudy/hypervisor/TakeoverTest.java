package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.checkpoint.StateComponent;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.state.MachineState;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** A standby that was filled from harvested pages and saved components goes on as the original. */
class TakeoverTest {
    private static final VirtualMachineConfig CONFIG =
            VirtualMachineConfig.of(8 << 20)
                    .withRunMode(RunMode.FREE)
                    .withParameters(
                            Map.of(
                                    "lines-per-second", 3000L,
                                    "working-set-pages", 100L,
                                    "writes-per-line", 30L));

    private static VirtualMachine boot(VirtualMachineConfig config) throws Exception {
        return VirtualMachine.boot(config, GuestImage.builtIn("counter"), new FakeHostClock());
    }

    private static byte[] save(VirtualMachine machine) {
        StateWriter out = new StateWriter();
        MachineState.save(machine.components(), out);
        return out.toByteArray();
    }

    private static void copy(VirtualMachine from, VirtualMachine to, PageSet pages) {
        MemorySegment page = MemorySegment.ofArray(new byte[PageId.PAGE_BYTES]);
        for (long p = pages.next(0); p >= 0; p = pages.next(p + 1)) {
            from.memory().readPage(p, page, 0);
            to.memory().writePage(p, page, 0);
        }
    }

    @Test
    void survivorContinuesFromTheLastCheckpointAtAnyInstruction() throws Exception {
        long seed = 31337;
        Random random = new Random(seed);
        try (VirtualMachine primary = boot(CONFIG);
                VirtualMachine backup = VirtualMachine.standby(CONFIG, new FakeHostClock())) {
            PageSet dirty = new PageSet(primary.layout().regions());
            dirty.addAll();
            copy(primary, backup, dirty);
            long at = 0;
            for (int epoch = 1; epoch <= 40; epoch++) {
                at += 1 + random.nextInt(40_000);
                primary.run(at, Long.MAX_VALUE);
                primary.output().release(primary.output().writtenOffset());
                dirty.clear();
                primary.dirtyLog().harvest(dirty);
                copy(primary, backup, dirty);
                MachineState.restore(backup.layout(), backup.components(), save(primary));
                backup.activate();
                assertThat(backup.stateDigest())
                        .as("seed %d epoch %d", seed, epoch)
                        .isEqualTo(primary.stateDigest());
            }
            for (VirtualMachine machine : new VirtualMachine[] {primary, backup}) {
                long end = at;
                for (int i = 0; i < 5; i++) {
                    end += 60_000;
                    assertThat(machine.run(end, Long.MAX_VALUE)).isEqualTo(StopCause.INSTRUCTIONS);
                    machine.output().release(machine.output().writtenOffset());
                }
            }
            assertThat(backup.stateDigest()).isEqualTo(primary.stateDigest());
            long[] numbers = CounterOutput.lineNumbers(CounterOutput.releaseAll(primary));
            CounterOutput.assertConsecutive(numbers, 1);
        }
    }

    @Test
    void aFormerPrimaryTakesAnotherImage() throws Exception {
        try (VirtualMachine a = boot(CONFIG);
                VirtualMachine b = boot(CONFIG.withDirtyLog(DirtyLogMode.NONE))) {
            a.run(200_000, Long.MAX_VALUE);
            b.run(777_777, Long.MAX_VALUE);
            PageSet all = new PageSet(a.layout().regions());
            all.addAll();
            copy(a, b, all);
            MachineState.restore(b.layout(), b.components(), save(a));
            b.activate();
            assertThat(b.stateDigest()).isEqualTo(a.stateDigest());
            a.run(400_000, Long.MAX_VALUE);
            b.run(400_000, Long.MAX_VALUE);
            assertThat(b.stateDigest()).isEqualTo(a.stateDigest());
        }
    }

    @Test
    void damagedStateIsRefusedOrHarmlessAndChangesNothingWhenRefused() throws Exception {
        long seed = 77;
        Random random = new Random(seed);
        try (VirtualMachine machine = boot(CONFIG)) {
            machine.run(300_000, Long.MAX_VALUE);
            for (StateComponent component : machine.components()) {
                StateWriter out = new StateWriter();
                component.save(out);
                byte[] good = out.toByteArray();
                for (int length = 0; length < Math.min(good.length, 1000); length++) {
                    byte[] cut = Arrays.copyOf(good, length);
                    assertThatThrownBy(() -> component.restore(reader(component, cut)))
                            .as("%s cut to %d", component.name(), length)
                            .isInstanceOf(CorruptStateException.class)
                            .hasMessageContaining(component.name());
                }
                byte[] longer = Arrays.copyOf(good, good.length + 1);
                assertThatThrownBy(() -> component.restore(reader(component, longer)))
                        .isInstanceOf(CorruptStateException.class);
                for (int round = 0; round < 500; round++) {
                    byte[] damaged = good.clone();
                    damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
                    try {
                        component.restore(reader(component, damaged));
                        component.restore(reader(component, good));
                    } catch (CorruptStateException expected) {
                        out.reset();
                        component.save(out);
                        assertThat(out.toByteArray())
                                .as("seed %d %s", seed, expected.getMessage())
                                .isEqualTo(good);
                    }
                }
            }
        }
    }

    @Test
    void aStateThatNoProcessorMayEnterEndsTheGuestWithASentence() throws Exception {
        try (VirtualMachine machine = boot(CONFIG)) {
            machine.run(1000, Long.MAX_VALUE);
            StateComponent vcpu = machine.components().getFirst();
            StateWriter out = new StateWriter();
            vcpu.save(out);
            byte[] state = out.toByteArray();
            Arrays.fill(state, 8 * 37, 8 * 38, (byte) 0); // CS rights: not present
            vcpu.restore(reader(vcpu, state));
            machine.activate();
            assertThat(machine.run(2000, Long.MAX_VALUE)).isEqualTo(StopCause.DEAD);
            assertThat(machine.exitStatus())
                    .isEqualTo("VM entry failed with entry-failure-guest-state, qualification 0");
        }
    }

    @Test
    void aHostileVcpuStateNeverBreaksTheHypervisor() throws Exception {
        long seed = 4096;
        Random random = new Random(seed);
        try (VirtualMachine machine = boot(CONFIG)) {
            machine.run(300_000, Long.MAX_VALUE);
            StateComponent vcpu = machine.components().getFirst();
            StateWriter out = new StateWriter();
            vcpu.save(out);
            byte[] good = out.toByteArray();
            int accepted = 0;
            for (int round = 0; round < 3000; round++) {
                byte[] damaged = good.clone();
                for (int i = random.nextInt(4); i >= 0; i--) {
                    int at = random.nextInt(83 * 8); // all but the counts
                    damaged[at] ^= (byte) (1 << random.nextInt(8));
                }
                try {
                    vcpu.restore(reader(vcpu, damaged));
                } catch (CorruptStateException refused) {
                    continue;
                }
                accepted++;
                machine.activate();
                StopCause cause = machine.run(machine.instructions() + 200, Long.MAX_VALUE);
                assertThat(cause)
                        .as("seed %d round %d", seed, round)
                        .isIn(
                                StopCause.INSTRUCTIONS,
                                StopCause.DEAD,
                                StopCause.EXITED,
                                StopCause.OUTPUT);
            }
            assertThat(accepted).isGreaterThan(300);
        }
    }

    @Test
    void anotherMachineParameterIsRefused() throws Exception {
        VirtualMachineConfig slower = CONFIG.withNsPerInstruction(20);
        try (VirtualMachine machine = boot(CONFIG);
                VirtualMachine other = VirtualMachine.standby(slower, new FakeHostClock())) {
            byte[] state = save(machine);
            assertThatThrownBy(
                            () -> MachineState.restore(other.layout(), other.components(), state))
                    .isInstanceOf(CorruptStateException.class)
                    .hasMessage(
                            "state of vcpu0: NS_PER_INSTRUCTION is 10, this machine was built with"
                                    + " 20");
        }
    }

    private static StateReader reader(StateComponent component, byte[] bytes) {
        return new StateReader("state of " + component.name(), bytes);
    }
}
