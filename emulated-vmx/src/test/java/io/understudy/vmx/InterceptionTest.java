package io.understudy.vmx;

import static io.understudy.vmx.GuestMachine.*;
import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Instructions that cause VM exits, what the exits report, and what happens without the control.
 */
class InterceptionTest {
    /** code, primary controls, secondary controls, reason, qualification, instruction length. */
    static List<Arguments> cases() {
        return List.of(
                exit("0fa2", 0, 0, ExitReason.CPUID, 0, 2),
                exit("0f01c1", 0, 0, ExitReason.VMCALL, 0, 3),
                exit("0f01c2", 0, 0, ExitReason.VMLAUNCH, 0, 3),
                exit("0f78c3", 0, 0, ExitReason.VMREAD, 0, 3),
                exit("f30fc7342500c00000", 0, 0, ExitReason.VMXON, 0xc000, 9),
                exit("660f38800d10000000", 0, 0, ExitReason.INVEPT, CODE + 0x19, 9),
                exit("0f08", 0, 0, ExitReason.INVD, 0, 2),
                exit("0f09", 0, SECONDARY_WBINVD_EXITING, ExitReason.WBINVD_WBNOINVD, 0, 2),
                exit("0f31", PRIMARY_RDTSC_EXITING, 0, ExitReason.RDTSC, 0, 2),
                exit("f390", PRIMARY_PAUSE_EXITING, 0, ExitReason.PAUSE, 0, 2),
                exit("0f013b", PRIMARY_INVLPG_EXITING, 0, ExitReason.INVLPG, 0, 3),
                exit("0f22d8", PRIMARY_CR3_LOAD_EXITING, 0, ExitReason.CR_ACCESS, 3, 3),
                exit("0f20d9", PRIMARY_CR3_STORE_EXITING, 0, ExitReason.CR_ACCESS, 0x113, 3),
                exit("440f20c3", PRIMARY_CR8_STORE_EXITING, 0, ExitReason.CR_ACCESS, 0x318, 4),
                exit("0f23f9", PRIMARY_MOV_DR_EXITING, 0, ExitReason.DR_ACCESS, 0x107, 3),
                exit("0fc7f3", 0, SECONDARY_RDRAND_EXITING, ExitReason.RDRAND, 0, 3),
                exit("0f32", 0, 0, ExitReason.RDMSR, 0, 2),
                exit("0f30", 0, 0, ExitReason.WRMSR, 0, 2),
                exit(
                        "0f010425e0000000",
                        0,
                        SECONDARY_DESCRIPTOR_TABLE_EXITING,
                        ExitReason.GDTR_IDTR_ACCESS,
                        0xe0,
                        8),
                exit(
                        "0f00d8",
                        0,
                        SECONDARY_DESCRIPTOR_TABLE_EXITING,
                        ExitReason.LDTR_TR_ACCESS,
                        0,
                        3));
    }

    private static Arguments exit(
            String code, int primary, int secondary, ExitReason reason, long detail, int length) {
        return Arguments.of(code, primary, secondary, reason, detail, length);
    }

    @ParameterizedTest(name = "{0} exits with {3}")
    @MethodSource("cases")
    void exits(
            String code, int primary, int secondary, ExitReason reason, long detail, int length) {
        try (GuestMachine m = GuestMachine.of(code + "f4")) {
            m.set(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, primary);
            m.set(SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, secondary);
            assertThat(m.runTo()).isEqualTo(reason);
            assertThat(m.qualification()).isEqualTo(detail);
            assertThat(m.lp.vmread(EXIT_INSTRUCTION_LENGTH)).isEqualTo(length);
            assertThat(m.rip()).isEqualTo(CODE);
            assertThat(m.lp.vmread(IDT_VECTORING_INFORMATION)).isZero();
            assertThat(m.lp.clock().retired()).isZero();
        }
    }

