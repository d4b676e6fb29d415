package io.understudy.vmx.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Vector;
import io.understudy.vmx.decode.Opcode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Hand-computed cases per family; the recorded vectors cover the families in breadth. */
final class FamiliesTest {
    private final Guest guest = new Guest();

    @AfterEach
    void close() {
        guest.close();
    }

    private int status() {
        return Flags.status(guest.cpu);
    }

    @Test
    void additionOverflowsIntoTheSign() {
        // mov eax,0x7fffffff; add eax,1
        guest.run("b8 ffffff7f 83c001");
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(0x8000_0000L);
        assertThat(status()).isEqualTo(Flags.OF | Flags.SF | Flags.AF | Flags.PF);
    }

    @Test
    void carryGoesThroughAdcAndStopsAtInc() {
        // stc; inc eax; adc ecx,0; with eax = -1
        guest.cpu.gpr[Cpu.RAX] = 0xffff_ffffL;
        guest.run("f9 ffc0 83d100");
        assertThat(guest.reg(Cpu.RAX)).isZero();
        assertThat(guest.reg(Cpu.RCX)).isEqualTo(1);
    }

    @Test
    void sbbOfARegisterWithItselfSpreadsTheBorrow() {
        guest.cpu.gpr[Cpu.RAX] = 1;
        guest.cpu.gpr[Cpu.RBX] = 2;
        guest.run("4839d8 4819c0"); // cmp rax,rbx; sbb rax,rax
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(-1);
        assertThat(Flags.carry(guest.cpu)).isTrue();
    }

    @Test
    void highByteAndLowByteOfOneRegister() {
        guest.cpu.gpr[Cpu.RAX] = 0x1234;
        guest.run("88c4 80c401"); // mov ah,al; add ah,1
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(0x3534);
    }

    @Test
    void shiftsByZeroKeepTheFlagsButClearTheUpperHalf() {
        guest.cpu.gpr[Cpu.RAX] = -1;
        guest.cpu.gpr[Cpu.RCX] = 32;
        guest.run("f9 d3e0"); // stc; shl eax,cl
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(0xffff_ffffL);
        assertThat(status() & Flags.CF).isEqualTo(Flags.CF);
    }

    @Test
    void rotatesLeaveZeroSignAndParity() {
        guest.cpu.gpr[Cpu.RBX] = 0x8000_0000_0000_0001L;
        guest.run("31c0 48d1c3"); // xor eax,eax; rol rbx,1
        assertThat(guest.reg(Cpu.RBX)).isEqualTo(3);
        assertThat(status()).isEqualTo(Flags.ZF | Flags.PF | Flags.CF | Flags.OF);
    }

    @Test
    void divisionOf128Bits() {
        guest.cpu.gpr[Cpu.RDX] = 0x1234_5678_9abc_def0L;
        guest.cpu.gpr[Cpu.RAX] = 0x0fed_cba9_8765_4321L;
        guest.cpu.gpr[Cpu.RBX] = 0xfedc_ba98_7654_3210L;
        guest.run("48f7f3");
        var dividend = new java.math.BigInteger("123456789abcdef00fedcba987654321", 16);
        var parts = dividend.divideAndRemainder(new java.math.BigInteger("fedcba9876543210", 16));
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(parts[0].longValue());
        assertThat(guest.reg(Cpu.RDX)).isEqualTo(parts[1].longValue());
    }

    @Test
    void theMostNegativeQuotientFitsAndOneMoreDoesNot() {
        guest.cpu.gpr[Cpu.RDX] = -1;
        guest.cpu.gpr[Cpu.RAX] = Long.MIN_VALUE;
        guest.cpu.gpr[Cpu.RBX] = 1;
        guest.run("48f7fb");
        assertThat(guest.vector).isEqualTo(-1);
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(Long.MIN_VALUE);
        guest.cpu.gpr[Cpu.RDX] = -1;
        guest.cpu.gpr[Cpu.RAX] = Long.MIN_VALUE;
        guest.cpu.gpr[Cpu.RBX] = -1;
        guest.run("48f7fb");
        assertThat(guest.vector).isEqualTo(Vector.DE);
        assertThat(guest.faultRip).isEqualTo(Guest.CODE);
    }

    @Test
    void bitStringReachesBehindItsAddress() {
        guest.cpu.gpr[Cpu.RBX] = Guest.DATA + 0x100;
        guest.cpu.gpr[Cpu.RAX] = -3;
        guest.run("480fab03"); // bts [rbx],rax
        assertThat(guest.physical.read64(Guest.DATA + 0xf8)).isEqualTo(1L << 61);
        assertThat(Flags.carry(guest.cpu)).isFalse();
    }

    @Test
    void compareExchange16NeedsAlignment() {
        guest.cpu.gpr[Cpu.RBX] = 7;
        guest.cpu.gpr[Cpu.RCX] = 8;
        guest.cpu.gpr[Cpu.RSI] = Guest.DATA;
        guest.run("f0480fc70e"); // lock cmpxchg16b [rsi], zero matches rdx:rax
        assertThat(Flags.zero(guest.cpu)).isTrue();
        assertThat(guest.physical.read64(Guest.DATA)).isEqualTo(7);
        assertThat(guest.physical.read64(Guest.DATA + 8)).isEqualTo(8);
        guest.cpu.gpr[Cpu.RSI] = Guest.DATA + 8;
        guest.run("f0480fc70e");
        assertThat(guest.vector).isEqualTo(Vector.GP);
    }

