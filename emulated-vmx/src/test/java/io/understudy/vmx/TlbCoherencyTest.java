package io.understudy.vmx;

import static io.understudy.vmx.GuestMachine.*;
import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What invalidates cached translations, and what does not (SDM volume 3, "Caching"). */
class TlbCoherencyTest {
    private static final long PAGE = 0x10_0000;
    private static final long OTHER = 0x11_0000;
    private static final String READ_LOOP = "488b0425 00001000 f4 ebf5";

    private static long readAgain(GuestMachine m) {
        m.skip();
        assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
        return m.lp.gpr(0);
    }

    private static GuestMachine cachedRead(String code) {
        GuestMachine m = GuestMachine.of(code);
        m.write64(PAGE, 1);
        m.write64(OTHER, 2);
        assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
        assertThat(m.lp.gpr(0)).isEqualTo(1);
        return m;
    }

    @Test
    void aRemappedEptPageShowsOnlyAfterInvept() {
        try (GuestMachine m = cachedRead(READ_LOOP)) {
            m.memory.write64(eptEntry(PAGE), (RAM + OTHER) | EPT_ALL | EPT_WB);
            assertThat(readAgain(m)).isEqualTo(1);
            m.lp.invvpid(1, 1, 0);
            assertThat(readAgain(m)).as("INVVPID keeps guest-physical mappings").isEqualTo(1);
            m.invalidateEpt();
            assertThat(readAgain(m)).isEqualTo(2);
        }
    }

    @Test
    void aRemappedGuestPageShowsAfterInvvpidOfItsAddress() {
        try (GuestMachine m = cachedRead(READ_LOOP)) {
            m.write64(guestEntry(PAGE), OTHER | 7);
            assertThat(readAgain(m)).isEqualTo(1);
            m.lp.invvpid(0, 1, PAGE + 0x1000);
            assertThat(readAgain(m)).as("another address").isEqualTo(1);
            m.lp.invvpid(0, 1, PAGE);
            assertThat(readAgain(m)).isEqualTo(2);
        }
    }

    @Test
    void withoutVpidEveryEntryDropsLinearTranslations() {
        try (GuestMachine m = GuestMachine.of(READ_LOOP)) {
            m.clear(SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, SECONDARY_VPID);
            m.write64(PAGE, 1);
            m.write64(OTHER, 2);
            m.runTo();
            m.write64(guestEntry(PAGE), OTHER | 7);
            assertThat(readAgain(m)).isEqualTo(2);
        }
    }

    @Test
    void vpidsDoNotSeeEachOthersTranslations() {
        try (GuestMachine m = cachedRead(READ_LOOP)) {
            m.write64(guestEntry(PAGE), OTHER | 7);
            m.lp.vmwrite(VPID, 2);
            assertThat(readAgain(m)).isEqualTo(2);
            m.lp.vmwrite(VPID, 1);
            assertThat(readAgain(m)).as("kept, not flushed").isEqualTo(1);
        }
    }

    @Test
    void aViolationDropsWhatOtherPrivilegesCachedForTheAddress() {
        // mov rax,[100000]; int 30 (user) -- handler: mov [100000], rbx; iretq -- again; cpuid
        String code = "488b0425 00001000 cd30 488b0425 00001000 0fa2";
        try (GuestMachine m = GuestMachine.of(code)) {
            m.enterUserMode();
            m.setGate(0x30, CODE + 0x100, 0xee, 0);
            m.load(CODE + 0x100, "48891c25 00001000 48cf");
            m.write64(PAGE, 1);
            m.memory.andNot64(eptEntry(PAGE), EPT_WRITE);
            m.lp.setGpr(3, 7);
            assertThat(m.runTo()).isEqualTo(ExitReason.EPT_VIOLATION);
            // Copy on write: another frame, no INVEPT, as the architecture allows.
            m.memory.write64(eptEntry(PAGE), (RAM + OTHER) | EPT_ALL | EPT_WB);
            assertThat(m.runTo()).isEqualTo(ExitReason.CPUID);
            assertThat(m.lp.gpr(0)).isEqualTo(7);
            assertThat(m.read64(OTHER)).isEqualTo(7);
            assertThat(m.read64(PAGE)).isEqualTo(1);
        }
    }

