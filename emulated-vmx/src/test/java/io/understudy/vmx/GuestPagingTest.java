package io.understudy.vmx;

import static io.understudy.vmx.GuestMachine.*;
import static io.understudy.vmx.VmcsField.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Page faults of 4-level paging: error code, address, and what permits an access. */
class GuestPagingTest {
    private static final long PAGE = 0x10_0000;
    private static final String READ = "48 8b0425 00001000 f4";
    private static final String WRITE = "48 890425 00001000 f4";
    private static final String FETCH = "b8 00001000 ffe0";
    private static final long NX = 1L << 63;
    private static final long CR0_WP = 1 << 16;
    private static final long SMEP = 1 << 20;
    private static final long SMAP = 1 << 21;
    private static final int NO_FAULT = -1;

    /** name, user mode, code, guest entry, CR0 without, CR4 with, expected error code. */
    static List<Arguments> cases() {
        return List.of(
                Arguments.of("read of an absent page", false, READ, 0L, 0L, 0L, 0),
                Arguments.of("write of an absent page", false, WRITE, 0L, 0L, 0L, 2),
                Arguments.of("fetch of an absent page", false, FETCH, 0L, 0L, 0L, 0x10),
                Arguments.of("user read of an absent page", true, READ, 0L, 0L, 0L, 4),
                Arguments.of("user read of a supervisor page", true, READ, 3L, 0L, 0L, 5),
                Arguments.of("user write of a read-only page", true, WRITE, 5L, 0L, 0L, 7),
                Arguments.of("user read of a user page", true, READ, 5L, 0L, 0L, NO_FAULT),
                Arguments.of("supervisor write, WP", false, WRITE, 1L, 0L, 0L, 3),
                Arguments.of("supervisor write, no WP", false, WRITE, 1L, CR0_WP, 0L, NO_FAULT),
                Arguments.of("fetch of a no-execute page", false, FETCH, 3L | NX, 0L, 0L, 0x11),
                Arguments.of("read of a no-execute page", false, READ, 3L | NX, 0L, 0L, NO_FAULT),
                Arguments.of("reserved bit 51", false, READ, 3L | 1L << 51, 0L, 0L, 9),
                Arguments.of("SMEP fetch of a user page", false, FETCH, 7L, 0L, SMEP, 0x11),
                Arguments.of("fetch of a user page, no SMEP", false, FETCH, 7L, 0L, 0L, NO_FAULT),
                Arguments.of("SMAP read of a user page", false, READ, 7L, 0L, SMAP, 1),
                Arguments.of(
                        "SMAP read of a supervisor page", false, READ, 3L, 0L, SMAP, NO_FAULT));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void fault(
            String name, boolean user, String code, long flags, long cr0, long cr4, int expected) {
        try (GuestMachine m = GuestMachine.of(code)) {
            if (user) {
                m.enterUserMode();
            } else {
                // SMEP and SMAP forbid supervisors the user's pages.
                for (long page = 0; page < 0x1_0000; page += 4096) {
                    m.write64(guestEntry(page), page | 3);
                }
            }
            m.lp.vmwrite(EXCEPTION_BITMAP, 1 << 14);
            m.lp.vmwrite(GUEST_CR0, m.lp.vmread(GUEST_CR0) & ~cr0);
            m.lp.vmwrite(GUEST_CR4, m.lp.vmread(GUEST_CR4) | cr4);
            m.memory.write8(RAM + PAGE, 0xf4);
            boolean mapped = flags != 0;
            m.write64(guestEntry(PAGE), flags | (mapped ? PAGE : 0));
            ExitReason reason = m.runTo();
            if (expected == NO_FAULT) {
                // In user mode HLT is #GP, whose delivery finds no gate: a triple fault.
                assertThat(reason).isEqualTo(user ? ExitReason.TRIPLE_FAULT : ExitReason.HLT);
                return;
            }
            assertThat(reason).isEqualTo(ExitReason.EXCEPTION_OR_NMI);
            assertThat(m.lp.vmread(EXIT_INTERRUPTION_INFORMATION)).isEqualTo(0x8000_0b0eL);
            assertThat(m.lp.vmread(EXIT_INTERRUPTION_ERROR_CODE)).isEqualTo(expected);
            assertThat(m.qualification()).as("address").isEqualTo(PAGE);
            assertThat(m.lp.cr2()).as("CR2 is left to the hypervisor").isZero();
        }
    }

    @Test
    void nonCanonicalAddressesRaiseGeneralProtection() {
        // mov rax, 1<<47; mov rax, [rax]
        try (GuestMachine m = GuestMachine.of("48b8 0000000000800000 488b00")) {
            m.lp.vmwrite(EXCEPTION_BITMAP, 1 << 13);
            assertThat(m.runTo()).isEqualTo(ExitReason.EXCEPTION_OR_NMI);
            assertThat(m.lp.vmread(EXIT_INTERRUPTION_INFORMATION)).isEqualTo(0x8000_0b0dL);
        }
    }

    @Test
    void pageFaultFilterSelectsByErrorCode() {
        try (GuestMachine m = GuestMachine.of(WRITE)) {
            // Exit only on reads of absent pages: mask W, match 0.
            m.lp.vmwrite(EXCEPTION_BITMAP, 1 << 14);
            m.lp.vmwrite(PAGE_FAULT_ERR_CODE_MASK, 2);
            m.write64(guestEntry(PAGE), 0);
            m.setGate(14, CODE + 0x100);
            m.load(CODE + 0x100, "f4");
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.cr2()).isEqualTo(PAGE);
        }
    }

