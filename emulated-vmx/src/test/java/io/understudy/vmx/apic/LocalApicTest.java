package io.understudy.vmx.apic;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Priorities, service and the timer of the local APIC. */
class LocalApicTest {
    private final LocalApic apic = new LocalApic(3);

    private void ask(int vector) {
        apic.request(vector);
        apic.collect(0);
    }

    @Test
    void theHighestVectorComesFirstAndMasksItsClass() {
        ask(0x51);
        ask(0x62);
        ask(0x6f);
        assertThat(apic.acknowledge()).isEqualTo(0x6f);
        assertThat(apic.pendingVector()).as("same class").isEqualTo(LocalApic.NONE);
        ask(0x70);
        assertThat(apic.acknowledge()).as("nests").isEqualTo(0x70);
        assertThat(apic.write(LocalApic.EOI, 0, 0)).isTrue();
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NONE);
        apic.write(LocalApic.EOI, 0, 0);
        assertThat(apic.acknowledge()).isEqualTo(0x62);
        apic.write(LocalApic.EOI, 0, 0);
        assertThat(apic.acknowledge()).isEqualTo(0x51);
    }

    @Test
    void taskPriorityMasksItsClassAndBelow() {
        ask(0x51);
        apic.setTaskPriorityClass(5);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NONE);
        assertThat(apic.read(LocalApic.PPR, 0)).isEqualTo(0x50);
        apic.setTaskPriorityClass(4);
        assertThat(apic.pendingVector()).isEqualTo(0x51);
    }

    @Test
    void reservedAndReadOnlyWritesAreRefused() {
        assertThat(apic.write(LocalApic.EOI, 1, 0)).isFalse();
        assertThat(apic.write(LocalApic.ID, 1, 0)).isFalse();
        assertThat(apic.write(LocalApic.TPR, 0x100, 0)).isFalse();
        assertThat(apic.write(LocalApic.SVR, 1L << 32, 0)).isFalse();
        assertThat(apic.write(0x04, 0, 0)).isFalse();
        assertThat(apic.read(LocalApic.EOI, 0)).isEqualTo(-1);
        assertThat(apic.read(LocalApic.ID, 0)).isEqualTo(3);
    }

    @Test
    void selfInterruptsThroughBothRegisters() {
        apic.write(LocalApic.SVR, 0x1ff, 0);
        apic.write(LocalApic.SELF_IPI, 0x44, 0);
        assertThat(apic.acknowledge()).isEqualTo(0x44);
        apic.write(LocalApic.EOI, 0, 0);
        apic.write(LocalApic.ICR, 1 << 18 | 0x45, 0);
        assertThat(apic.acknowledge()).isEqualTo(0x45);
    }

    @Test
    void oneShotTimerFiresOnceAfterItsDividedCount() {
        apic.write(LocalApic.SVR, 0x1ff, 0);
        apic.write(LocalApic.LVT_TIMER, 0x33, 0);
        apic.write(LocalApic.DIVIDE, 0, 0);
        apic.write(LocalApic.INITIAL_COUNT, 100, 1_000);
        assertThat(apic.timerDeadlineNs()).isEqualTo(1_200);
        assertThat(apic.read(LocalApic.CURRENT_COUNT, 1_050)).isEqualTo(75);
        apic.collect(1_199);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NONE);
        apic.collect(1_200);
        assertThat(apic.pendingVector()).isEqualTo(0x33);
        assertThat(apic.timerDeadlineNs()).isEqualTo(LocalApic.NEVER);
    }

    @Test
    void maskedTimerIsSilentButPeriodicOnesGoOn() {
        apic.write(LocalApic.SVR, 0x1ff, 0);
        apic.write(LocalApic.LVT_TIMER, 1 << 17 | 1 << 16 | 0x33, 0);
        apic.write(LocalApic.DIVIDE, 0xb, 0);
        apic.write(LocalApic.INITIAL_COUNT, 100, 0);
        apic.collect(250);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NONE);
        assertThat(apic.timerDeadlineNs()).isEqualTo(300);
    }
}