    @Test
    void processContextIdentifiersKeepTranslationsApart() {
        // mov rax,[100000]; hlt; mov cr3, rbx; mov rax,[100000]; hlt; mov cr3, rcx; mov rax,.. ;
        // hlt
        String code =
                "488b0425 00001000 f4 0f22db 488b0425 00001000 f4"
                        + " 0f22d9 488b0425 00001000 f4 0f22d9 488b0425 00001000 f4";
        try (GuestMachine m = GuestMachine.of(code)) {
            m.lp.vmwrite(GUEST_CR4, m.lp.vmread(GUEST_CR4) | 1 << 17);
            m.write64(PAGE, 1);
            m.write64(OTHER, 2);
            m.runTo();
            m.write64(guestEntry(PAGE), OTHER | 7);
            m.lp.setGpr(3, PML4 | 5);
            m.lp.setGpr(1, 1L << 63 | PML4);
            assertThat(readAgain(m)).as("PCID 5").isEqualTo(2);
            assertThat(readAgain(m)).as("PCID 0 kept by bit 63").isEqualTo(1);
            m.lp.setGpr(1, PML4);
            assertThat(readAgain(m)).as("PCID 0 flushed").isEqualTo(2);
        }
    }

    @Test
    void invlpgDropsEveryPieceOfALargePage() {
        // mov rax,[300000]; mov rax,[301000]; hlt; invlpg [300000]; mov rax,[301000]; hlt
        String code =
                "488b0425 00003000 488b0425 00103000 f4 0f013c25 00003000 488b0425 00103000 f4";
        try (GuestMachine m = GuestMachine.of(code)) {
            m.write64(PD + 8, 0x80 | 7);
            m.write64(0x10_1000, 1);
            m.runTo();
            assertThat(m.lp.gpr(0)).isEqualTo(1);
            // Split the large page and move the piece that INVLPG does not name.
            m.write64(OTHER, 2);
            m.write64(guestEntry(0x10_1000), OTHER | 7);
            m.write64(PD + 8, PT | 7);
            assertThat(readAgain(m)).isEqualTo(2);
        }
    }

    @Test
    void changingWriteProtectionNeedsNoFlush() {
        // mov [100000], eax; hlt; mov rbx, cr0; or ebx, 10000; mov cr0, rbx; mov [100000], eax
        String code = "890425 00001000 f4 0f20c3 81cb 00000100 0f22c3 890425 00001000 f4";
        try (GuestMachine m = GuestMachine.of(code)) {
            m.lp.vmwrite(EXCEPTION_BITMAP, 1 << 14);
            m.lp.vmwrite(GUEST_CR0, m.lp.vmread(GUEST_CR0) & ~0x1_0000L);
            m.write64(guestEntry(PAGE), PAGE | 5);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            m.skip();
            assertThat(m.runTo()).isEqualTo(ExitReason.EXCEPTION_OR_NMI);
            assertThat(m.lp.vmread(EXIT_INTERRUPTION_ERROR_CODE)).isEqualTo(3);
        }
    }

    @Test
    void stacOpensUserPagesUnderSmap() {
        // stac; mov rax,[100000]; clac; mov rax,[100000]
        try (GuestMachine m =
                GuestMachine.of("0f01cb 488b0425 00001000 0f01ca 488b0425 00001000")) {
            for (long page = 0; page < 0x1_0000; page += 4096) {
                m.write64(guestEntry(page), page | 3);
            }
            m.lp.vmwrite(EXCEPTION_BITMAP, 1 << 14);
            m.lp.vmwrite(GUEST_CR4, m.lp.vmread(GUEST_CR4) | 1 << 21);
            assertThat(m.runTo()).isEqualTo(ExitReason.EXCEPTION_OR_NMI);
            assertThat(m.rip()).isEqualTo(CODE + 14);
        }
    }

    /** Every page is a user page, for whose fetches the control asks for bit 10 of EPT entries. */
    @Test
    void translationsWithAndWithoutModeBasedExecuteControlAreKeptApart() {
        try (GuestMachine m = GuestMachine.of("f4 f4 f4 f4 f4")) {
            long userExecute = 1 << 10;
            for (long table : new long[] {EPT_PML4, EPT_PDPT, EPT_PD, eptEntry(CODE)}) {
                m.memory.write64(table, m.memory.read64(table) | userExecute);
            }
            m.memory.write64(eptEntry(CODE), m.memory.read64(eptEntry(CODE)) & ~EPT_EXECUTE);
            int field = SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS;
            m.set(field, SECONDARY_MODE_BASED_EXECUTE);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            m.skip();
            m.clear(field, SECONDARY_MODE_BASED_EXECUTE);
            assertThat(m.runTo()).as("bit 2 is clear").isEqualTo(ExitReason.EPT_VIOLATION);
            m.set(field, SECONDARY_MODE_BASED_EXECUTE);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            m.skip();
            m.memory.write64(eptEntry(CODE), m.memory.read64(eptEntry(CODE)) & ~userExecute);
            assertThat(m.runTo()).as("stale without INVEPT").isEqualTo(ExitReason.HLT);
            m.skip();
            m.invalidateEpt();
            assertThat(m.runTo()).as("bit 10 is clear").isEqualTo(ExitReason.EPT_VIOLATION);
        }
    }
}
