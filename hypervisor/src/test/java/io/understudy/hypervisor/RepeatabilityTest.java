package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The state at an instruction depends on the guest alone. */
class RepeatabilityTest {
    private static final long END = 1_500_000;
    private static final long EPOCH = 50_000;
    private static final Map<String, Long> PARAMETERS =
            Map.of("lines-per-second", 2000L, "working-set-pages", 64L, "writes-per-line", 20L);

    private static VirtualMachineConfig config() {
        return VirtualMachineConfig.of(8 << 20)
                .withRunMode(RunMode.FREE)
                .withParameters(PARAMETERS);
    }

    private static VirtualMachine boot(VirtualMachineConfig config) throws Exception {
        return VirtualMachine.boot(config, GuestImage.builtIn("counter"), new FakeHostClock());
    }

    /** One harvest per epoch, as a protected run does. */
    private static StateDigest digestAtEnd(VirtualMachineConfig config) throws Exception {
        try (VirtualMachine machine = boot(config)) {
            PageSet dirty = new PageSet(machine.layout().regions());
            for (long at = EPOCH; at <= END; at += EPOCH) {
                assertThat(machine.run(at, Long.MAX_VALUE)).isEqualTo(StopCause.INSTRUCTIONS);
                assertThat(machine.instructions()).isEqualTo(at);
                machine.output().release(machine.output().writtenOffset());
                machine.dirtyLog().harvest(dirty);
                dirty.clear();
            }
            return machine.stateDigest();
        }
    }

    @ParameterizedTest
    @EnumSource(DirtyLogMode.class)
    void everyDirtyLogLeavesTheSameState(DirtyLogMode mode) throws Exception {
        StateDigest expected = digestAtEnd(config());
        assertThat(digestAtEnd(config().withDirtyLog(mode))).isEqualTo(expected);
        assertThat(digestAtEnd(config().withDirtyLog(mode).withRunMode(RunMode.PACED)))
                .isEqualTo(expected);
    }

    @Test
    void theDigestSeesADifferentGuest() throws Exception {
        assertThat(digestAtEnd(config().withParameters(Map.of("lines-per-second", 1999L))))
                .isNotEqualTo(digestAtEnd(config()));
    }

    @Test
    void stopsAnywhereAreExactAndLeaveNoTrace() throws Exception {
        long seed = 90210;
        Random random = new Random(seed);
        StateDigest expected;
        try (VirtualMachine machine = boot(config())) {
            machine.run(END, Long.MAX_VALUE);
            expected = machine.stateDigest();
        }
        try (VirtualMachine machine = boot(config())) {
            long at = 0;
            while (at < END) {
                at = Math.min(END, at + 1 + random.nextInt(random.nextBoolean() ? 3 : 5000));
                assertThat(machine.run(at, Long.MAX_VALUE))
                        .as("seed %d", seed)
                        .isEqualTo(StopCause.INSTRUCTIONS);
                assertThat(machine.instructions()).as("seed %d", seed).isEqualTo(at);
            }
            assertThat(machine.stateDigest()).as("seed %d", seed).isEqualTo(expected);
        }
    }
}
