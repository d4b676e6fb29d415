package io.understudy.vmx;

import static io.understudy.vmx.GuestMachine.*;
import static io.understudy.vmx.VmcsField.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every access right, at every level of EPT and leaf size, against every access: violation,
 * misconfiguration or success, with qualification, addresses and flags (SDM volume 3, "EPT
 * Violations" and "EPT Misconfigurations").
 *
 * <p>The page under test is reached through tables of its own, so that the guest's code, stack and
 * page tables keep full rights.
 */
class EptPermissionTest {
    private static final long TARGET = 1L << 39;
    private static final long LINEAR = 0x10_0000;
    private static final long PAGE_HPA = RAM + 0x1f_0000;
    private static final long[] TABLES = {0, 0x1_6000, 0x1_5000, 0x1_4000, EPT_PML4};
    private static final long LARGE = 1 << 7;

    enum Kind {
        READ(1, "48 8b0425 00001000 f4"),
        WRITE(2, "48 890425 00001000 f4"),
        FETCH(4, "b8 00001000 ffe0");

        final int bit;
        final String code;

        Kind(int bit, String code) {
            this.bit = bit;
            this.code = code;
        }
    }

    static List<Arguments> cases() {
        List<Arguments> all = new ArrayList<>();
        for (boolean accessedDirty : new boolean[] {false, true}) {
            for (int leaf = 1; leaf <= 3; leaf++) {
                for (int level = leaf; level <= 4; level++) {
                    for (int rights = 0; rights < 8; rights++) {
                        for (Kind kind : Kind.values()) {
                            all.add(Arguments.of(accessedDirty, leaf, level, rights, kind));
                        }
                    }
                }
            }
        }
        return all;
    }

    /** Host-physical address of the entry of the page under test. */
    private static long entry(int level) {
        return TABLES[level] + (level == 4 ? 8 : 0);
    }

    private static GuestMachine machine(String code, boolean accessedDirty, int leaf) {
        GuestMachine m = GuestMachine.of(code);
        if (!accessedDirty) {
            m.lp.vmwrite(EPT_POINTER, EPT_PML4 | 3 << 3 | 6);
        }
        for (int level = 4; level > leaf; level--) {
            m.memory.write64(entry(level), TABLES[level - 1] | EPT_ALL);
        }
        // A large page maps the target to the frames from zero on; the offset picks the page.
        m.memory.write64(entry(1), PAGE_HPA | EPT_ALL | EPT_WB);
        if (leaf > 1) {
            m.memory.write64(entry(leaf), EPT_ALL | EPT_WB | LARGE);
        }
        m.write64(guestEntry(LINEAR), target(leaf) | 7);
        m.memory.write8(PAGE_HPA, 0xf4);
        return m;
    }

    private static long target(int leaf) {
        return leaf == 1 ? TARGET : TARGET + PAGE_HPA;
    }

    private static GuestMachine machineWithHighTarget(String code, boolean ad, int leaf) {
        GuestMachine m = machine(code, ad, leaf);
        if (leaf == 2) {
            // The 2-MByte page that holds PAGE_HPA.
            long base = PAGE_HPA & -0x20_0000L;
            m.memory.write64(entry(2), base | EPT_ALL | EPT_WB | LARGE);
            m.write64(guestEntry(LINEAR), TARGET + (PAGE_HPA - base) | 7);
        }
        return m;
    }

    @ParameterizedTest(name = "A/D {0}, leaf at level {1}, level {2} has rights {3}, {4}")
    @MethodSource("cases")
    void matrix(boolean accessedDirty, int leaf, int level, int rights, Kind kind) {
        try (GuestMachine m = machineWithHighTarget(kind.code, accessedDirty, leaf)) {
            long entry = m.memory.read64(entry(level));
            m.memory.write64(entry(level), (entry & ~EPT_ALL) | rights);
            ExitReason reason = m.runTo();
            boolean misconfigured = rights == 2 || rights == 6;
            boolean allowed = !misconfigured && (rights & kind.bit) != 0;
            if (allowed) {
                assertThat(reason).isEqualTo(ExitReason.HLT);
                for (int l = leaf; l <= 4; l++) {
                    long flags = m.memory.read64(entry(l));
                    boolean dirty = accessedDirty && kind == Kind.WRITE && l == leaf;
                    assertThat((flags & EPT_ACCESSED) != 0)
                            .as("A at " + l)
                            .isEqualTo(accessedDirty);
                    assertThat((flags & EPT_DIRTY) != 0).as("D at " + l).isEqualTo(dirty);
                }
                return;
            }
            assertThat(reason)
                    .isEqualTo(
                            misconfigured
                                    ? ExitReason.EPT_MISCONFIGURATION
                                    : ExitReason.EPT_VIOLATION);
            long gpa = m.read64(guestEntry(LINEAR)) & ~0xfffL;
            assertThat(m.lp.vmread(GUEST_PHYSICAL_ADDRESS)).isEqualTo(gpa);
            assertThat(m.memory.read64(entry(leaf)) & EPT_DIRTY).isZero();
            if (!misconfigured) {
                long linearDetail = 1 << 7 | 1 << 8 | 1 << 9 | 1 << 10;
                assertThat(m.qualification())
                        .isEqualTo(kind.bit | (long) rights << 3 | linearDetail);
                assertThat(m.lp.vmread(GUEST_LINEAR_ADDRESS)).isEqualTo(LINEAR);
                assertThat(m.lp.vmread(GUEST_RFLAGS) & 1 << 16).as("RF").isNotZero();
            } else {
                assertThat(m.qualification()).isZero();
            }
            // Raising the rights needs no INVEPT.
            m.memory.write64(entry(level), entry);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
        }
    }

    /** A store alone is no read, however the processor carries it out. */
    static List<Arguments> writers() {
        String to = "bf 00001000 b9 08000000 ";
        return List.of(
                Arguments.of("REP STOSB", to + "f3 aa f4", 2),
                Arguments.of("REP MOVSB", "be 00800000 " + to + "f3 a4 f4", 2),
                Arguments.of("SGDT", "0f 01 0425 00001000 f4", 2),
                Arguments.of("FXSAVE", "0f ae 0425 00001000 f4", 2),
                Arguments.of("FNSTENV", "d9 3425 00001000 f4", 2),
                Arguments.of("ADD to memory", "01 0425 00001000 f4", 3),
                Arguments.of("XCHG", "87 0425 00001000 f4", 3));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("writers")
    void onlyReadModifyWriteReportsARead(String name, String code, int access) {
        try (GuestMachine m = machineWithHighTarget(code, true, 1)) {
            m.memory.write64(entry(1), 0);
            assertThat(m.runTo()).isEqualTo(ExitReason.EPT_VIOLATION);
            assertThat(m.qualification() & 7).isEqualTo(access);
        }
    }

    /** Reserved bits, alignment and memory types, named as in kvm-unit-tests. */
    static List<Arguments> misconfigurations() {
        return List.of(
                Arguments.of("PML4E bit 7", 4, 1, LARGE),
                Arguments.of("PML4E bit 3", 4, 1, 1L << 3),
                Arguments.of("PDPTE bit 6 without page size", 3, 1, 1L << 6),
                Arguments.of("PDE bit 5 without page size", 2, 1, 1L << 5),
                Arguments.of("1G page with address bit 29", 3, 3, 1L << 29),
                Arguments.of("1G page with address bit 12", 3, 3, 1L << 12),
                Arguments.of("2M page with address bit 20", 2, 2, 1L << 20),
                Arguments.of("PML4E address beyond the width", 4, 1, 1L << 46),
                Arguments.of("PTE address beyond the width", 1, 1, 1L << 51),
                Arguments.of("memory type 7", 1, 1, 7L << 3));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("misconfigurations")
    void misconfiguration(String name, int level, int leaf, long bits) {
        try (GuestMachine m = machineWithHighTarget(Kind.READ.code, true, leaf)) {
            m.memory.write64(entry(level), m.memory.read64(entry(level)) | bits);
            assertThat(m.runTo()).isEqualTo(ExitReason.EPT_MISCONFIGURATION);
        }
    }

    /** Bits that software may use. */
    static List<Arguments> ignoredBits() {
        return List.of(
                Arguments.of("bit 11", 1, 1L << 11),
                Arguments.of("bit 52", 1, 1L << 52),
                Arguments.of("bit 63 of a leaf", 1, 1L << 63),
                Arguments.of("bit 63 of a table entry", 2, 1L << 63),
                Arguments.of("bit 7 of a PTE", 1, LARGE),
                Arguments.of("bit 9 of a table entry", 3, EPT_DIRTY),
                Arguments.of("bit 10", 4, 1L << 10));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ignoredBits")
    void ignoredBit(String name, int level, long bits) {
        try (GuestMachine m = machineWithHighTarget(Kind.READ.code, true, 1)) {
            m.memory.write64(entry(level), m.memory.read64(entry(level)) | bits);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
        }
    }

    @Test
    void aNotPresentEntryShieldsTheMisconfiguredOneBelow() {
        try (GuestMachine m = machineWithHighTarget(Kind.READ.code, true, 1)) {
            m.memory.write64(entry(2), 0);
            m.memory.write64(entry(1), EPT_WRITE);
            assertThat(m.runTo()).isEqualTo(ExitReason.EPT_VIOLATION);
            assertThat(m.qualification() >>> 3 & 7).isZero();
        }
    }

    @Test
    void aMisconfiguredEntryBeatsMissingRightsAboveIt() {
        try (GuestMachine m = machineWithHighTarget(Kind.WRITE.code, true, 1)) {
            m.memory.write64(entry(3), TABLES[2] | EPT_READ);
            m.memory.write64(entry(1), PAGE_HPA | EPT_WRITE);
            assertThat(m.runTo()).isEqualTo(ExitReason.EPT_MISCONFIGURATION);
        }
    }

    @Test
    void addressesBeyondMemoryReadAllOnes() {
        try (GuestMachine m = machineWithHighTarget(Kind.READ.code, true, 1)) {
            m.memory.write64(entry(1), 0x4000_0000L | EPT_ALL | EPT_WB);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.gpr(0)).isEqualTo(-1);
        }
    }
}
