package io.understudy.hypervisor.interrupt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.digest.Digest;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.vmx.ExitReason;
import io.understudy.vmx.ProcessorModel;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The same guest in every stage: the same state, and the exits that each stage takes away. */
class InterruptStagesTest {
    private static final long RUN_NS = 4_000_000;
    private static final VirtualMachineConfig CONFIG = VirtualMachineConfig.of(4 << 20);

    /** Every stage once; tests only look. */
    private static final Map<InterruptStage, Result> ALL = new EnumMap<>(InterruptStage.class);

    /** What a run left. */
    private record Result(Digest digest, GuestReport report, InterruptCounters counters) {
        long of(ExitReason reason) {
            return counters.of(reason);
        }

        long register(String name) {
            return counters.byRegister().getOrDefault(name, 0L);
        }
    }

    @BeforeAll
    static void runEveryStage() throws Exception {
        for (InterruptStage stage : InterruptStage.values()) {
            try (InterruptMachine machine =
                    InterruptMachine.boot(CONFIG, stage, GuestImage.builtIn("interrupts"))) {
                machine.run(RUN_NS, () -> false);
                assertThat(machine.hasEnded()).as(machine.exitStatus()).isFalse();
                ALL.put(stage, new Result(machine.digest(), machine.report(), machine.counters()));
            }
        }
    }

    private static Result result(InterruptStage stage) {
        return Objects.requireNonNull(ALL.get(stage));
    }

    @ParameterizedTest
    @EnumSource(ApicMode.class)
    void everyStageLeavesTheGuestInTheSameState(ApicMode mode) {
        Map<InterruptStage, Result> results = new EnumMap<>(ALL);
        results.keySet().removeIf(stage -> stage.mode() != mode);
        Result first = result(InterruptStage.of(mode).getFirst());
        assertThat(first.report().errors()).isZero();
        assertThat(first.report().counts())
                .hasSize(10)
                .allSatisfy((name, count) -> {
                    if (!name.equals("errors")) {
                        assertThat(count).as(name).isGreaterThan(20);
                    }
                });
        results.forEach((stage, result) -> {
            assertThat(result.report()).as(stage.stageName()).isEqualTo(first.report());
            assertThat(result.digest()).as(stage.stageName()).isEqualTo(first.digest());
        });
    }

    @Test
    void eachStageOfXapicModeTakesItsExitsAway() {
        Result mmio = result(InterruptStage.MMIO);
        Result accesses = result(InterruptStage.APIC_ACCESSES);
        Result shadow = result(InterruptStage.TPR_SHADOW);
        Result registers = result(InterruptStage.REGISTERS);
        Result delivery = result(InterruptStage.DELIVERY);
        Result posted = result(InterruptStage.POSTED);

        assertThat(mmio.of(ExitReason.APIC_ACCESS)).isZero();
        assertThat(mmio.of(ExitReason.EPT_VIOLATION)).isGreaterThan(1000);
        assertThat(mmio.counters().instructionEmulations()).isGreaterThan(1000);

        assertThat(accesses.of(ExitReason.EPT_VIOLATION)).isLessThan(10);
        assertThat(accesses.of(ExitReason.APIC_ACCESS))
                .isEqualTo(mmio.counters().instructionEmulations())
                .isEqualTo(accesses.counters().instructionEmulations());
        assertThat(accesses.register("tpr-write")).isPositive();
        assertThat(accesses.of(ExitReason.CR_ACCESS)).isPositive();

        assertThat(shadow.register("tpr-write")).isZero();
        assertThat(shadow.of(ExitReason.CR_ACCESS)).isZero();
        assertThat(shadow.of(ExitReason.TPR_BELOW_THRESHOLD)).isPositive();
        assertThat(shadow.of(ExitReason.APIC_WRITE)).isZero();

        assertThat(registers.register("id-read")).isZero();
        assertThat(registers.register("icr-read")).isZero();
        assertThat(registers.register("icr-high-write")).isZero();
        assertThat(registers.of(ExitReason.APIC_WRITE)).isPositive();
        assertThat(registers.of(ExitReason.INTERRUPT_WINDOW)).isPositive();
        // What the processor cannot know is still decoded: PPR and current count.
        assertThat(registers.counters().byRegister().keySet())
                .containsExactlyInAnyOrder(
                        "current-count-read",
                        "ppr-read",
                        "divide-write",
                        "eoi-write",
                        "icr-write",
                        "initial-count-write",
                        "lvt-timer-write",
                        "svr-write");

        assertThat(delivery.register("eoi-write")).isZero();
        assertThat(delivery.of(ExitReason.INTERRUPT_WINDOW)).isZero();
        assertThat(delivery.of(ExitReason.TPR_BELOW_THRESHOLD)).isZero();
        assertThat(delivery.of(ExitReason.VIRTUALIZED_EOI))
                .isEqualTo(delivery.report().count("deviceLevel"));
        assertThat(delivery.register("icr-write")).isLessThan(registers.register("icr-write"));
        assertThat(delivery.counters().kicksSent()).isGreaterThan(20);

        assertPosted(delivery, posted);
    }

