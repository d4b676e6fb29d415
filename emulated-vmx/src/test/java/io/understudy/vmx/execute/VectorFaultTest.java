package io.understudy.vmx.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.vmx.cpu.ControlBits;
import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * When MMX, SSE and x87 instructions fault, and that nothing has changed then (SDM volume 2,
 * "Exceptions Type 1" and on; volume 3, "Exceptions and Emulation of the x87 FPU").
 */
final class VectorFaultTest {
    private static final String ADDPS = "0f58c1";
    private static final String ADDPS_RCX = "0f5801";
    private static final String PADDB_MMX = "0ffcc1";
    private static final String FADD = "d8c1";
    private static final String FNSTSW = "dfe0";
    private static final String FWAIT = "9b";

    private final Guest guest = new Guest();
    private final Cpu cpu = guest.cpu;

    @BeforeEach
    void enable() {
        cpu.system.cr0 = ControlBits.CR0_PE | ControlBits.CR0_NE;
        cpu.system.cr4 = ControlBits.CR4_OSFXSR | ControlBits.CR4_OSXMMEXCPT;
    }

    @AfterEach
    void close() {
        guest.close();
    }

    @ParameterizedTest
    @CsvSource({
        "EM, 6, 6, 7, 7, -1",
        "TS, 7, 7, 7, 7, -1",
        "MP, -1, -1, -1, -1, -1",
        "MP+TS, 7, 7, 7, 7, 7",
        "no OSFXSR, 6, -1, -1, -1, -1"
    })
    void availability(String bits, int sse, int mmx, int x87, int noWait, int fwait) {
        cpu.system.cr0 |= bits.contains("EM") ? ControlBits.CR0_EM : 0;
        cpu.system.cr0 |= bits.contains("TS") ? ControlBits.CR0_TS : 0;
        cpu.system.cr0 |= bits.contains("MP") ? ControlBits.CR0_MP : 0;
        cpu.system.cr4 &= bits.contains("OSFXSR") ? ~ControlBits.CR4_OSFXSR : -1;
        assertThat(guest.run(ADDPS).vector).isEqualTo(sse);
        assertThat(guest.run(PADDB_MMX).vector).isEqualTo(mmx);
        assertThat(guest.run(FADD).vector).isEqualTo(x87);
        assertThat(guest.run(FNSTSW).vector).isEqualTo(noWait);
        assertThat(guest.run(FWAIT).vector).isEqualTo(fwait);
    }

    @Test
    void unavailabilityComesBeforeTheMemoryOperand() {
        cpu.system.cr0 |= ControlBits.CR0_TS;
        cpu.gpr[Cpu.RCX] = 1;
        assertThat(guest.run(ADDPS_RCX).vector).isEqualTo(Vector.NM);
    }

    @Test
    void anUnalignedOperandRaisesGpBeforeThePage() {
        cpu.gpr[Cpu.RCX] = Guest.DATA + 8;
        assertThat(guest.run(ADDPS_RCX).vector).isEqualTo(Vector.GP);
        assertThat(guest.run("0f1001").vector).isEqualTo(-1); // movups
    }

    @Test
    void unmaskedSimdExceptionsRaiseXmOrUdAndLeaveTheDestination() {
        cpu.mxcsr = 0x1f80 & ~(1 << 7); // invalid operations unmasked
        cpu.xmmLow[0] = 0x7fa0_0000_3f80_0000L; // a signaling NaN
        cpu.xmmLow[1] = 0x3f80_0000_3f80_0000L;
        assertThat(guest.run(ADDPS).vector).isEqualTo(Vector.XM);
        assertThat(cpu.xmmLow[0]).isEqualTo(0x7fa0_0000_3f80_0000L);
        assertThat(cpu.mxcsr & 0x3f).isEqualTo(1);
        cpu.system.cr4 &= ~ControlBits.CR4_OSXMMEXCPT;
        assertThat(guest.run(ADDPS).vector).isEqualTo(Vector.UD);
    }