    @Test
    void lockedAddOnADevicePageWorksThroughTheSlowPath() {
        guest.device[(int) (Guest.DATA >>> 12)] = true;
        guest.physical.write32(Guest.DATA + 4, 41);
        guest.cpu.gpr[Cpu.RBX] = Guest.DATA + 4;
        guest.run("f0 830301"); // lock add dword [rbx],1
        assertThat(guest.physical.read32(Guest.DATA + 4)).isEqualTo(42);
    }

    @Test
    void pushAndPopRelativeToTheStackPointer() {
        guest.physical.write64(Guest.STACK, 0x11);
        // push [rsp] pushes from the old rsp; pop [rsp+8] stores at the new one
        guest.run("ff3424 8f442408");
        assertThat(guest.physical.read64(Guest.STACK + 8)).isEqualTo(0x11);
        assertThat(guest.reg(Cpu.RSP)).isEqualTo(Guest.STACK);
    }

    @Test
    void pushOfTheStackPointerPushesItsOldValue() {
        guest.run("54 59");
        assertThat(guest.reg(Cpu.RCX)).isEqualTo(Guest.STACK);
    }

    @Test
    void segmentBasesApplyToFsAndGsOnly() {
        guest.cpu.fsBase = Guest.DATA;
        guest.cpu.gsBase = Guest.DATA + 0x1000;
        guest.physical.write64(Guest.DATA + 8, 1);
        guest.physical.write64(Guest.DATA + 0x1008, 2);
        // mov rax,fs:[8]; mov rbx,gs:[8]; lea rcx,gs:[8]
        guest.run("64488b0425 08000000 65488b1c25 08000000 65488d0c25 08000000");
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(1);
        assertThat(guest.reg(Cpu.RBX)).isEqualTo(2);
        assertThat(guest.reg(Cpu.RCX)).isEqualTo(8);
    }

    @Test
    void addressSize32TruncatesTheSum() {
        guest.cpu.gpr[Cpu.RBX] = 0xffff_ffff_ffff_ff00L;
        guest.physical.write32(Guest.DATA, 0x99);
        guest.cpu.gpr[Cpu.RCX] = Guest.DATA + 0x100;
        guest.run("678b040b"); // mov eax,[ebx+ecx]
        assertThat(guest.reg(Cpu.RAX)).isEqualTo(0x99);
    }

    @Test
    void popfOfStatusFlagsStaysHereAndOfOthersGoesOut() {
        guest.cpu.gpr[Cpu.RAX] = 2 | Flags.CF | Flags.DF;
        guest.run("50 9d");
        assertThat(guest.systemInstructions).containsExactly(Opcode.HLT);
        assertThat(Flags.rflags(guest.cpu)).isEqualTo(2 | Flags.CF | Flags.DF);
        guest.systemInstructions.clear();
        guest.cpu.gpr[Cpu.RAX] = 2 | Flags.IF;
        guest.run("50 9d");
        assertThat(guest.systemInstructions).containsExactly(Opcode.POPF, Opcode.HLT);
    }

    @Test
    void pushfShowsTheMaterialisedFlags() {
        guest.cpu.systemFlags = 2 | Flags.IF;
        guest.run("31c0 9c 59"); // xor eax,eax; pushf; pop rcx
        assertThat(guest.reg(Cpu.RCX)).isEqualTo(2 | Flags.IF | Flags.ZF | Flags.PF);
    }

    @Test
    void everyConditionAgreesBetweenJccSetccAndTheFusedForm() {
        long[] values = {0, 1, -1, 5, Long.MIN_VALUE, Long.MAX_VALUE, 0x8000_0000L, 0x7fff_ffffL};
        for (int condition = 0; condition < 16; condition++) {
            for (long a : values) {
                for (long b : values) {
                    for (String compare : new String[] {"4839d8", "39d8", "4885d8", "38d8"}) {
                        check(condition, a, b, compare);
                    }
                }
            }
        }
    }

    /** cmp; jcc (fused) and cmp; nop; jcc and cmp; setcc give one answer. */
    private void check(int condition, long a, long b, String compare) {
        String jump = "7%x03 31c9 f4 b101".formatted(condition);
        String[] codes = {
            compare + jump, compare + "90" + jump, compare + "0f9%xc1 0fb6c9".formatted(condition),
        };
        long[] answers = new long[codes.length];
        for (int i = 0; i < codes.length; i++) {
            guest.cpu.gpr[Cpu.RAX] = a;
            guest.cpu.gpr[Cpu.RBX] = b;
            guest.cpu.gpr[Cpu.RCX] = 0;
            guest.run(codes[i]);
            answers[i] = guest.reg(Cpu.RCX);
        }
        assertThat(answers)
                .as("condition %x of %s with %x, %x", condition, compare, a, b)
                .containsOnly(answers[2]);
    }

    @Test
    void enterBuildsNestedFrames() {
        guest.cpu.gpr[Cpu.RBP] = Guest.DATA + 0x100;
        guest.physical.write64(Guest.DATA + 0xf8, 0x77);
        guest.run("c8 1000 02"); // enter 16,2
        long frame = Guest.STACK - 8;
        assertThat(guest.physical.read64(frame)).isEqualTo(Guest.DATA + 0x100);
        assertThat(guest.physical.read64(frame - 8)).isEqualTo(0x77);
        assertThat(guest.physical.read64(frame - 16)).isEqualTo(frame);
        assertThat(guest.reg(Cpu.RBP)).isEqualTo(frame);
        assertThat(guest.reg(Cpu.RSP)).isEqualTo(frame - 16 - 16);
    }
}
