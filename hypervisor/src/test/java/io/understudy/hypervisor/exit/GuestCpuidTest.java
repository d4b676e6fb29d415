package io.understudy.hypervisor.exit;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.vmx.Platform;
import io.understudy.vmx.PlatformConfig;
import io.understudy.vmx.ProcessorModel;
import org.junit.jupiter.api.Test;

class GuestCpuidTest {
    @Test
    void handsOnWhatIsVirtualizedAndSaysThatThereIsAHypervisor() {
        try (Platform platform = new Platform(PlatformConfig.of(1 << 20))) {
            int[] host = new int[4];
            platform.processor(0).cpuid(1, 0, host);
            GuestCpuid guest = new GuestCpuid(platform.processor(0));
            guest.query(1, 0);
            assertThat(host[2] >>> 5 & 1).as("the processor has VMX").isEqualTo(1);
            assertThat(guest.ecx() >>> 5 & 1).as("the guest has none").isZero();
            assertThat(guest.ecx() >>> 31).as("hypervisor").isEqualTo(1);
            assertThat(guest.ecx() >>> 30 & 1).as("RDRAND").isZero();
            assertThat(guest.ecx() >>> 21 & 1).as("x2APIC").isEqualTo(1);
            assertThat(guest.ecx() >>> 24 & 1).as("TSC deadline").isEqualTo(1);
            assertThat(guest.eax()).isEqualTo(host[0] & 0xffff_ffffL);
            guest.query(0x4000_0000, 0);
            assertThat(guest.ebx()).isEqualTo(0x6564_6e55L);
            guest.query(0x15, 0);
            assertThat(guest.ecx()).isEqualTo(1_000_000_000);
        }
    }

    @Test
    void tellsTheGuestItsOwnControlBits() {
        PlatformConfig max = new PlatformConfig(1 << 20, 1, 10, 1, false, ProcessorModel.MAX);
        try (Platform platform = new Platform(max)) {
            GuestCpuid guest = new GuestCpuid(platform.processor(0));
            for (int bit = 0; bit < 2; bit++) {
                guest.query(1, 0, (long) bit << 18);
                assertThat(guest.ecx() >>> 27 & 1).as("OSXSAVE").isEqualTo(bit);
                guest.query(7, 0, (long) bit << 22);
                assertThat(guest.ecx() >>> 3 & 1).as("protection keys").isEqualTo(1);
                assertThat(guest.ecx() >>> 4 & 1).as("OSPKE").isEqualTo(bit);
            }
        }
    }
}