    @Test
    void ldmxcsrRefusesReservedBits() {
        cpu.gpr[Cpu.RCX] = Guest.DATA;
        guest.put(Guest.DATA, "80 1f 01 00");
        assertThat(guest.run("0fae11").vector).isEqualTo(Vector.GP);
        assertThat(cpu.mxcsr).isEqualTo(0x1f80);
    }

    @Test
    void anUnmaskedX87ExceptionWaitsForTheNextWaitingInstruction() {
        // fninit; fldcw [rcx] with division by zero unmasked; fld1; fldz; fdivp
        cpu.gpr[Cpu.RCX] = Guest.DATA;
        guest.put(Guest.DATA, "7b 03");
        guest.run("dbe3 d929 d9e8 d9ee def9");
        assertThat(guest.vector).isEqualTo(-1);
        assertThat(cpu.x87.statusWord() & 0x84).isEqualTo(0x84);
        assertThat(Integer.bitCount(cpu.x87.full)).as("nothing was popped").isEqualTo(2);
        assertThat(guest.run(FNSTSW).vector).isEqualTo(-1);
        assertThat(guest.run(PADDB_MMX).vector).isEqualTo(Vector.MF);
        assertThat(guest.run(FWAIT).vector).isEqualTo(Vector.MF);
        guest.run("dbe2"); // fnclex
        assertThat(guest.run(FWAIT).vector).isEqualTo(-1);
    }

    @Test
    void aStoreThatFaultsNeitherPopsNorSetsFlags() {
        // fld1; fstp qword [rcx]
        cpu.gpr[Cpu.RCX] = Guest.DATA + 0xffc;
        guest.readOnly[(int) (Guest.DATA >>> 12) + 1] = true;
        guest.flush();
        guest.run("dbe3 d9e8 dd19");
        assertThat(guest.vector).isEqualTo(Vector.PF);
        assertThat(cpu.x87.full).isEqualTo(0x80);
        assertThat(guest.physical.read8(Guest.DATA + 0xfff)).isZero();
    }

    @Test
    void aVectorStoreAcrossPagesWritesBothOrNone() {
        cpu.gpr[Cpu.RCX] = Guest.DATA + 0xff8;
        cpu.xmmLow[1] = -1;
        cpu.xmmHigh[1] = -1;
        guest.readOnly[(int) (Guest.DATA >>> 12) + 1] = true;
        guest.flush();
        assertThat(guest.run("0f1109").vector).isEqualTo(Vector.PF);
        assertThat(guest.physical.read8(Guest.DATA + 0xff8)).isZero();
        guest.readOnly[(int) (Guest.DATA >>> 12) + 1] = false;
        assertThat(guest.run("0f1109").vector).isEqualTo(-1);
        assertThat(guest.physical.read8(Guest.DATA + 0x1007)).isEqualTo(0xff);
    }

    @Test
    void maskedStoresTouchOnlyChosenBytes() {
        // maskmovdqu xmm0, xmm1 with the last byte of a page and nothing behind it
        cpu.gpr[Cpu.RDI] = Guest.DATA + 0xfff;
        cpu.xmmLow[0] = 0x55;
        cpu.xmmLow[1] = 0x80;
        guest.map(Guest.DATA + 0x1000, -1);
        assertThat(guest.run("660ff7c1").vector).isEqualTo(-1);
        assertThat(guest.physical.read8(Guest.DATA + 0xfff)).isEqualTo(0x55);
        cpu.xmmLow[1] = 0x8080;
        assertThat(guest.run("660ff7c1").vector).isEqualTo(Vector.PF);
    }

    @Test
    void mmxMakesEveryRegisterValidAndEmmsEmpty() {
        guest.run("dbe3 d9e8 0ffcc1");
        assertThat(cpu.x87.full).isEqualTo(0xff);
        assertThat(cpu.x87.top).isZero();
        assertThat(cpu.x87.signExponent[0]).isEqualTo(0xffff);
        guest.run("0f77");
        assertThat(cpu.x87.full).isZero();
    }
}
