package io.understudy.vmx;

import static io.understudy.vmx.VmcsField.*;
import static io.understudy.vmx.VmxControls.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.vmx.system.CpuidModel;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Registers and CPUID leaves that do not exist (SDM volume 2, "MOV: Move to/from Control
 * Registers", "MOV: Move to/from Debug Registers", "CPUID").
 */
final class SystemRegisterTest {
    private static final int UNDEFINED_OPCODE = 6;
    private static final int GENERAL_PROTECTION = 13;
    private static final int VECTOR = 0xff;
    private static final int BASIC_MAX = 0x16;

    private static int vector(GuestMachine m) {
        m.set(EXCEPTION_BITMAP, -1);
        assertThat(m.runTo()).isEqualTo(ExitReason.EXCEPTION_OR_NMI);
        return (int) m.lp.vmread(EXIT_INTERRUPTION_INFORMATION) & VECTOR;
    }

    @ParameterizedTest(name = "{0}: {1}")
    @CsvSource({
        "0f20c8, mov eax cr1",
        "0f22c8, mov cr1 eax",
        "0f20e8, mov eax cr5",
        "0f22f0, mov cr6 eax",
        "0f20f8, mov eax cr7",
        "440f20c8, mov rax cr9",
        "440f22f8, mov cr15 rax",
        "440f21c0, mov rax dr8",
        "440f23f8, mov dr15 rax",
    })
    void aRegisterThatDoesNotExistIsNoOpcodeAtAnyPrivilege(String code, String name) {
        try (GuestMachine m = GuestMachine.of(code)) {
            assertThat(vector(m)).as(name).isEqualTo(UNDEFINED_OPCODE);
        }
        try (GuestMachine m = GuestMachine.of(code)) {
            m.enterUserMode();
            assertThat(vector(m)).as("%s at CPL 3", name).isEqualTo(UNDEFINED_OPCODE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0f20c0", "0f22d8", "440f20c0", "0f21f8", "0f23c0"})
    void oneThatExistsIsAMatterOfPrivilege(String code) {
        try (GuestMachine m = GuestMachine.of(code)) {
            m.enterUserMode();
            assertThat(vector(m)).isEqualTo(GENERAL_PROTECTION);
        }
    }

    @Test
    void movDrExitingComesBeforePrivilegeButNotBeforeTheOpcode() {
        try (GuestMachine m = GuestMachine.of("0f21f8")) {
            m.enterUserMode();
            m.set(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, PRIMARY_MOV_DR_EXITING);
            assertThat(m.runTo()).isEqualTo(ExitReason.DR_ACCESS);
            assertThat(m.qualification()).isEqualTo(0x17);
        }
        try (GuestMachine m = GuestMachine.of("440f21f8")) {
            m.set(PRIMARY_PROCESSOR_BASED_VM_EXECUTION_CONTROLS, PRIMARY_MOV_DR_EXITING);
            assertThat(vector(m)).isEqualTo(UNDEFINED_OPCODE);
        }
    }

    /** The highest basic leaf has frequencies, so that it is told from a leaf of zeros. */
    @ParameterizedTest
    @ValueSource(ints = {0x17, 0x1f, 0x4000_0000, 0x7fff_ffff, 0x8000_0009, 0xffff_ffff})
    void aLeafAboveTheHighestIsTheHighestBasicOne(int leaf) {
        CpuidModel cpuid = new CpuidModel(0, 1, ProcessorModel.MAX);
        int[] highest = new int[4];
        int[] above = new int[4];
        cpuid.query(0, 0, 1, highest);
        assertThat(highest[0]).isEqualTo(BASIC_MAX);
        cpuid.query(BASIC_MAX, 0, 1, highest);
        assertThat(highest[0]).isNotZero();
        cpuid.query(leaf, 0, 1, above);
        assertThat(above).isEqualTo(highest);
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 4, 5, 0x14, 0x8000_0005, 0x8000_0006})
    void aReservedLeafBelowItIsZero(int leaf) {
        int[] result = {1, 1, 1, 1};
        new CpuidModel(0, 1, ProcessorModel.MAX).query(leaf, 0, 1, result);
        assertThat(result).containsOnly(0);
    }
}