    /** Between registers they are no blocks of their own. */
    @ParameterizedTest(name = "{0}")
    @CsvSource({"0f78c3, VMREAD", "0f79c3, VMWRITE"})
    void fieldAccessesExitInTheMiddleOfABlock(String code, ExitReason reason) {
        // mov eax, 6; add eax, eax; (the instruction); add eax, eax; hlt
        try (GuestMachine m = GuestMachine.of("b8 06000000 01c0 " + code + " 01c0 f4")) {
            assertThat(m.runTo()).isEqualTo(reason);
            assertThat(m.rip()).isEqualTo(CODE + 7);
            assertThat(m.lp.vmread(EXIT_INSTRUCTION_LENGTH)).isEqualTo(3);
            assertThat(m.lp.gpr(0)).isEqualTo(12);
            assertThat(m.lp.clock().retired()).isEqualTo(2);
            m.skip();
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.gpr(0)).isEqualTo(24);
        }
    }

    @Test
    void ioBitmapsSelectPorts() {
        // out 80, al; out 81, al; mov edx, ffff; out dx, ax
        try (GuestMachine m = GuestMachine.of("e680 e681 baffff0000 66ef")) {
            m.set(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, PRIMARY_IO_BITMAPS);
            m.memory.write8(IO_A + 0x10, 2);
            assertThat(m.runTo()).isEqualTo(ExitReason.IO_INSTRUCTION);
            assertThat(m.qualification() >>> 16).isEqualTo(0x81);
            m.skip();
            assertThat(m.runTo()).as("wraps past FFFF").isEqualTo(ExitReason.IO_INSTRUCTION);
            assertThat(m.qualification() >>> 16).isEqualTo(0xffff);
        }
    }

    @Test
    void stringOutputReportsItsAddress() {
        // mov esi, c123; mov ecx, 2; mov edx, 3f8; rep outsb
        try (GuestMachine m = GuestMachine.of("be 23c10000 b9 02000000 ba f8030000 f36e")) {
            assertThat(m.runTo()).isEqualTo(ExitReason.IO_INSTRUCTION);
            assertThat(m.qualification()).isEqualTo(0x3f8L << 16 | 1 << 5 | 1 << 4);
            assertThat(m.lp.vmread(GUEST_LINEAR_ADDRESS)).isEqualTo(0xc123);
            assertThat(m.lp.vmread(EXIT_INSTRUCTION_INFORMATION)).isEqualTo(2 << 7 | 3 << 15);
        }
    }

    @Test
    void msrBitmapsSelectReadsAndWrites() {
        // mov ecx, c0000102; rdmsr; wrmsr; mov ecx, 10; rdmsr; hlt
        try (GuestMachine m = GuestMachine.of("b9 020100c0 0f32 0f30 b9 10000000 0f32 f4")) {
            m.set(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, PRIMARY_MSR_BITMAPS);
            m.lp.wrmsr(0xc000_0102, 0x1234_5678_9abcL);
            m.memory.write8(MSR_BITMAP + 0xc00 + (0x102 >>> 3), 1 << 2);
            assertThat(m.runTo()).isEqualTo(ExitReason.WRMSR);
            assertThat(m.lp.gpr(0)).isEqualTo(0x5678_9abcL);
            assertThat(m.lp.gpr(2)).isEqualTo(0x1234);
            m.skip();
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.gpr(0)).as("TSC").isEqualTo(30);
        }
    }

    @Test
    void cr0AndCr4ReadTheShadowOfHostOwnedBits() {
        // mov rax, cr0; mov rbx, cr4; or eax, 8; mov cr0, rax
        try (GuestMachine m = GuestMachine.of("0f20c0 0f20e3 83c808 0f22c0 f4")) {
            m.lp.vmwrite(CR0_GUEST_HOST_MASK, 0x20);
            m.lp.vmwrite(CR0_READ_SHADOW, 0);
            m.lp.vmwrite(CR4_GUEST_HOST_MASK, 0x2000);
            m.lp.vmwrite(CR4_READ_SHADOW, 0);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.gpr(3)).isEqualTo(0xa0);
            assertThat(m.lp.vmread(GUEST_CR0)).isEqualTo(0x8001_003bL);
        }
    }

    @Test
    void changingAHostOwnedBitExits() {
        // mov rax, cr4; or eax, 2000; mov cr4, rax
        try (GuestMachine m = GuestMachine.of("0f20e0 0d00200000 0f22e0")) {
            m.lp.vmwrite(CR4_GUEST_HOST_MASK, 0x2000);
            assertThat(m.runTo()).isEqualTo(ExitReason.CR_ACCESS);
            assertThat(m.qualification()).isEqualTo(4);
        }
    }

    @Test
    void cr3TargetsDoNotExit() {
        try (GuestMachine m = GuestMachine.of("b8 00100000 0f22d8 b8 00500000 0f22d8")) {
            m.set(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, PRIMARY_CR3_LOAD_EXITING);
            m.lp.vmwrite(CR3_TARGET0, PML4);
            m.lp.vmwrite(CR3_TARGET_COUNT, 1);
            assertThat(m.runTo()).isEqualTo(ExitReason.CR_ACCESS);
            assertThat(m.rip()).isEqualTo(CODE + 13);
        }
    }

    @Test
    void privilegedInstructionsFaultInRing3BeforeTheyExit() {
        try (GuestMachine m = GuestMachine.of("f4")) {
            m.enterUserMode();
            m.lp.vmwrite(EXCEPTION_BITMAP, 1 << 13);
            assertThat(m.runTo()).isEqualTo(ExitReason.EXCEPTION_OR_NMI);
        }
    }

    @Test
    void vmxInstructionsExitInRing3() {
        try (GuestMachine m = GuestMachine.of("0f01c1")) {
            m.enterUserMode();
            assertThat(m.runTo()).isEqualTo(ExitReason.VMCALL);
        }
    }

    @Test
    void rdtscpNeedsItsControl() {
        try (GuestMachine m = GuestMachine.of("0f01f9 f4")) {
            m.lp.vmwrite(EXCEPTION_BITMAP, 1 << 6);
            assertThat(m.runTo()).isEqualTo(ExitReason.EXCEPTION_OR_NMI);
            m.set(SECONDARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, SECONDARY_RDTSCP);
            m.lp.wrmsr(0xc000_0103, 77);
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.gpr(1)).isEqualTo(77);
        }
    }

    @Test
    void swapGsExchangesTheBases() {
        try (GuestMachine m = GuestMachine.of("0f01f8 f4")) {
            m.lp.vmwrite(GUEST_GS_BASE, 0x1111);
            m.lp.wrmsr(0xc000_0102, 0x2222);
            m.runTo();
            assertThat(m.lp.vmread(GUEST_GS_BASE)).isEqualTo(0x2222);
            assertThat(m.lp.rdmsr(0xc000_0102)).isEqualTo(0x1111);
        }
    }

    @Test
    void descriptorTableInstructionsWorkWithoutExiting() {
        // sgdt [c000]; sidt [c010]; lldt ax(0); mov ax,28; str bx; hlt
        try (GuestMachine m =
                GuestMachine.of("0f010425 00c00000 0f010c25 10c00000 0f00d0 0f00cb f4")) {
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.read64(0xc000) & 0xffff).isEqualTo(0x37);
            assertThat(m.read64(0xc002)).isEqualTo(GDT);
            assertThat(m.read64(0xc012)).isEqualTo(IDT);
            assertThat(m.lp.gpr(3)).isEqualTo(TSS_SELECTOR);
        }
    }
}
