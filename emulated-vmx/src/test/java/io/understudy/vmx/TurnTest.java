package io.understudy.vmx;

import static io.understudy.vmx.GuestMachine.*;
import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** Several processors of a Java host: turns that the guest cannot see, and interrupts between. */
class TurnTest {
    /** inc eax; jmp back: two instructions a round. */
    private static final String LOOP = "ffc0 ebfc";

    private static final int MSR_EOI = 0x80b;
    private static final int MSR_SPURIOUS = 0x80f;
    private static final int MSR_ICR = 0x830;

    @Test
    void aTurnEndsAtItsInstructionWithoutAnExit() {
        try (GuestMachine m = GuestMachine.of(LOOP)) {
            m.set(PIN_BASED_VM_EXECUTION_CONTROLS, PIN_PREEMPTION_TIMER);
            m.lp.vmwrite(GUEST_PREEMPTION_TIMER_VALUE, 1000);
            m.lp.endTurnAt(300);
            assertThat(m.lp.vmlaunch()).isEqualTo(LogicalProcessor.TURN_OVER);
            assertThat(m.lp.clock().retired()).isEqualTo(30);
            m.lp.endTurnAt(710);
            assertThat(m.lp.goOn()).isEqualTo(LogicalProcessor.TURN_OVER);
            assertThat(m.lp.clock().retired()).isEqualTo(71);
            m.lp.endTurnAt(Long.MAX_VALUE);
            assertThat(m.lp.goOn()).isEqualTo(ExitReason.PREEMPTION_TIMER.number());
            assertThat(m.lp.clock().retired()).isEqualTo(100);
            assertThat(m.lp.gpr(0)).isEqualTo(50);
            assertThatThrownBy(m.lp::goOn).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void anInterruptBetweenTurnsFindsTheProcessorInTheGuest() {
        try (GuestMachine m = GuestMachine.of(LOOP)) {
            m.lp.endTurnAt(300);
            assertThat(m.lp.vmlaunch()).isEqualTo(LogicalProcessor.TURN_OVER);
            m.lp.interrupt(0x55);
            m.lp.endTurnAt(600);
            assertThat(m.lp.goOn()).isEqualTo(ExitReason.EXTERNAL_INTERRUPT.number());
            assertThat(m.lp.clock().retired()).isEqualTo(30);
            assertThat(m.lp.vmread(EXIT_INTERRUPTION_INFORMATION) & 0xff).isEqualTo(0x55);
            m.lp.wrmsr(MSR_EOI, 0);
        }
    }

    @Test
    void processorsOfOnePlatformSendEachOtherInterrupts() {
        PlatformConfig config =
                new PlatformConfig(1 << 20, 2, 10, 1, false, ProcessorModel.BASELINE);
        try (Platform platform = new Platform(config)) {
            LogicalProcessor sender = platform.processor(0);
            LogicalProcessor receiver = platform.processor(1);
            receiver.wrmsr(MSR_SPURIOUS, 0x1ff);
            sender.wrmsr(MSR_ICR, 1L << 32 | 0x61);
            sender.wrmsr(MSR_ICR, 1L << 32 | 0x72);
            assertThat(sender.takeInterrupt()).isEqualTo(-1);
            assertThat(receiver.takeInterrupt()).isEqualTo(0x72);
            assertThat(receiver.takeInterrupt()).isEqualTo(0x61);
            assertThat(receiver.takeInterrupt()).isEqualTo(-1);
        }
    }

    @Test
    void timeThatTheHostSpendsPassesWhateverIsPending() {
        try (GuestMachine m = GuestMachine.of(LOOP)) {
            m.lp.interrupt(0x55);
            m.lp.spendUntil(500);
            assertThat(m.lp.rdtsc()).isEqualTo(500);
            m.lp.spendUntil(400);
            assertThat(m.lp.rdtsc()).isEqualTo(500);
        }
    }
}
