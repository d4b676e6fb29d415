package io.understudy.vmx.decode;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Golden instructions: at least one per family of forms and per prefix rule. */
final class DecoderTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = GoldenInsns.BITS_64)
    void decodes64BitCode(String hex, String text) {
        check(hex, text, 64);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = GoldenInsns.BITS_32)
    void decodes32BitCode(String hex, String text) {
        check(hex, text, 32);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = GoldenInsns.BITS_16)
    void decodes16BitCode(String hex, String text) {
        check(hex, text, 16);
    }

    @Test
    void sixteenBytesAreTooLong() {
        byte[] prefixes = HexFormat.of().parseHex("66".repeat(15) + "90");
        assertThat(Decoder.decode(prefixes, 0, 16, 64).opcode()).isEqualTo(Opcode.TOO_LONG);
        assertThat(Decoder.decode(prefixes, 0, 15, 64).opcode()).isEqualTo(Opcode.TOO_LONG);
        assertThat(Decoder.decode(prefixes, 0, 14, 64).opcode()).isEqualTo(Opcode.INCOMPLETE);
        assertThat(Decoder.decode(prefixes, 1, 15, 64).toString()).isEqualTo("nop.2");
        // An immediate that would end at byte 16, and an illegal LOCK of the same length.
        byte[] mov = HexFormat.of().parseHex("66".repeat(10) + "c70001000000");
        assertThat(Decoder.decode(mov, 0, 16, 64).length()).isEqualTo(14);
        byte[] lockedMov = HexFormat.of().parseHex("f0".repeat(10) + "c70001000000");
        assertThat(Decoder.decode(lockedMov, 0, 16, 64).opcode()).isEqualTo(Opcode.TOO_LONG);
    }

    @Test
    void readsFromTheMiddleOfAWindow() {
        byte[] bytes = HexFormat.of().parseHex("ffff4889d8ff");
        Insn insn = Decoder.decode(bytes, 2, 3, 64);
        assertThat(insn.toString()).isEqualTo("mov.8 rax, rbx");
        assertThat(insn.length()).isEqualTo(3);
        assertThat(Decoder.decode(bytes, 6, 0, 64).opcode()).isEqualTo(Opcode.INCOMPLETE);
    }

    private static void check(String hex, String text, int codeBits) {
        byte[] bytes = HexFormat.of().parseHex(hex.replace(" ", ""));
        Insn insn = Decoder.decode(bytes, 0, bytes.length, codeBits);
        assertThat(insn.toString()).as(hex).isEqualTo(text);
        if (insn.isValid()) {
            assertThat(insn.length()).as(hex).isEqualTo(bytes.length);
        }
    }
}
