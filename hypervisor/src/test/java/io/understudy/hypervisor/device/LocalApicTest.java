package io.understudy.hypervisor.device;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LocalApicTest {
    private static final int TPR = 0x808;
    private static final int PPR = 0x80a;
    private static final int EOI = 0x80b;
    private static final int SVR = 0x80f;
    private static final int ISR2 = 0x812;
    private static final int IRR2 = 0x822;
    private static final int ICR = 0x830;
    private static final int LVT_TIMER = 0x832;
    private static final int INITIAL_COUNT = 0x838;
    private static final int CURRENT_COUNT = 0x839;
    private static final int DIVIDE = 0x83e;
    private static final int SELF_IPI = 0x83f;
    private static final int DEADLINE = LocalApic.MSR_TSC_DEADLINE;
    private static final long MASKED = 1 << 16;
    private static final long PERIODIC = 1 << 17;
    private static final long TSC_DEADLINE_MODE = 2 << 17;

    private final LocalApic apic = new LocalApic(0);

    private void enable() {
        assertThat(apic.write(SVR, 0x1ff, 0)).isTrue();
    }

    @Test
    void deliversTheHighestVectorAndHoldsBackItsClassUntilTheEndOfInterrupt() {
        enable();
        apic.write(SELF_IPI, 0x41, 0);
        apic.write(SELF_IPI, 0x52, 0);
        apic.write(SELF_IPI, 0x55, 0);
        assertThat(apic.read(IRR2, 0)).isEqualTo(1 << 18 | 1 << 21 | 2);
        assertThat(apic.pendingVector()).isEqualTo(0x55);
        apic.acknowledge(0x55);
        assertThat(apic.read(ISR2, 0)).isEqualTo(1 << 21);
        assertThat(apic.read(PPR, 0)).isEqualTo(0x50);
        assertThat(apic.pendingVector()).as("same class").isEqualTo(LocalApic.NO_VECTOR);
        apic.write(SELF_IPI, 0x61, 0);
        assertThat(apic.pendingVector()).as("higher class").isEqualTo(0x61);
        apic.acknowledge(0x61);
        apic.write(EOI, 0, 0);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        apic.write(EOI, 0, 0);
        assertThat(apic.pendingVector()).isEqualTo(0x52);
        apic.acknowledge(0x52);
        apic.write(EOI, 0, 0);
        assertThat(apic.pendingVector()).isEqualTo(0x41);
    }

    @Test
    void taskPriorityHoldsBackItsClassAndBelow() {
        enable();
        apic.write(SELF_IPI, 0x41, 0);
        apic.write(TPR, 0x4f, 0);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(apic.taskPriorityClass()).isEqualTo(4);
        apic.setTaskPriorityClass(3);
        assertThat(apic.read(TPR, 0)).isEqualTo(0x30);
        assertThat(apic.pendingVector()).isEqualTo(0x41);
    }

    @Test
    void oneShotTimerFiresOnceAtItsCount() {
        enable();
        apic.write(DIVIDE, 0b1011, 0);
        apic.write(LVT_TIMER, 0x40, 0);
        apic.write(INITIAL_COUNT, 1000, 500);
        assertThat(apic.nextDeadline()).isEqualTo(1500);
        assertThat(apic.read(CURRENT_COUNT, 600)).isEqualTo(900);
        apic.advanceTo(1499);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        apic.advanceTo(1500);
        assertThat(apic.pendingVector()).isEqualTo(0x40);
        assertThat(apic.nextDeadline()).isEqualTo(Long.MAX_VALUE);
        assertThat(apic.read(CURRENT_COUNT, 1600)).isZero();
        assertThat(apic.read(INITIAL_COUNT, 1600)).isEqualTo(1000);
    }

    @Test
    void periodicTimerKeepsItsPhase() {
        enable();
        apic.write(DIVIDE, 0b0011, 0); // 16
        apic.write(LVT_TIMER, PERIODIC | 0x40, 0);
        apic.write(INITIAL_COUNT, 10, 0);
        assertThat(apic.nextDeadline()).isEqualTo(160);
        apic.advanceTo(163);
        assertThat(apic.nextDeadline()).isEqualTo(320);
        apic.advanceTo(1000);
        assertThat(apic.nextDeadline()).isEqualTo(1120);
        apic.write(INITIAL_COUNT, 0, 1000);
        assertThat(apic.nextDeadline()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void tscDeadlineArmsFiresAndReadsZeroAfterwards() {
        enable();
        apic.write(LVT_TIMER, TSC_DEADLINE_MODE | 0x40, 0);
        apic.write(INITIAL_COUNT, 5, 0);
        assertThat(apic.nextDeadline()).as("counts do nothing").isEqualTo(Long.MAX_VALUE);
        apic.write(DEADLINE, 777, 0);
        assertThat(apic.read(DEADLINE, 0)).isEqualTo(777);
        apic.advanceTo(777);
        assertThat(apic.pendingVector()).isEqualTo(0x40);
        assertThat(apic.read(DEADLINE, 778)).isZero();
        apic.write(DEADLINE, 999, 0);
        apic.write(LVT_TIMER, 0x40, 0);
        assertThat(apic.nextDeadline()).as("mode change disarms").isEqualTo(Long.MAX_VALUE);
        apic.write(DEADLINE, 999, 0);
        assertThat(apic.read(DEADLINE, 0)).as("ignored in another mode").isZero();
    }

    @Test
    void aMaskedTimerRunsOutInSilence() {
        enable();
        apic.write(LVT_TIMER, MASKED | 0x40, 0);
        apic.write(INITIAL_COUNT, 10, 0);
        assertThat(apic.hasArmedTimer()).isFalse();
        apic.advanceTo(1_000_000);
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        assertThat(apic.nextDeadline()).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void softwareDisableMasksTheTimer() {
        enable();
        apic.write(LVT_TIMER, 0x40, 0);
        apic.write(SVR, 0xff, 0);
        assertThat(apic.read(LVT_TIMER, 0)).isEqualTo(MASKED | 0x40);
        apic.write(LVT_TIMER, 0x40, 0);
        assertThat(apic.read(LVT_TIMER, 0)).isEqualTo(MASKED | 0x40);
        assertThat(apic.write(SELF_IPI, 0x50, 0)).isTrue();
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
    }

    @Test
    void interprocessorInterruptsReachTheSenderOrNobody() {
        enable();
        apic.write(ICR, 0x0000_0001_0000_0045L, 0); // to processor 1
        assertThat(apic.pendingVector()).isEqualTo(LocalApic.NO_VECTOR);
        apic.write(ICR, 0x45, 0); // to processor 0
        assertThat(apic.pendingVector()).isEqualTo(0x45);
        apic.write(ICR, 0x56 | 1 << 18, 0); // to self
        assertThat(apic.pendingVector()).isEqualTo(0x56);
        apic.write(ICR, 0x67 | 3 << 18, 0); // to all others
        assertThat(apic.pendingVector()).isEqualTo(0x56);
        apic.write(ICR, 0xffff_ffff_0000_0068L, 0); // broadcast
        assertThat(apic.pendingVector()).isEqualTo(0x68);
        apic.write(ICR, 0x0000_0001_0000_0879L, 0); // logical, processor 0 of cluster 0
        assertThat(apic.pendingVector()).isEqualTo(0x79);
    }

    @Test
    void reservedBitsAndWrongRegistersAreFaults() {
        enable();
        assertThat(apic.write(TPR, 0x100, 0)).isFalse();
        assertThat(apic.write(EOI, 1, 0)).isFalse();
        assertThat(apic.write(SVR, 0x1_0000_0000L, 0)).isFalse();
        assertThat(apic.write(LVT_TIMER, 3 << 17, 0)).isFalse();
        assertThat(apic.write(0x802, 0, 0)).as("ID is read-only").isFalse();
        assertThat(apic.write(IRR2, 0, 0)).isFalse();
        assertThat(apic.write(0x831, 0, 0)).as("no such register").isFalse();
        assertThat(apic.isReadable(0x831)).isFalse();
        assertThat(apic.isReadable(EOI)).isFalse();
        assertThat(apic.isReadable(SELF_IPI)).isFalse();
        assertThat(apic.isReadable(TPR)).isTrue();
        assertThat(apic.read(0x803, 0)).isEqualTo(0x50014);
        assertThat(apic.read(LVT_TIMER, 0)).isEqualTo(MASKED);
    }
}
