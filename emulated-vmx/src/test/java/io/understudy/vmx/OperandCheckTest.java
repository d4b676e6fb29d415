package io.understudy.vmx;

import static io.understudy.vmx.VmcsField.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a memory operand is checked for beyond its pages: all of it against the limit of its segment
 * (SDM volume 3, "Limit Checking"), and its alignment where software asks for that ("Alignment
 * Check Exception (#AC)") or an instruction insists (SDM volume 2, "SSE Instruction Exception
 * Specification").
 */
final class OperandCheckTest {
    private static final int UNDEFINED_OPCODE = 6;
    private static final int GENERAL_PROTECTION = 13;
    private static final int ALIGNMENT_CHECK = 17;
    private static final int VECTOR = 0xff;
    private static final int LIMIT = 0xb3ff;

    /** The operand is at [ebx], or at [edi] for MASKMOV. */
    @ParameterizedTest(name = "{0}: {1} bytes")
    @CsvSource({
        "0f1003, 16, movups load",
        "0f1103, 16, movups store",
        "660fd603, 8, movq store",
        "f30f1003, 4, movss load",
        "f30f1103, 4, movss store",
        "0f1603, 8, movhps load",
        "660f3820c8, 0, pmovsxbw of a register",
        "660f382003, 8, pmovsxbw",
        "660f382203, 2, pmovsxbq",
        "0f6f03, 8, movq mm",
        "0f7f03, 8, movq store of mm",
        "660ff7c8, 16, maskmovdqu",
        "0ff7c8, 8, maskmovq",
        "f20f5803, 8, addsd",
        "d903, 4, fld of 4 bytes",
        "dd03, 8, fld of 8 bytes",
        "db2b, 10, fld of 10 bytes",
        "df23, 10, fbld",
        "db3b, 10, fstp of 10 bytes",
        "df1b, 2, fistp of 2 bytes",
        "d92b, 2, fldcw",
        "d93b, 2, fnstcw",
        "dd3b, 2, fnstsw",
        "0fae1b, 4, stmxcsr",
        "0fae13, 4, ldmxcsr",
        "d933, 28, fnstenv",
        "66d933, 14, fnstenv with 16-bit operands",
        "d923, 28, fldenv",
        "dd33, 108, fnsave",
        "66dd33, 94, fnsave with 16-bit operands",
        "dd23, 108, frstor",
        "0fae03, 512, fxsave",
        "0fae0b, 512, fxrstor",
        "0fae23, 576, xsave",
        "0fae2b, 576, xrstor",
        "0fc70b, 8, cmpxchg8b",
    })
    void theLastByteOfAnOperandIsInTheSegment(String code, int bytes, String name) {
        try (GuestMachine m = inCompatibilityMode(code)) {
            int aligned = bytes >= 512 ? 64 : 1;
            long last = (LIMIT + 1L - bytes) & -aligned;
            assertThat(vectorAt(m, last)).as("%s that ends at the limit", name).isEqualTo(6);
            int beyond = bytes == 0 ? UNDEFINED_OPCODE : GENERAL_PROTECTION;
            assertThat(vectorAt(m, last + aligned)).as("%s beyond", name).isEqualTo(beyond);
        }
    }

    @ParameterizedTest(name = "{2}")
    @CsvSource({
        "488b03, 1, load of 8 bytes",
        "8b03, 1, load of 4 bytes",
        "668903, 1, store of 2 bytes",
        "830301, 2, add to 4 bytes",
        "f00fb10b, 2, locked compare and exchange",
        "dd03, 4, fld",
        "0fae03, 8, fxsave",
        "50, -, push",
    })
    void userCodeWithAlignmentChecksMayNotBeMisaligned(String code, String skew, String name) {
        try (GuestMachine m = GuestMachine.of(code + "0f0b")) {
            m.enterUserMode();
            m.lp.vmwrite(EXCEPTION_BITMAP, 0xffff_ffffL);
            m.lp.vmwrite(GUEST_CR4, m.lp.vmread(GUEST_CR4) | ControlBits.CR4_OSFXSR);
            int distance = skew.equals("-") ? 0 : Integer.parseInt(skew);
            long stack = GuestMachine.STACK_TOP - 0x80 - (skew.equals("-") ? 4 : 0);
            // FXSAVE insists on 16 bytes by itself.
            int wanted = name.equals("fxsave") ? GENERAL_PROTECTION : ALIGNMENT_CHECK;
            int quiet = name.equals("fxsave") ? GENERAL_PROTECTION : UNDEFINED_OPCODE;
            for (int i = 0; i < 8; i++) {
                boolean mask = (i & 1) != 0;
                boolean flag = (i & 2) != 0;
                boolean misaligned = (i & 4) != 0;
                set(m, mask, flag);
                long rsp = misaligned ? stack : GuestMachine.STACK_TOP - 0x80;
                m.lp.vmwrite(GUEST_RSP, rsp);
                int vector = vectorAt(m, GuestMachine.DATA + (misaligned ? distance : 0));
                int bad = mask && flag ? wanted : quiet;
                assertThat(vector)
                        .as(
                                "%s, CR0.AM %s, RFLAGS.AC %s, misaligned %s",
                                name, mask, flag, misaligned)
                        .isEqualTo(misaligned ? bad : UNDEFINED_OPCODE);
            }
        }
    }

    @Test
    void supervisorCodeMayBeMisaligned() {
        try (GuestMachine m = GuestMachine.of("488b03 0f0b")) {
            m.lp.vmwrite(EXCEPTION_BITMAP, 0xffff_ffffL);
            set(m, true, true);
            assertThat(vectorAt(m, GuestMachine.DATA + 1)).isEqualTo(UNDEFINED_OPCODE);
        }
    }

    @ParameterizedTest(name = "{1}")
    @CsvSource({
        "0f38c80b, sha1nexte",
        "0f38c90b, sha1msg1",
        "0f38ca0b, sha1msg2",
        "0f38cb0b, sha256rnds2",
        "0f38cc0b, sha256msg1",
        "0f38cd0b, sha256msg2",
        "0f3acc0b00, sha1rnds4",
        "660f38dc0b, aesenc",
        "660fef0b, pxor",
    })
    void vectorOperandsThatMustBeAligned(String code, String name) {
        PlatformConfig config = new PlatformConfig(16 << 20, 1, 10, 1, false, ProcessorModel.MAX);
        try (GuestMachine m = new GuestMachine(config, GuestMachine.hex(code + "0f0b"))) {
            m.lp.vmwrite(EXCEPTION_BITMAP, 0xffff_ffffL);
            m.lp.vmwrite(GUEST_CR4, m.lp.vmread(GUEST_CR4) | ControlBits.CR4_OSFXSR);
            assertThat(vectorAt(m, GuestMachine.DATA)).as(name).isEqualTo(UNDEFINED_OPCODE);
            assertThat(vectorAt(m, GuestMachine.DATA + 8)).as(name).isEqualTo(GENERAL_PROTECTION);
        }
    }

    private static void set(GuestMachine m, boolean mask, boolean flag) {
        long cr0 = m.lp.vmread(GUEST_CR0) & ~ControlBits.CR0_AM;
        m.lp.vmwrite(GUEST_CR0, cr0 | (mask ? ControlBits.CR0_AM : 0));
        m.lp.vmwrite(GUEST_RFLAGS, 2 | (flag ? ControlBits.FLAG_AC : 0));
    }

    /** Runs the code with its operand at an address; the UD2 behind it raises #UD. */
    private static int vectorAt(GuestMachine m, long operand) {
        m.lp.vmwrite(GUEST_RIP, GuestMachine.CODE);
        m.lp.setGpr(Cpu.RAX, 3);
        m.lp.setGpr(Cpu.RDX, 0);
        m.lp.setGpr(Cpu.RBX, operand);
        m.lp.setGpr(Cpu.RDI, operand);
        assertThat(m.runTo()).isEqualTo(ExitReason.EXCEPTION_OR_NMI);
        return (int) m.lp.vmread(EXIT_INTERRUPTION_INFORMATION) & VECTOR;
    }

    /** Code of 32 bits, data segments that end at {@link #LIMIT}, every mask byte set. */
    private static GuestMachine inCompatibilityMode(String code) {
        GuestMachine m = GuestMachine.of(code + "0f0b");
        m.lp.vmwrite(EXCEPTION_BITMAP, 0xffff_ffffL);
        m.lp.vmwrite(
                GUEST_CR4,
                m.lp.vmread(GUEST_CR4) | ControlBits.CR4_OSFXSR | ControlBits.CR4_OSXSAVE);
        m.lp.setXcr0(3);
        m.lp.vmwrite(GUEST_CS_ACCESS_RIGHTS, 0xc09b);
        m.lp.vmwrite(GUEST_DS_LIMIT, LIMIT);
        m.lp.vmwrite(GUEST_DS_ACCESS_RIGHTS, 0x4093);
        long[] image = new long[LogicalProcessor.FXSAVE_WORDS];
        m.lp.fxsave(image);
        Arrays.fill(image, 4, image.length, -1L);
        m.lp.fxrstor(image);
        return m;
    }
}
