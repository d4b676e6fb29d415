package io.understudy.vmx;

import static io.understudy.vmx.VmcsField.*;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class NonRootSmokeTest {
    @Test
    void cpuidExitsAndResumes() {
        // mov eax, 7; cpuid; inc eax; hlt
        try (GuestMachine m = GuestMachine.of("b8 07000000  0fa2  ffc0  f4")) {
            assertThat(m.runTo()).isEqualTo(ExitReason.CPUID);
            assertThat(m.lp.gpr(0)).isEqualTo(7);
            assertThat(m.rip()).isEqualTo(GuestMachine.CODE + 5);
            assertThat(m.lp.vmread(EXIT_INSTRUCTION_LENGTH)).isEqualTo(2);
            m.lp.setGpr(0, 0x41);
            m.skip();
            assertThat(m.runTo()).isEqualTo(ExitReason.HLT);
            assertThat(m.lp.gpr(0)).isEqualTo(0x42);
            assertThat(m.lp.clock().retired()).isEqualTo(2);
        }
    }

    @Test
    void outExitsWithPortAndSize() {
        // mov edx, 3f8; mov al, 'A'; out dx, al; in eax, 60h
        try (GuestMachine m = GuestMachine.of("ba f8030000  b0 41  ee  e5 60")) {
            assertThat(m.runTo()).isEqualTo(ExitReason.IO_INSTRUCTION);
            assertThat(m.qualification()).isEqualTo(0x3f8L << 16);
            m.skip();
            assertThat(m.runTo()).isEqualTo(ExitReason.IO_INSTRUCTION);
            assertThat(m.qualification()).isEqualTo(0x60L << 16 | 1 << 6 | 1 << 3 | 3);
        }
    }
}
