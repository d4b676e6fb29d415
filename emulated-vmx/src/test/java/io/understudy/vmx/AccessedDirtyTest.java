package io.understudy.vmx;

import static io.understudy.vmx.GuestMachine.*;
import static io.understudy.vmx.VmcsField.*;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/**
 * Accessed and dirty flags of EPT and of the guest, and their caching (SDM volume 3, "Accessed and
 * Dirty Flags for EPT").
 */
class AccessedDirtyTest {
    private static final long A = DATA + 0x1000;
    private static final long B = DATA + 0x2000;

    /** mov [c000], rax; hlt; jmp back. */
    private static final String STORE_LOOP = "48 890425 00c00000  f4  ebf5";

    private static void clearFlags(GuestMachine m, long gpa) {
        m.memory.andNot64(eptEntry(gpa), EPT_ACCESSED | EPT_DIRTY);
    }

    @Test
    void aReadSetsAccessedOnly() {
        try (GuestMachine m = GuestMachine.of("48 8b0425 00c00000 f4")) {
            m.runTo();
            assertThat(m.isEptAccessed(A)).isTrue();
            assertThat(m.isEptDirty(A)).isFalse();
            assertThat(m.isEptAccessed(B)).isFalse();
            assertThat(m.read64(guestEntry(A)) & 0x60).isEqualTo(0x20);
        }
    }

    @Test
    void aWriteSetsDirtyInBothTables() {
        try (GuestMachine m = GuestMachine.of(STORE_LOOP)) {
            m.runTo();
            assertThat(m.isEptDirty(A)).isTrue();
            assertThat(m.read64(guestEntry(A)) & 0x60).isEqualTo(0x60);
        }
    }

    @Test
    void aWalkDirtiesTheGuestPageTables() {
        try (GuestMachine m = GuestMachine.of("48 8b0425 00c00000 f4")) {
            m.runTo();
            assertThat(m.isEptDirty(PML4)).isTrue();
            assertThat(m.isEptDirty(PT)).isTrue();
            assertThat(m.isEptDirty(CODE)).isFalse();
            assertThat(m.lp.groundTruth().eptDirtySetByWalk).isEqualTo(4);
        }
    }

    @Test
    void withoutAccessedDirtyFlagsTheTablesStayUntouched() {
        try (GuestMachine m = GuestMachine.of(STORE_LOOP)) {
            m.lp.vmwrite(EPT_POINTER, EPT_PML4 | 3 << 3 | 6);
            m.runTo();
            for (long gpa = 0; gpa < 0x1_0000; gpa += 4096) {
                assertThat(m.isEptAccessed(gpa) || m.isEptDirty(gpa)).isFalse();
            }
            assertThat(m.read64(A)).isEqualTo(m.lp.gpr(0));
        }
    }

    @Test
    void clearingDirtyWithoutInveptLosesTheNextWrite() {
        try (GuestMachine m = GuestMachine.of(STORE_LOOP)) {
            m.runTo();
            clearFlags(m, A);
            m.lp.setGpr(0, 0x1234);
            m.skip();
            m.runTo();
            assertThat(m.read64(A)).isEqualTo(0x1234);
            assertThat(m.isEptDirty(A)).as("the write went unseen").isFalse();
        }
    }

    @Test
    void clearingDirtyWithInveptShowsTheNextWrite() {
        try (GuestMachine m = GuestMachine.of(STORE_LOOP)) {
            m.runTo();
            clearFlags(m, A);
            m.invalidateEpt();
            m.lp.setGpr(0, 0x1234);
            m.skip();
            m.runTo();
            assertThat(m.isEptDirty(A)).isTrue();
            assertThat(m.isEptAccessed(A)).isTrue();
        }
    }