    @Test
    void eachStageOfX2apicModeTakesItsExitsAway() {
        Result msr = result(InterruptStage.X2_MSR);
        Result shadow = result(InterruptStage.X2_TPR_SHADOW);
        Result registers = result(InterruptStage.X2_REGISTERS);
        Result delivery = result(InterruptStage.X2_DELIVERY);

        assertThat(msr.counters().instructionEmulations()).isZero();
        assertThat(msr.of(ExitReason.CR_ACCESS)).isPositive();
        assertThat(msr.register("tpr-write")).isPositive();

        assertThat(shadow.of(ExitReason.CR_ACCESS)).isZero();
        assertThat(shadow.register("tpr-write")).isEqualTo(msr.register("tpr-write"));

        assertThat(registers.register("tpr-write")).isZero();
        assertThat(registers.register("id-read")).isZero();
        assertThat(registers.register("isr-read")).isZero();
        assertThat(registers.register("eoi-write")).isEqualTo(msr.register("eoi-write"));

        assertThat(delivery.register("eoi-write")).isZero();
        assertThat(delivery.register("self-ipi-write")).isZero();
        assertThat(delivery.register("ppr-read")).isZero();
        assertThat(delivery.of(ExitReason.INTERRUPT_WINDOW)).isZero();
        assertThat(delivery.of(ExitReason.APIC_WRITE)).isZero();

        assertPosted(delivery, result(InterruptStage.X2_POSTED));
    }

    /** Only level interrupts, which cannot be posted, still end in an exit. */
    private static void assertPosted(Result delivery, Result posted) {
        long level = posted.report().count("deviceLevel");
        assertThat(posted.counters().kicksSent()).isZero();
        assertThat(posted.counters().notificationsSent()).isGreaterThan(20);
        assertThat(posted.of(ExitReason.EXTERNAL_INTERRUPT))
                .isLessThanOrEqualTo(level)
                .isLessThan(delivery.of(ExitReason.EXTERNAL_INTERRUPT));
        for (ExitReason reason : ExitReason.values()) {
            if (reason != ExitReason.EXTERNAL_INTERRUPT) {
                assertThat(posted.of(reason)).as(reason.kebabName()).isEqualTo(delivery.of(reason));
            }
        }
    }

    @Test
    void aGuestOfOneProcessorRunsInX2apicMode() throws Exception {
        for (InterruptStage stage : InterruptStage.of(ApicMode.X2APIC)) {
            try (InterruptMachine machine =
                    InterruptMachine.boot(
                            CONFIG.withParameters(
                                    Map.of("line-limit", 3L, "lines-per-second", 500L)),
                            stage,
                            GuestImage.builtIn("counter"))) {
                machine.run(Long.MAX_VALUE, () -> false);
                assertThat(machine.exitStatus()).isEqualTo("the guest exited with status 0");
                assertThat(machine.output()).hasLineCount(3).startsWith("line 00000001");
                assertThat(machine.report().counts()).isEmpty();
            }
        }
    }

    @Test
    void aGuestThatNeedsTheOtherModeFailsWithASentence() throws Exception {
        try (InterruptMachine machine =
                InterruptMachine.boot(CONFIG, InterruptStage.MMIO, GuestImage.builtIn("counter"))) {
            machine.run(10_000_000, () -> false);
            assertThat(machine.hasFailed()).isTrue();
            assertThat(machine.exitStatus()).contains("the guest exited with status");
        }
    }

    @Test
    void aStageThatTheProcessorModelLacksIsRefused() throws Exception {
        VirtualMachineConfig old = CONFIG.withProcessor(ProcessorModel.BASELINE_NO_APICV);
        InterruptMachine.standby(old, InterruptStage.TPR_SHADOW).close();
        assertThatThrownBy(() -> InterruptMachine.standby(old, InterruptStage.POSTED))
                .isInstanceOf(MachineSetupException.class)
                .hasMessage(
                        "stage posted-interrupts needs posted interrupts and APIC-register"
                                + " virtualization and virtual-interrupt delivery, which processor"
                                + " model baseline-no-apicv lacks");
    }

    @Test
    void anImpossibleMemorySizeIsRefused() {
        assertThatThrownBy(() ->
                        InterruptMachine.boot(
                                VirtualMachineConfig.of(4095),
                                InterruptStage.MMIO,
                                GuestImage.builtIn("interrupts")))
                .isInstanceOf(MachineSetupException.class)
                .hasMessageContaining("guest memory must be a multiple of 4096");
    }
}
