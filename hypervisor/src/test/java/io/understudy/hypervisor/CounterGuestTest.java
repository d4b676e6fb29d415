package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The counter guest on the whole machine: real guest code, devices, timer. */
class CounterGuestTest {
    private static final long MEMORY = 16 << 20;

    private static VirtualMachine boot(Map<String, Long> parameters) throws Exception {
        return VirtualMachine.boot(
                VirtualMachineConfig.of(MEMORY)
                        .withRunMode(RunMode.FREE)
                        .withTlbCheck(true)
                        .withParameters(parameters),
                GuestImage.builtIn("counter"),
                new SystemHostClock());
    }

    @Test
    void printsLinesAndExits() throws Exception {
        try (VirtualMachine machine =
                boot(
                        Map.of(
                                "line-limit", 20L,
                                "lines-per-second", 0L,
                                "working-set-pages", 8L,
                                "writes-per-line", 5L))) {
            StopCause cause = machine.run(Long.MAX_VALUE, Long.MAX_VALUE);
            String text = CounterOutput.releaseAll(machine);
            assertThat(cause).as("%s%n%s", machine.exitStatus(), text).isEqualTo(StopCause.EXITED);
            assertThat(machine.exitStatus()).isEqualTo("the guest exited with status 0");
            assertThat(machine.debugExitValue()).isZero();
            long[] numbers = CounterOutput.lineNumbers(text);
            assertThat(numbers).hasSize(20);
            CounterOutput.assertConsecutive(numbers, 1);
            assertThat(machine.exitsByReason()).containsKeys("io-instruction", "ept-violation");
        }
    }
}
