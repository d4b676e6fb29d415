package io.understudy.vmx.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** FXSAVE, XSAVE and FNSAVE: what they write, what they take back, what they refuse. */
final class StateImageTest {
    private static final long IMAGE = Guest.DATA + 0xe00;
    private final Guest guest = new Guest();
    private final Cpu cpu = guest.cpu;

    @BeforeEach
    void enable() {
        cpu.system.cr0 = ControlBits.CR0_PE | ControlBits.CR0_NE;
        cpu.system.cr4 = ControlBits.CR4_OSFXSR | ControlBits.CR4_OSXSAVE;
        cpu.system.xcr0 = 3;
        cpu.system.setFlat64(8, 16);
        cpu.system.efer = ControlBits.EFER_LME | ControlBits.EFER_LMA;
        cpu.gpr[Cpu.RCX] = IMAGE;
        cpu.gpr[Cpu.RAX] = 3;
        cpu.gpr[Cpu.RDX] = 0;
        fill(1);
    }

    @AfterEach
    void close() {
        guest.close();
    }

    private void fill(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 16; i++) {
            cpu.xmmLow[i] = random.nextLong();
            cpu.xmmHigh[i] = random.nextLong();
        }
        for (int i = 0; i < 8; i++) {
            cpu.x87.significand[i] = random.nextLong();
            cpu.x87.signExponent[i] = random.nextInt(0x10000);
        }
        cpu.mxcsr = 0x1f80 | random.nextInt(0x40);
        cpu.x87.setControl(random.nextInt(0x10000) | 0x3f);
        cpu.x87.setStatusWord(random.nextInt(0x10000) & 0x7fff);
        cpu.x87.full = random.nextInt(0x100);
        cpu.x87.lastInstruction = random.nextLong();
        cpu.x87.lastOperand = random.nextLong();
    }

    private String state() {
        StringBuilder s = new StringBuilder();
        for (int i = 0; i < 16; i++) {
            s.append("%x%016x ".formatted(cpu.xmmHigh[i], cpu.xmmLow[i]));
        }
        for (int i = 0; i < 8; i++) {
            int p = cpu.x87.physical(i);
            s.append("%x:%x ".formatted(cpu.x87.signExponent[p], cpu.x87.significand[p]));
        }
        return s.append(
                        "%x %x %x %x %x %x"
                                .formatted(
                                        cpu.mxcsr,
                                        cpu.x87.control,
                                        cpu.x87.statusWord(),
                                        cpu.x87.full,
                                        cpu.x87.lastInstruction,
                                        cpu.x87.lastOperand))
                .toString();
    }

    @ParameterizedTest
    @CsvSource({"480fae01, 480fae09", "480fae21, 480fae29", "480fae31, 480fae29"})
    void whatWasSavedIsRestored(String save, String restore) {
        String before = state();
        assertThat(guest.run(save).vector).isEqualTo(-1);
        fill(2);
        assertThat(state()).isNotEqualTo(before);
        assertThat(guest.run(restore).vector).isEqualTo(-1);
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void theImageHasTheArchitecturesLayout() {
        cpu.x87.setStatusWord(5 << 11);
        cpu.x87.significand[5] = 0x1122_3344_5566_7788L;
        cpu.x87.signExponent[5] = 0x99aa;
        guest.run("480fae01");
        assertThat(guest.physical.read32(IMAGE) & 0xffff).isEqualTo(cpu.x87.control);
        assertThat(guest.physical.read32(IMAGE) >>> 16).isEqualTo(5 << 11);
        assertThat(guest.physical.read8(IMAGE + 4)).isEqualTo(cpu.x87.full);
        assertThat(guest.physical.read64(IMAGE + 8)).isEqualTo(cpu.x87.lastInstruction);
        assertThat(guest.physical.read32(IMAGE + 24)).isEqualTo(cpu.mxcsr);
        assertThat(guest.physical.read32(IMAGE + 28)).isEqualTo(0xffff);
        assertThat(guest.physical.read64(IMAGE + 32)).isEqualTo(0x1122_3344_5566_7788L);
        assertThat(guest.physical.read64(IMAGE + 40)).isEqualTo(0x99aa);
        assertThat(guest.physical.read64(IMAGE + 160 + 15 * 16)).isEqualTo(cpu.xmmLow[15]);
    }

    @Test
    void withoutAWidePrefixPointersHave32Bits() {
        guest.run("0fae01");
        assertThat(guest.physical.read64(IMAGE + 8))
                .isEqualTo(cpu.x87.lastInstruction & 0xffff_ffffL);
    }

    @Test
    void xsaveWritesWhatIsAskedForAndXrstorInitialisesTheRest() {
        cpu.gpr[Cpu.RAX] = 2;
        guest.run("480fae21");
        assertThat(guest.physical.read64(IMAGE + 512)).isEqualTo(2);
        assertThat(guest.physical.read64(IMAGE)).isZero();
        long xmm3 = cpu.xmmLow[3];
        fill(2);
        cpu.gpr[Cpu.RAX] = 7;
        guest.run("480fae29");
        assertThat(cpu.xmmLow[3]).isEqualTo(xmm3);
        assertThat(cpu.x87.control).as("not in the image: initial").isEqualTo(0x37f);
        assertThat(cpu.x87.significand).containsOnly(0);
    }

    @ParameterizedTest
    @CsvSource({
        "0fae01, 8, 0, 13", // unaligned
        "0fae21, 16, 0, 13", // XSAVE needs 64
        "0fae09, 0, 24, 13", // reserved bits of MXCSR
        "0fae29, 0, 24, 13",
        "0fae29, 0, 512, 13", // XSTATE_BV beyond XCR0
        "0fae29, 0, 520, 13", // compacted
        "0fae29, 0, 528, 13" // reserved bytes of the header
    })
    void refuses(String code, int misalignment, int poke, int vector) {
        guest.run("480fae21");
        cpu.gpr[Cpu.RCX] = IMAGE + misalignment;
        if (poke != 0) {
            guest.physical.write32(IMAGE + poke, 0x1_0008);
        }
        fill(2);
        String before = state();
        assertThat(guest.run(code).vector).isEqualTo(vector);
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void xsaveNeedsOsxsaveAndTakesNoNotice() {
        cpu.system.cr4 &= ~ControlBits.CR4_OSXSAVE;
        assertThat(guest.run("0fae21").vector).isEqualTo(Vector.UD);
        cpu.system.cr4 |= ControlBits.CR4_OSXSAVE;
        cpu.system.cr0 |= ControlBits.CR0_TS;
        assertThat(guest.run("0fae21").vector).isEqualTo(Vector.NM);
        assertThat(guest.run("0fae01").vector).isEqualTo(Vector.NM);
    }

    @Test
    void aSaveThatFaultsWritesNothing() {
        cpu.gpr[Cpu.RCX] = Guest.DATA + 0xe40;
        guest.readOnly[(int) (Guest.DATA >>> 12) + 1] = true;
        guest.flush();
        assertThat(guest.run("0fae01").vector).isEqualTo(Vector.PF);
        assertThat(guest.physical.read32(Guest.DATA + 0xe40)).isZero();
    }

    @ParameterizedTest
    @CsvSource({"dd31, dd21, 28", "66dd31, 66dd21, 14"})
    void fnsaveAndFrstor(String save, String restore, int environmentBytes) {
        cpu.x87.lastInstruction &= 0xffff;
        cpu.x87.lastOperand &= 0xffff;
        cpu.x87.full = 0x5a;
        String before = state();
        assertThat(guest.run(save).vector).isEqualTo(-1);
        assertThat(cpu.x87.control).isEqualTo(0x37f);
        assertThat(cpu.x87.full).isZero();
        assertThat(guest.physical.read64(IMAGE + environmentBytes + 10 * 7)).isNotZero();
        assertThat(guest.run(restore).vector).isEqualTo(-1);
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void fnstenvMasksEveryException() {
        cpu.x87.setControl(0x340);
        guest.run("d931");
        assertThat(guest.physical.read32(IMAGE)).isEqualTo(0xffff_0340);
        assertThat(cpu.x87.control).isEqualTo(0x37f);
        // Tags: two bits a register, empty 3.
        int tags = guest.physical.read32(IMAGE + 8) & 0xffff;
        for (int p = 0; p < 8; p++) {
            assertThat((tags >> (2 * p) & 3) == 3).isEqualTo(cpu.x87.isEmpty(p));
        }
    }
}
