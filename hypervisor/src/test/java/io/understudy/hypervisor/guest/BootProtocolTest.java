package io.understudy.hypervisor.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.memory.RamFixture;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class BootProtocolTest {
    @Test
    void loadsImageBootInfoAndPageTables() throws Exception {
        try (RamFixture f = new RamFixture(16 << 20)) {
            long entry =
                    BootProtocol.load(f.ram, new ElfFile().image(), Map.of("lines-per-second", 7L));
            assertThat(entry).isEqualTo(0x10_0000);
            assertThat(f.ram.read64(BootProtocol.BOOT_INFO)).isEqualTo(BootInfo.MAGIC);
            assertThat(f.ram.read64(BootProtocol.BOOT_INFO + 8)).isEqualTo((1L << 32) | 1);
            assertThat(f.ram.read64(BootProtocol.BOOT_INFO + 16)).isEqualTo(16 << 20);
            assertThat(f.ram.read64(BootProtocol.BOOT_INFO + 24)).isEqualTo(0x10_1000);
            assertThat(f.ram.read64(BootProtocol.BOOT_INFO + 32)).isEqualTo(1_000_000_000);
            byte[] key = new byte[24];
            for (int i = 0; i < 3; i++) {
                long word = f.ram.read64(BootProtocol.BOOT_INFO + 48 + 8L * i);
                for (int b = 0; b < 8; b++) {
                    key[8 * i + b] = (byte) (word >>> (8 * b));
                }
            }
            assertThat(new String(key, StandardCharsets.US_ASCII).trim())
                    .isEqualTo("lines-per-second");
            assertThat(f.ram.read64(BootProtocol.BOOT_INFO + 72)).isEqualTo(7);
            for (long linear = 0; linear < 16 << 20; linear += 0x1f_f123) {
                assertThat(translate(f, linear)).isEqualTo(linear);
            }
            PageSet dirty = new PageSet(f.regions());
            f.harvestSoftware(dirty);
            assertThat(dirty.contains(1)).as("boot info").isTrue();
            assertThat(dirty.contains(0x100)).as("image").isTrue();
            assertThat(dirty.contains(0x200)).as("untouched").isFalse();
        }
    }

    @Test
    void mapsMemoryBeyondFourGibibytes() throws Exception {
        try (RamFixture f = new RamFixture(6L << 30)) {
            BootProtocol.load(f.ram, new ElfFile().image(), Map.of());
            assertThat(translate(f, (6L << 30) + 12345)).isEqualTo((6L << 30) + 12345);
        }
    }

    @Test
    void refusesAnImageThatDoesNotFitAndLeavesMemoryAlone() {
        try (RamFixture f = new RamFixture(2 << 20)) {
            GuestImage large = new ElfFile().segment(0, 0x10_0000, 0x1000, 16, 2 << 20).image();
            assertThatThrownBy(() -> BootProtocol.load(f.ram, large, Map.of()))
                    .isInstanceOf(MachineSetupException.class)
                    .hasMessage(
                            "guest image test needs memory 0x100000 to 0x300000,"
                                    + " the machine has 2097152 bytes");
            assertThat(f.ram.read64(BootProtocol.BOOT_INFO)).isZero();
            assertThat(f.ram.read64(0x10_0000)).isZero();
        }
    }

    @Test
    void refusesAnImageOverTheBootStructures() {
        try (RamFixture f = new RamFixture(2 << 20)) {
            GuestImage low =
                    new ElfFile().segment(0, 0x1000, 0x1000, 16, 16).u64(24, 0x1000).image();
            assertThatThrownBy(() -> BootProtocol.load(f.ram, low, Map.of()))
                    .hasMessageContaining("below 0x100000");
        }
    }

    @Test
    void refusesParametersThatDoNotFit() {
        try (RamFixture f = new RamFixture(2 << 20)) {
            GuestImage image = new ElfFile().image();
            assertThatThrownBy(() -> BootProtocol.load(f.ram, image, Map.of("a".repeat(24), 1L)))
                    .isInstanceOf(MachineSetupException.class)
                    .hasMessageContaining("is not 1 to 23 of the characters");
            Map<String, Long> many = new HashMap<>();
            for (int i = 0; i < 127; i++) {
                many.put("p" + i, 1L);
            }
            assertThatThrownBy(() -> BootProtocol.load(f.ram, image, many))
                    .hasMessage("127 guest parameters are given, at most 126 fit");
        }
    }

    @Test
    void knowsItsBuiltInGuestsOnly() throws Exception {
        assertThat(GuestImage.builtIn("counter").name()).isEqualTo("counter");
        assertThat(ElfImage.parse(GuestImage.builtIn("counter")).entry()).isEqualTo(0x10_0000);
        assertThatThrownBy(() -> GuestImage.builtIn("../counter"))
                .isInstanceOf(MachineSetupException.class)
                .hasMessage("there is no built-in guest ../counter");
    }

    /** Walks the boot page tables as the processor would. */
    private static long translate(RamFixture f, long linear) {
        long frameMask = 0x000f_ffff_ffff_f000L;
        long pml4 = f.ram.read64(BootProtocol.PAGE_TABLES + 8 * (linear >>> 39));
        long pdpt = f.ram.read64((pml4 & frameMask) + 8 * ((linear >>> 30) & 511));
        if ((pdpt & 0x80) != 0) {
            return (pdpt & frameMask & -(1L << 30)) + (linear & ((1L << 30) - 1));
        }
        long pd = f.ram.read64((pdpt & frameMask) + 8 * ((linear >>> 21) & 511));
        assertThat(pd & 0x83).as("2 MiB, writable, present").isEqualTo(0x83);
        return (pd & frameMask & -(1L << 21)) + (linear & ((1L << 21) - 1));
    }
}
