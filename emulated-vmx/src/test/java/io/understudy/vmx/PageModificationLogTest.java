package io.understudy.vmx;

import static io.understudy.vmx.GuestMachine.*;
import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

/** SDM volume 3, "Page-Modification Logging", rule by rule. */
class PageModificationLogTest {
    private static final long A = DATA + 0x1000;
    private static final int EMPTY = 511;
    private static final int FULL = 0xffff;

    /** mov [c000], rax; hlt; jmp back. */
    private static final String STORE_LOOP = "48 890425 00c00000  f4  ebf5";

    /** mov rax, [c000]; hlt; jmp back. */
    private static final String LOAD_LOOP = "48 8b0425 00c00000  f4  ebf5";

    private static GuestMachine machine(String code) {
        GuestMachine m = GuestMachine.of(code);
        m.set(SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, SECONDARY_PML);
        m.lp.vmwrite(GUEST_PML_INDEX, EMPTY);
        return m;
    }

    /** Runs to the first HLT, so that every translation was used once, and past it. */
    private static void warmUp(GuestMachine m) {
        assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
        m.skip();
    }

    private static void clearFlags(GuestMachine m, long gpa) {
        m.memory.andNot64(eptEntry(gpa), EPT_ACCESSED | EPT_DIRTY);
    }

    @Test
    void logsEachDirtiedPageOnceDownwardsFromTheIndex() {
        try (GuestMachine m = machine(STORE_LOOP)) {
            warmUp(m);
            m.runTo();
            // Four guest paging structures and the page itself.
            assertThat(m.lp.vmread(GUEST_PML_INDEX)).isEqualTo(506);
            assertThat(m.memory.read64(PML + 8 * 507)).isEqualTo(A);
            assertThat(m.lp.groundTruth().pmlLogged).isEqualTo(5);
        }
    }

