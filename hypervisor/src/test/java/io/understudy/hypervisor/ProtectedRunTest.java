package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The machine under the whole checkpoint pipeline, without a network: capture, encode, decode,
 * verify, apply, promote.
 */
class ProtectedRunTest {
    private static final VirtualMachineConfig CONFIG =
            VirtualMachineConfig.of(8 << 20)
                    .withRunMode(RunMode.FREE)
                    .withParameters(
                            Map.of(
                                    "lines-per-second", 3000L,
                                    "working-set-pages", 200L,
                                    "writes-per-line", 50L));

    private static ProtectedPair pair(VirtualMachineConfig config) throws Exception {
        return new ProtectedPair(config, GuestImage.builtIn("counter"));
    }

    @Test
    void everyEpochIsVerifiedAndTheSurvivorGoesOn() throws Exception {
        long seed = 1201;
        Random random = new Random(seed);
        try (ProtectedPair run = pair(CONFIG)) {
            for (int i = 0; i < 60; i++) {
                run.epoch(1 + random.nextInt(30_000));
                assertThat(run.copy.digest())
                        .as("seed %d epoch %d", seed, i + 1)
                        .isEqualTo(run.copy.audit());
            }
            assertThat(run.copy.isComplete()).isTrue();
            StateDigest atEpoch = run.primary.stateDigest();
            run.copy.promote();
            assertThat(run.standby.stateDigest()).isEqualTo(atEpoch);

            long end = run.primary.instructions() + 1_000_000;
            run.primary.run(end, Long.MAX_VALUE);
            run.standby.run(end, Long.MAX_VALUE);
            assertThat(run.standby.stateDigest()).isEqualTo(run.primary.stateDigest());
            long[] numbers = CounterOutput.lineNumbers(CounterOutput.releaseAll(run.standby));
            CounterOutput.assertConsecutive(numbers, 1);
            assertThat(numbers.length).isGreaterThan(50);
        }
    }

    @Test
    void aLostDirtyBitEndsTheSurvivorWithAnErrorLine() throws Exception {
        try (ProtectedPair run = pair(CONFIG.withPlant(DirtyLogPlant.LOST_DIRTY_BIT))) {
            for (int i = 0; i < 60; i++) {
                run.epoch(30_000);
            }
            assertThat(run.copy.isComplete()).isTrue();
            run.copy.promote();
            assertThat(run.standby.stateDigest()).isNotEqualTo(run.primary.stateDigest());
            StopCause cause = run.standby.run(Long.MAX_VALUE, 60_000_000_000L);
            assertThat(cause).isIn(StopCause.EXITED, StopCause.DEAD);
            assertThat(CounterOutput.releaseAll(run.standby)).contains("error write ");
            assertThat(run.standby.debugExitValue()).isEqualTo(1);
        }
    }
}