    @Test
    void largePagesTranslateAndCarryDirty() {
        try (GuestMachine m = GuestMachine.of(WRITE)) {
            // The second 2 MiB of linear space are one large page on guest-physical zero.
            m.write64(PD + 8, 0x80 | 7);
            m.load(CODE, "48 890425 00c02000 f4");
            m.lp.setGpr(0, 0x55);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.read64(0xc000)).isEqualTo(0x55);
            assertThat(m.read64(PD + 8) & 0x60).isEqualTo(0x60);
        }
    }

    @Test
    void staleTranslationsLastUntilInvlpg() {
        // mov rax,[100000]; hlt; mov rbx,[100000]; invlpg [100000]; mov rcx,[100000]; hlt
        String code =
                "488b0425 00001000 f4 488b1c25 00001000 0f013c25 00001000 488b0c25 00001000 f4";
        try (GuestMachine m = GuestMachine.of(code)) {
            m.write64(0x10_0000, 1);
            m.write64(0x10_1000, 2);
            m.runTo();
            m.write64(guestEntry(PAGE), 0x10_1000 | 7);
            m.skip();
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.gpr(3)).as("cached").isEqualTo(1);
            assertThat(m.lp.gpr(1)).as("after INVLPG").isEqualTo(2);
        }
    }

    @Test
    void globalPagesSurviveMovToCr3() {
        // mov rax,[100000]; hlt; mov rax,cr3; mov cr3,rax; mov rbx,[100000]; mov rcx,[110000]; hlt
        String code =
                "488b0425 00001000 488b0425 00001100 f4 0f20d8 0f22d8"
                        + " 488b1c25 00001000 488b0c25 00001100 f4";
        try (GuestMachine m = GuestMachine.of(code)) {
            long local = 0x11_0000;
            m.write64(0x10_0000, 1);
            m.write64(local, 1);
            m.write64(0x12_0000, 2);
            m.write64(guestEntry(PAGE), PAGE | 0x107);
            m.runTo();
            m.write64(guestEntry(PAGE), 0x12_0000 | 0x107);
            m.write64(guestEntry(local), 0x12_0000 | 7);
            m.skip();
            m.runTo();
            assertThat(m.lp.gpr(3)).as("global").isEqualTo(1);
            assertThat(m.lp.gpr(1)).as("local").isEqualTo(2);
        }
    }

    @Test
    void storesIntoDecodedCodeTakeEffect() {
        // mov byte [8020], 0xf4 ; jmp 8020 -- after 8020 (a nop; jmp 8000) ran once
        try (GuestMachine m = GuestMachine.of("ffc1 83f902 7406 eb17")) {
            m.load(CODE + 0xd, "c60425 20800000 f4 eb09");
            m.load(CODE + 0x20, "90 ebdd");
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.rip()).isEqualTo(CODE + 0x20);
            assertThat(m.lp.gpr(1)).isEqualTo(2);
        }
    }
}