    @Test
    void aFullLogExitsBeforeAnythingHappens() {
        try (GuestMachine m = machine(STORE_LOOP)) {
            warmUp(m);
            clearFlags(m, A);
            m.invalidateEpt();
            m.lp.vmwrite(GUEST_PML_INDEX, FULL);
            m.lp.setGpr(0, 0x77);
            assertThat(m.runTo()).isEqualTo(ExitReason.PML_LOG_FULL);
            assertThat(m.isEptDirty(A)).isFalse();
            assertThat(m.read64(A)).isZero();
            m.lp.vmwrite(GUEST_PML_INDEX, 0);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.memory.read64(PML)).isEqualTo(A);
            assertThat(m.lp.vmread(GUEST_PML_INDEX)).isEqualTo(FULL);
        }
    }

    @Test
    void aReadThatMustSetAnAccessedFlagExitsWithAFullLogToo() {
        try (GuestMachine m = machine(LOAD_LOOP)) {
            warmUp(m);
            clearFlags(m, A);
            m.invalidateEpt();
            m.lp.vmwrite(GUEST_PML_INDEX, FULL);
            assertThat(m.runTo()).isEqualTo(ExitReason.PML_LOG_FULL);
            assertThat(m.isEptAccessed(A)).isFalse();
            m.lp.vmwrite(GUEST_PML_INDEX, EMPTY);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.isEptAccessed(A)).isTrue();
            assertThat(m.lp.vmread(GUEST_PML_INDEX)).as("nothing was dirtied").isEqualTo(EMPTY);
        }
    }

    @Test
    void aFullLogHarmsNoAccessWhoseFlagsAreSet() {
        try (GuestMachine m = machine(STORE_LOOP)) {
            warmUp(m);
            m.invalidateEpt();
            m.lp.vmwrite(GUEST_PML_INDEX, FULL);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
        }
    }

    @Test
    void anyIndexAbove511IsFullAndEntryDoesNotLookAtIt() {
        try (GuestMachine m = machine(STORE_LOOP)) {
            m.lp.vmwrite(GUEST_PML_INDEX, 512);
            assertThat(m.runTo()).isEqualTo(ExitReason.PML_LOG_FULL);
            assertThat(m.lp.vmread(GUEST_PML_INDEX)).isEqualTo(512);
        }
    }

    @Test
    void aPageIsLoggedAgainOnlyAfterItsDirtyFlagWasClearedAndInvalidated() {
        try (GuestMachine m = machine(STORE_LOOP)) {
            warmUp(m);
            long index = m.lp.vmread(GUEST_PML_INDEX);
            clearFlags(m, A);
            m.runTo();
            m.skip();
            assertThat(m.lp.vmread(GUEST_PML_INDEX)).as("INVEPT was needed").isEqualTo(index);
            m.invalidateEpt();
            m.runTo();
            assertThat(m.lp.vmread(GUEST_PML_INDEX)).isEqualTo(index - 1);
        }
    }

    @Test
    void belowALargeLeafOnlyTheFirstPageWrittenIsLogged() {
        // mov [c000], rax; mov [d000], rax; hlt
        try (GuestMachine m = machine("48 890425 00c00000 48 890425 00d00000 f4")) {
            m.memory.write64(EPT_PD, RAM | EPT_ALL | EPT_WB | 1 << 7);
            m.lp.vmwrite(GUEST_PML_INDEX, EMPTY);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            // The walk came first: it dirtied the one leaf there is.
            assertThat(m.lp.vmread(GUEST_PML_INDEX)).isEqualTo(EMPTY - 1);
            assertThat(m.memory.read64(PML + 8 * EMPTY)).isEqualTo(PML4);
        }
    }

    @Test
    void withoutAccessedAndDirtyFlagsNothingIsLogged() {
        try (GuestMachine m = machine(STORE_LOOP)) {
            m.lp.vmwrite(EPT_POINTER, m.lp.vmread(EPT_POINTER) & ~EPTP_AD);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.vmread(GUEST_PML_INDEX)).isEqualTo(EMPTY);
        }
    }

    @Test
    void aFullLogDuringEventDeliveryLeavesTheEventInTheVectoringInformation() {
        // hlt; int 0x30, whose gate lies in a page that must become accessed
        try (GuestMachine m = machine("f4 cd30")) {
            m.setGate(0x30, CODE + 0x100);
            m.load(CODE + 0x100, "f4");
            warmUp(m);
            m.lp.vmwrite(GUEST_PML_INDEX, FULL);
            assertThat(m.runTo()).isEqualTo(ExitReason.PML_LOG_FULL);
            assertThat(m.lp.vmread(IDT_VECTORING_INFORMATION)).isEqualTo(0x8000_0430L);
            assertThat(m.lp.vmread(EXIT_INSTRUCTION_LENGTH)).isEqualTo(2);
            assertThat(m.rip()).isEqualTo(CODE + 1);
            m.lp.vmwrite(GUEST_PML_INDEX, EMPTY);
            m.lp.vmwrite(VM_ENTRY_INTERRUPTION_INFORMATION, 0x8000_0430L);
            m.lp.vmwrite(VM_ENTRY_INSTRUCTION_LENGTH, 2);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.read64(m.lp.vmread(GUEST_RSP))).isEqualTo(CODE + 3);
        }
    }

    @Test
    void assistsAreCountedByWhatTheyHadToSet() {
        try (GuestMachine m = machine(LOAD_LOOP)) {
            warmUp(m);
            long dirty = m.lp.groundTruth().assistsDirty;
            long accessed = m.lp.groundTruth().assistsAccessed;
            clearFlags(m, A);
            m.memory.andNot64(eptEntry(PT), EPT_DIRTY);
            m.invalidateEpt();
            m.runTo();
            assertThat(m.lp.groundTruth().assistsDirty - dirty).as("the page table").isEqualTo(1);
            assertThat(m.lp.groundTruth().assistsAccessed - accessed).as("the page").isEqualTo(1);
        }
    }

    private static PlatformConfig config(ProcessorModel model) {
        return new PlatformConfig(16 << 20, 1, 10, 1, false, model);
    }

    @Test
    void aModelWithoutLoggingSaysSoAndRefusesTheControl() {
        try (GuestMachine m =
                new GuestMachine(config(ProcessorModel.BASELINE_NO_PML), hex(STORE_LOOP))) {
            assertThat(m.lp.rdmsr(0x48b) >>> 32 & SECONDARY_PML).isZero();
            m.set(SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, SECONDARY_PML);
            assertThatThrownBy(m::run)
                    .isInstanceOf(VmFail.class)
                    .hasMessageContaining("reserved bits of the secondary");
        }
    }

    @Test
    void aModelWithoutAccessedAndDirtyFlagsSaysSoAndRefusesThePointer() {
        try (GuestMachine m =
                new GuestMachine(config(ProcessorModel.BASELINE_NO_AD), hex(STORE_LOOP))) {
            assertThat(m.lp.rdmsr(0x48c) & 1 << 21).isZero();
            assertThatThrownBy(m::run).isInstanceOf(VmFail.class).hasMessageContaining("EPTP");
            m.lp.vmwrite(EPT_POINTER, m.lp.vmread(EPT_POINTER) & ~EPTP_AD);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
        }
    }
}