    @Test
    void movToCr3DropsCombinedButNotGuestPhysicalMappings() {
        // mov [c000], rax; hlt; mov rax, cr3; mov cr3, rax; mov [c000], rax; hlt
        String code = "48 890425 00c00000  f4  0f20d8 0f22d8  48 890425 00c00000  f4";
        try (GuestMachine m = GuestMachine.of(code)) {
            m.runTo();
            clearFlags(m, A);
            long misses = m.lp.groundTruth().tlbMisses;
            m.skip();
            // CR3 exiting is default-1 in the plain capability MSRs, off in the TRUE ones.
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.groundTruth().tlbMisses).isGreaterThan(misses);
            assertThat(m.isEptDirty(A)).as("INVEPT was needed").isFalse();
        }
    }

    @Test
    void theCheckingModeReportsTheStaleUse() {
        PlatformConfig config =
                new PlatformConfig(16 << 20, 1, 10, 1, true, ProcessorModel.BASELINE);
        try (GuestMachine m = new GuestMachine(config, hex(STORE_LOOP))) {
            m.runTo();
            assertThat(m.lp.groundTruth().firstStaleUse).isNull();
            clearFlags(m, A);
            m.skip();
            m.runTo();
            assertThat(m.lp.groundTruth().firstStaleUse).contains("0xc000");
        }
    }

    @Test
    void aWriteProtectedPageViolatesAgainOnlyAfterInvept() {
        try (GuestMachine m = GuestMachine.of(STORE_LOOP)) {
            m.runTo();
            m.memory.andNot64(eptEntry(A), EPT_WRITE);
            m.skip();
            assertThat(m.runTo()).as("stale write tag").isEqualTo(ExitReason.HLT);
            m.invalidateEpt();
            m.skip();
            assertThat(m.runTo()).isEqualTo(ExitReason.EPT_VIOLATION);
            assertThat(m.qualification() & 7).isEqualTo(2);
        }
    }

    @Test
    void writeProtectedGuestPageTableFaultsTheWalkAsReadAndWrite() {
        try (GuestMachine m = GuestMachine.of(STORE_LOOP)) {
            m.memory.andNot64(eptEntry(PT), EPT_WRITE);
            assertThat(m.runTo()).isEqualTo(ExitReason.EPT_VIOLATION);
            assertThat(m.qualification() & 0x1ff).isEqualTo(1 | 2 | 5 << 3 | 1 << 7);
            assertThat(m.lp.vmread(GUEST_PHYSICAL_ADDRESS)).isEqualTo(guestEntry(CODE));
        }
    }

    @Test
    void withoutAccessedDirtyFlagsOnlyTheUpdateOfAGuestEntryNeedsWrite() {
        try (GuestMachine m = GuestMachine.of(STORE_LOOP)) {
            m.lp.vmwrite(EPT_POINTER, EPT_PML4 | 3 << 3 | 6);
            m.runTo();
            // Every entry on the way to A is accessed and dirty now: reading them suffices.
            m.memory.andNot64(eptEntry(PT), EPT_WRITE);
            m.invalidateEpt();
            m.skip();
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            m.write64(guestEntry(A), m.read64(guestEntry(A)) & ~0x40L);
            m.invalidateEpt();
            m.skip();
            assertThat(m.runTo()).isEqualTo(ExitReason.EPT_VIOLATION);
            assertThat(m.qualification() & 3).isEqualTo(3);
            assertThat(m.qualification() & 1 << 8).isZero();
        }
    }

    @Test
    void aFaultingAccessAcrossPagesMarksNeither() {
        // mov [cffc], rax; hlt
        try (GuestMachine m = GuestMachine.of("48 890425 fccf0000 f4")) {
            m.memory.andNot64(eptEntry(B), EPT_ALL);
            assertThat(m.runTo()).isEqualTo(ExitReason.EPT_VIOLATION);
            assertThat(m.lp.vmread(GUEST_PHYSICAL_ADDRESS)).isEqualTo(B + 3);
            assertThat(m.isEptDirty(A)).isFalse();
            assertThat(m.read64(guestEntry(A)) & 0x60).isZero();
        }
    }
}
