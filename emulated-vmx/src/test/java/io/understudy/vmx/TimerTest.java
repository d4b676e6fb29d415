package io.understudy.vmx;

import static io.understudy.vmx.GuestMachine.*;
import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The VMX-preemption timer and the local APIC timer expire at exact instruction counts. */
class TimerTest {
    private static final long HANDLER_STACK = STACK_TOP - 0x800;
    private static final long DR7_EXECUTE = 0x401;
    private static final long DR7_WRITE_8 = 0x401 | 1 << 16 | 2 << 18;

    /** inc eax; jmp back: two instructions a round. */
    private static final String LOOP = "ffc0 ebfc";

    private static GuestMachine withTimer(String code, long ticks) {
        GuestMachine m = GuestMachine.of(code);
        m.set(PIN_BASED_VM_EXECUTION_CONTROLS, PIN_PREEMPTION_TIMER);
        m.lp.vmwrite(GUEST_PREEMPTION_TIMER_VALUE, ticks);
        return m;
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 7, 999, 50_000, 50_001, 123_457, 1_000_000})
    void preemptionTimerExpiresAfterExactlySoManyInstructions(long instructions) {
        try (GuestMachine m = withTimer(LOOP, instructions * 10)) {
            assertThat(m.runTo()).isEqualTo(ExitReason.PREEMPTION_TIMER);
            assertThat(m.lp.clock().retired()).isEqualTo(instructions);
            assertThat(m.lp.gpr(0)).isEqualTo((instructions + 1) / 2);
            assertThat(m.rip()).isEqualTo(CODE + (instructions & 1) * 2);
        }
    }

    @Test
    void aTimerOfZeroExitsBeforeTheFirstInstructionButAfterInjection() {
        try (GuestMachine m = withTimer(LOOP, 0)) {
            m.setGate(0x40, CODE + 0x100);
            m.lp.vmwrite(GUEST_RFLAGS, 0x202);
            m.lp.vmwrite(VM_ENTRY_INTERRUPTION_INFORMATION, 0x8000_0040L);
            assertThat(m.runTo()).isEqualTo(ExitReason.PREEMPTION_TIMER);
            assertThat(m.rip()).isEqualTo(CODE + 0x100);
            assertThat(m.lp.clock().retired()).isZero();
        }
    }

    /** #UD is handled by the code itself, from its start, on a stack of its own. */
    private static GuestMachine withHandlerAtItsCode(String code, long ticks, boolean stepped) {
        GuestMachine m = withTimer(code, ticks);
        if (stepped) {
            m.lp.traceTo(line -> {});
        }
        m.write64(TSS + 0x24, HANDLER_STACK);
        m.setGate(6, CODE, 0x8e, 1);
        m.lp.vmwrite(EXCEPTION_BITMAP, 0);
        return m;
    }

    /** Found by MachineFuzzTest, seed 20261130: a handler that faults at once ran for ever. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exceptionsWithoutEndReachTheDeadline(boolean stepped) {
        // ud2, whose handler is itself on a stack of its own
        try (GuestMachine m = withHandlerAtItsCode("0f0b", 1000, stepped)) {
            assertThat(m.runTo()).isEqualTo(ExitReason.PREEMPTION_TIMER);
            assertThat(m.rip()).isEqualTo(CODE);
            assertThat(m.lp.clock().retired()).isZero();
            assertThat(m.lp.clock().nowNs()).isEqualTo(1000);
        }
    }

    /** Found by MachineFuzzTest, seed 20261130: so did a handler of #DB with a breakpoint on it. */
    @Test
    void aBreakpointOnItsOwnHandlerReachesTheDeadline() {
        try (GuestMachine m = withBreakpointHandlerAtItsCode("90", CODE, DR7_EXECUTE)) {
            assertThat(m.runTo()).isEqualTo(ExitReason.PREEMPTION_TIMER);
            assertThat(m.rip()).isEqualTo(CODE);
            assertThat(m.lp.clock().retired()).isZero();
            assertThat(m.lp.clock().nowNs()).isEqualTo(1000);
        }
    }

    /** The frame of #DB is what the next #DB is about. */
    @Test
    void aBreakpointOnItsOwnStackReachesTheDeadline() {
        // mov [SS of the frame], rax
        String store = "48890425%08x".formatted(Integer.reverseBytes((int) HANDLER_STACK - 8));
        try (GuestMachine m =
                withBreakpointHandlerAtItsCode(store, HANDLER_STACK - 8, DR7_WRITE_8)) {
            assertThat(m.runTo()).isEqualTo(ExitReason.PREEMPTION_TIMER);
            assertThat(m.rip()).isEqualTo(CODE);
            assertThat(m.lp.clock().retired()).isOne();
            assertThat(m.lp.clock().nowNs()).isEqualTo(1000);
        }
    }

    @Test
    void debugExceptionsWithoutEndReachTheInstructionTimeout() {
        try (GuestMachine m = withBreakpointHandlerAtItsCode("90", CODE, DR7_EXECUTE)) {
            m.set(
                    SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS,
                    VmxControls.SECONDARY_INSTRUCTION_TIMEOUT);
            m.lp.vmwrite(INSTRUCTION_TIMEOUT, 100);
            assertThat(m.runTo()).isEqualTo(ExitReason.INSTRUCTION_TIMEOUT);
            assertThat(m.lp.clock().nowNs()).isZero();
        }
    }

    /** #DB is handled by the code itself, from its start, on a stack of its own. */
    private static GuestMachine withBreakpointHandlerAtItsCode(
            String code, long address, long dr7) {
        GuestMachine m = withHandlerAtItsCode(code, 1000, false);
        m.setGate(1, CODE, 0x8e, 1);
        m.lp.setDr(0, address);
        m.lp.vmwrite(GUEST_DR7, dr7);
        return m;
    }

    /** However the instructions in between are counted, they are progress. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void exceptionsWithAnInstructionInBetweenTakeNoTime(boolean stepped) {
        // nop; ud2, whose handler is the nop on a stack of its own
        try (GuestMachine m = withHandlerAtItsCode("90 0f0b", 150_000, stepped)) {
            assertThat(m.runTo()).isEqualTo(ExitReason.PREEMPTION_TIMER);
            assertThat(m.lp.clock().retired()).isEqualTo(15_000);
            assertThat(m.lp.clock().nowNs()).isEqualTo(150_000);
        }
    }

    @Test
    void theRestIsSavedAndCountsOn() {
        try (GuestMachine m = withTimer("ffc0 0fa2 ffc0 ebfc", 50)) {
            m.set(PRIMARY_VM_EXIT_CONTROLS, EXIT_SAVE_PREEMPTION_TIMER);
            assertThat(m.runTo()).isEqualTo(ExitReason.CPUID);
            assertThat(m.lp.vmread(GUEST_PREEMPTION_TIMER_VALUE)).isEqualTo(40);
            m.skip();
            assertThat(m.runTo()).isEqualTo(ExitReason.PREEMPTION_TIMER);
            assertThat(m.lp.vmread(GUEST_PREEMPTION_TIMER_VALUE)).isZero();
            assertThat(m.lp.clock().retired()).isEqualTo(5);
        }
    }

    @Test
    void iterationsOfARepeatedStringCount() {
        // mov ecx, 100; mov edi, b000; rep stosb; hlt
        try (GuestMachine m = withTimer("b9 64000000 bf 00b00000 f3aa f4", 420)) {
            assertThat(m.runTo()).isEqualTo(ExitReason.PREEMPTION_TIMER);
            assertThat(m.lp.clock().retired()).isEqualTo(42);
            assertThat(m.lp.gpr(1)).as("RCX").isEqualTo(60);
            assertThat(m.rip()).as("restartable").isEqualTo(CODE + 10);
        }
    }

    @Test
    void haltedTimeIsSkipped() {
        try (GuestMachine m = withTimer("f4 ebfe", 1_000_000)) {
            m.clear(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, PRIMARY_HLT_EXITING);
            assertThat(m.runTo()).isEqualTo(ExitReason.PREEMPTION_TIMER);
            assertThat(m.lp.vmread(GUEST_ACTIVITY_STATE)).isEqualTo(1);
            assertThat(m.lp.clock().retired()).isEqualTo(1);
            assertThat(m.lp.clock().nowNs()).isEqualTo(1_000_000);
        }
    }

    @Test
    void tscDeadlineInterruptExitsAtItsTime() {
        try (GuestMachine m = GuestMachine.of(LOOP)) {
            m.lp.wrmsr(0x80f, 0x1ff);
            m.lp.wrmsr(0x832, 1 << 18 | 0x51);
            m.lp.wrmsr(0x6e0, 12_345);
            assertThat(m.runTo()).isEqualTo(ExitReason.EXTERNAL_INTERRUPT);
            assertThat(m.lp.clock().retired()).isEqualTo(1_235);
            assertThat(m.lp.rdmsr(0x6e0)).isZero();
        }
    }

    @Test
    void periodicTimerRepeatsAndItsCountRunsDown() {
        try (GuestMachine m = GuestMachine.of(LOOP)) {
            m.lp.wrmsr(0x80f, 0x1ff);
            m.lp.wrmsr(0x83e, 0xb);
            m.lp.wrmsr(0x832, 1 << 17 | 0x51);
            m.lp.wrmsr(0x838, 10_000);
            for (int period = 1; period <= 3; period++) {
                assertThat(m.runTo()).isEqualTo(ExitReason.EXTERNAL_INTERRUPT);
                assertThat(m.lp.clock().retired()).isEqualTo(1_000L * period);
                assertThat(m.lp.rdmsr(0x839)).isEqualTo(10_000);
                m.lp.wrmsr(0x80b, 0);
            }
        }
    }

    @Test
    void guestTimeStampFollowsInstructionsAndOffset() {
        // rdtsc; hlt
        try (GuestMachine m = GuestMachine.of("90 90 0f31 f4")) {
            m.set(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, PRIMARY_TSC_OFFSETTING);
            m.lp.vmwrite(TSC_OFFSET, 1_000);
            m.runTo();
            assertThat(m.lp.gpr(0)).isEqualTo(1_020);
            assertThat(m.lp.rdtsc()).isEqualTo(30);
        }
    }

    @Test
    void hostHaltSkipsTimeUnlessAnInterruptIsPending() {
        try (GuestMachine m = GuestMachine.of(LOOP)) {
            m.lp.haltUntil(5_000);
            assertThat(m.lp.rdtsc()).isEqualTo(5_000);
            m.lp.interrupt(0x51);
            m.lp.haltUntil(9_000);
            assertThat(m.lp.rdtsc()).isEqualTo(5_000);
        }
    }
}
