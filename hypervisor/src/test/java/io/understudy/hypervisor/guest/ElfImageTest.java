package io.understudy.hypervisor.guest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ElfImageTest {
    @Test
    void readsAnExecutable() throws Exception {
        ElfImage elf = ElfImage.parse(new ElfFile().segment(0, 0x10_0000, 0x1000, 16, 32).image());
        assertThat(elf.entry()).isEqualTo(0x10_0000);
        assertThat(elf.segments())
                .containsExactly(new ElfImage.Segment(0x1000, 16, 0x10_0000, 32, true));
        assertThat(elf.end()).isEqualTo(0x10_1000);
    }

    static Stream<Arguments> badImages() {
        return Stream.of(
                Arguments.of("empty", new ElfFile().truncated(0), "is truncated: 0 bytes"),
                Arguments.of("header cut", new ElfFile().truncated(63), "is truncated: 63 bytes"),
                Arguments.of("table cut", new ElfFile().truncated(100), "1 program headers"),
                Arguments.of(
                        "segment cut", new ElfFile().truncated(0x1008), "segment 0 wants 0x10"),
                Arguments.of("magic", new ElfFile().u8(0, 'M').image(), "magic"),
                Arguments.of("32-bit", new ElfFile().u8(4, 1).image(), "class 0x1"),
                Arguments.of("big-endian", new ElfFile().u8(5, 2).image(), "data encoding"),
                Arguments.of("shared object", new ElfFile().u16(16, 3).image(), "type 0x3"),
                Arguments.of("ARM", new ElfFile().u16(18, 183).image(), "machine 0xb7"),
                Arguments.of("entry size", new ElfFile().u16(54, 32).image(), "of 32 bytes"),
                Arguments.of("no headers", new ElfFile().segments(0).image(), "0 program headers"),
                Arguments.of(
                        "absurd count",
                        new ElfFile().segments(65535).image(),
                        "65535 program headers"),
                Arguments.of(
                        "table far away",
                        new ElfFile().u64(32, Long.MAX_VALUE - 10).image(),
                        "program headers at offset"),
                Arguments.of(
                        "table before the file",
                        new ElfFile().u64(32, -56).image(),
                        "program headers at offset"),
                Arguments.of(
                        "nothing loadable", new ElfFile().u8(64, 2).image(), "no loadable segment"),
                Arguments.of(
                        "offset overflows",
                        new ElfFile().segment(0, 0x10_0000, Long.MAX_VALUE, 16, 16).image(),
                        "segment 0 wants"),
                Arguments.of(
                        "file size overflows",
                        new ElfFile().segment(0, 0x10_0000, 0, -1, -1).image(),
                        "segment 0 wants"),
                Arguments.of(
                        "less memory than file",
                        new ElfFile().segment(0, 0x10_0000, 0x1000, 16, 8).image(),
                        "segment 0 with 0x8 bytes"),
                Arguments.of(
                        "address overflows",
                        new ElfFile().segment(0, Long.MAX_VALUE - 4, 0x1000, 16, 16).image(),
                        "beyond any memory"),
                Arguments.of(
                        "not one to one",
                        new ElfFile().u64(64 + 16, 0xffff_8000_0010_0000L).image(),
                        "mapped one to one"),
                Arguments.of(
                        "overlap",
                        new ElfFile().segments(2).segment(1, 0x10_000f, 0x1000, 16, 16).image(),
                        "overlapping segments at 0x100000 and 0x10000f"),
                Arguments.of(
                        "entry outside", new ElfFile().u64(24, 0x20_0000).image(), "its entry at"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badImages")
    void refuses(String what, GuestImage image, String complaint) {
        assertThatThrownBy(() -> ElfImage.parse(image))
                .isInstanceOf(MachineSetupException.class)
                .hasMessageStartingWith("guest image test ")
                .hasMessageContaining(complaint);
    }

    @Test
    void survivesRandomDamage() {
        long seed = 20260411;
        Random random = new Random(seed);
        for (int round = 0; round < 20_000; round++) {
            ElfFile file = new ElfFile();
            for (int i = random.nextInt(6); i >= 0; i--) {
                file.u8(random.nextInt(ElfFile.HEADER + ElfFile.PROGRAM_HEADER), random.nextInt());
            }
            GuestImage image = file.image();
            try {
                ElfImage elf = ElfImage.parse(image);
                for (ElfImage.Segment s : elf.segments()) {
                    assertThat(s.fileOffset() + s.fileBytes())
                            .as("seed %d round %d", seed, round)
                            .isBetween(0L, ElfFile.BYTES);
                    assertThat(s.end()).isGreaterThanOrEqualTo(s.address());
                }
            } catch (MachineSetupException expected) {
                assertThat(expected).hasMessageStartingWith("guest image test ");
            }
        }
    }
}
