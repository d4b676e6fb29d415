package io.understudy.hypervisor;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.guest.MachineCode;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The counter guest on the whole machine: real guest code, devices, timer. */
class CounterGuestTest {
    private static final long MEMORY = 16 << 20;

    private static VirtualMachine boot(RunMode mode, Map<String, Long> parameters)
            throws Exception {
        return VirtualMachine.boot(
                VirtualMachineConfig.of(MEMORY)
                        .withRunMode(mode)
                        .withTlbCheck(true)
                        .withParameters(parameters),
                GuestImage.builtIn("counter"),
                new FakeHostClock());
    }

    @Test
    void printsLinesAndExits() throws Exception {
        try (VirtualMachine machine =
                boot(
                        RunMode.FREE,
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
            assertThat(machine.run(Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(StopCause.EXITED);
        }
    }

    @Test
    void pacedGuestPrintsAtItsRateOfHostTime() throws Exception {
        try (VirtualMachine machine =
                boot(RunMode.PACED, Map.of("lines-per-second", 100L, "writes-per-line", 16L))) {
            assertThat(machine.run(Long.MAX_VALUE, 1_000_000_000)).isEqualTo(StopCause.DEADLINE);
            long[] numbers = CounterOutput.lineNumbers(CounterOutput.releaseAll(machine));
            CounterOutput.assertConsecutive(numbers, 1);
            assertThat(numbers.length).isBetween(98, 100);
            assertThat(machine.exitsByReason()).containsKeys("hlt", "wrmsr", "preemption-timer");
        }
    }

    @Test
    void freeGuestSkipsItsIdleTime() throws Exception {
        FakeHostClock clock = new FakeHostClock();
        try (VirtualMachine machine =
                VirtualMachine.boot(
                        VirtualMachineConfig.of(MEMORY)
                                .withRunMode(RunMode.FREE)
                                .withParameters(
                                        Map.of("lines-per-second", 1L, "line-limit", 1000L)),
                        GuestImage.builtIn("counter"),
                        clock)) {
            assertThat(machine.run(Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(StopCause.EXITED);
            assertThat(CounterOutput.lineNumbers(CounterOutput.releaseAll(machine))).hasSize(1000);
            assertThat(clock.nowNs()).as("ns for 1000 virtual seconds").isLessThan(5_000_000_000L);
        }
    }

    @Test
    void badParametersEndInAnErrorLine() throws Exception {
        try (VirtualMachine machine = boot(RunMode.FREE, Map.of("working-set-pages", 1L << 40))) {
            assertThat(machine.run(Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(StopCause.EXITED);
            assertThat(CounterOutput.releaseAll(machine))
                    .startsWith("error working-set-pages must be 1 to 3");
            assertThat(machine.debugExitValue()).isEqualTo(2);
            assertThat(machine.exitStatus()).isEqualTo("the guest exited with status 2");
        }
    }

    @Test
    void stopsWhenOutputPiledUpAndGoesOnWhenItWasReleased() throws Exception {
        // 1: mov dx, 0x3f8; out dx, al; jmp 1b
        int[] code = {0x66, 0xba, 0xf8, 0x03, 0xee, 0xeb, 0xf9};
        try (VirtualMachine machine =
                VirtualMachine.boot(
                        VirtualMachineConfig.of(MEMORY).withRunMode(RunMode.FREE),
                        MachineCode.image(code),
                        new FakeHostClock())) {
            assertThat(machine.run(Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(StopCause.OUTPUT);
            long written = machine.output().writtenOffset();
            assertThat(written).isBetween(512L << 10, 520L << 10);
            assertThat(machine.run(Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(StopCause.OUTPUT);
            assertThat(machine.output().writtenOffset()).isEqualTo(written);
            machine.output().release(written);
            assertThat(machine.run(machine.instructions() + 300, Long.MAX_VALUE))
                    .isEqualTo(StopCause.INSTRUCTIONS);
            assertThat(machine.output().writtenOffset()).isEqualTo(written + 149);
        }
    }

    @Test
    void anInterruptedRunReturnsAndTheGuestGoesOn() throws Exception {
        try (VirtualMachine machine = boot(RunMode.FREE, Map.of())) {
            machine.interruptRun();
            assertThat(machine.run(Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(StopCause.DEADLINE);
            assertThat(machine.run(50_000, Long.MAX_VALUE)).isEqualTo(StopCause.INSTRUCTIONS);
            assertThat(machine.instructions()).isEqualTo(50_000);
        }
    }
}
