package io.understudy.vmx.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class VectorReaderTest {
    private static final String REGISTERS =
            "[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"a\",\"b\",\"c\",\"d\",\"e\",\"f\","
                    + "\"ffffffffffffffff\"]";
    private static final String GOOD =
            "{\"g\":\"alu\",\"n\":\"add 32\",\"b\":\"4101d1\",\"r\":"
                    + REGISTERS
                    + ",\"f\":\"286\",\"m\":\""
                    + "5a".repeat(128)
                    + "\",\"o\":{\"ip\":\"1400103\",\"f\":\"297\",\"r\":{\"9\":\"80000000\"},"
                    + "\"m\":{\"126\":\"0102\"}},\"uf\":\"10\"}";

    @TempDir private Path folder;

    @Test
    void readsWhatWasRecorded() throws IOException {
        try (VectorReader reader = new VectorReader(write(GOOD + "\n\n" + GOOD))) {
            RecordedCase c = Objects.requireNonNull(reader.next());
            assertThat(c.name).isEqualTo("add 32");
            assertThat(c.insn.toString()).isEqualTo("add.4 r9, rdx");
            assertThat(c.gpr).startsWith(1, 2, 3).endsWith(15, -1);
            assertThat(c.rflags).isEqualTo(0x286);
            assertThat(c.undefinedFlags).isEqualTo(0x10);
            assertThat(c.destinationUndefined).isFalse();
            assertThat(c.floats.hasXmm || c.floats.hasX87).isFalse();
            assertThat(c.outcome.faulted()).isFalse();
            assertThat(c.outcome.rip).isEqualTo(0x1400103);
            assertThat(c.outcome.gpr[9]).isEqualTo(0x80000000L);
            assertThat(c.outcome.gpr[8]).isEqualTo(9);
            assertThat(c.outcome.window).startsWith(0x5a, 0x5a).endsWith(0x5a, 1, 2);
            assertThat(Objects.requireNonNull(reader.next()).line).isEqualTo(3);
            assertThat(reader.next()).isNull();
        }
    }

    @Test
    void readsVectorAndX87State() throws IOException {
        String xmm =
                "\"00112233445566778899aabbccddeeff\",".repeat(15) + "\"" + "0".repeat(32) + "\"";
        String st = "\"3fff8000000000000000\",".repeat(7) + "\"c0018123456789abcdef\"";
        String line =
                GOOD.replace(
                                ",\"o\":{",
                                ",\"mxcsr\":\"1f80\",\"x\":[%s],\"fcw\":\"37f\",\"fsw\":\"3800\",\"ftw\":\"80\",\"st\":[%s],\"o\":{\"mxcsr\":\"1fa0\",\"x\":{\"15\":\"%s\"},\"fsw\":\"0\","
                                        .formatted(xmm, st, "f".repeat(32)))
                        .replace("\"uf\":", "\"usw\":\"4500\",\"approx\":1,\"uf\":");
        try (VectorReader reader = new VectorReader(write(line))) {
            RecordedCase c = Objects.requireNonNull(reader.next());
            assertThat(c.floats.xmmHigh[14]).isEqualTo(0x0011223344556677L);
            assertThat(c.floats.xmmLow[14]).isEqualTo(0x8899aabbccddeeffL);
            assertThat(c.floats.signExponent[7]).isEqualTo(0xc001);
            assertThat(c.floats.significand[7]).isEqualTo(0x8123456789abcdefL);
            assertThat(c.approximate).isTrue();
            assertThat(c.undefinedStatus).isEqualTo(0x4500);
            FloatState after = c.outcome.floats;
            assertThat(after.mxcsr).isEqualTo(0x1fa0);
            assertThat(after.xmmLow).startsWith(c.floats.xmmLow[0]).endsWith(-1);
            assertThat(after.statusWord).isZero();
            assertThat(after.tags).isEqualTo(0x80);
            assertThat(after.significand).isEqualTo(c.floats.significand);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
                    "b":"4101d1" | "b":"4101d"              | "b" is no string of hexadecimal bytes: 4101d
                    "b":"4101d1" | "b":""                   | "b" must be 1 to 15 instruction bytes, not 0
                    "b":"4101d1" | "b":17                   | "b" must be a string
                    "b":"4101d1" | "b":"00112233445566778899aabbccddeeff" | "b" must be 1 to 15 instruction bytes, not 16
                    "r":[        | "r":["0",                | "r" must be 16 registers, not 17
                    "r":["1"     | "r":["1g"                | "r" is no hexadecimal 64-bit number: 1g
                    "r":["1"     | "r":["11111111111111111" | "r" is no hexadecimal 64-bit number: 11111111111111111
                    "r":["1"     | "r":[{}                  | "r" must be a string
                    "f":"297"    | "f":"x"                  | "f" is no hexadecimal 64-bit number: x
                    "ip":        | "pi":                    | unknown key "pi" in "o"
                    "f":"297",   | ``                       | "o" must have "ip" and "f"
                    "9":"8       | "16":"8                  | register 16 is not below 16
                    "9":"8       | "-1":"8                  | register -1 is not below 16
                    "9":"8       | "x":"8                   | register "x" is not a number
                    "126":"0102" | "127":"0102"             | bytes at offset 127 reach beyond the window
                    "m":"5a      | "m":"                    | "m" must be 128 bytes, not 127
                    "n":         | "nn":                    | unknown key "nn"
                    "o":{        | "o":{"e":32,             | "e" must be an exception vector, not 32
                    "o":{        | "o":{"e":"de",           | a value of the wrong kind
                    "uf":"10"}   | "uf":"10"}{}             | malformed JSON
                    "uf":"10"}   | "uf":"10"                | the file ends in the middle
                    {"g"         | ["g"                     | a value of the wrong kind
                    {"g"         | {g                       | malformed JSON
                    """)
    void aBadLineIsNamed(String good, String bad, String problem) throws IOException {
        Path file = write(GOOD + "\n" + GOOD.replace(good, bad) + "\n");
        assertThatThrownBy(() -> readAll(file))
                .isInstanceOf(VectorFormatException.class)
                .hasMessage(file + ":2: " + problem);
    }

    @Test
    void aHugeLineIsRefusedBeforeItIsParsed() throws IOException {
        Path file = write(GOOD + "\n\"" + " ".repeat(1 << 17));
        assertThatThrownBy(() -> readAll(file))
                .hasMessage(file + ":2: the line is longer than 65536 characters");
    }

    @Test
    void damagedGzipIsNamed() throws IOException {
        Path file = folder.resolve("cut.jsonl.gz");
        byte[] gz = gzip((GOOD + "\n").repeat(1000));
        Files.write(file, Arrays.copyOf(gz, gz.length / 2));
        assertThatThrownBy(() -> readAll(file))
                .isInstanceOf(VectorFormatException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageEndingWith("the file ends in the middle");
        gz[gz.length / 2] ^= 0x55;
        Files.write(file, gz);
        assertThatThrownBy(() -> readAll(file)).isInstanceOf(VectorFormatException.class);
        Files.write(file, new byte[] {0x1f, (byte) 0x8b});
        assertThatThrownBy(() -> readAll(file)).isInstanceOf(VectorFormatException.class);
    }

    @Test
    void mutatedFilesGiveCasesOrOneError() throws IOException {
        long seed = 7;
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 500; i++) {
            byte[] bytes = GOOD.getBytes(StandardCharsets.UTF_8);
            for (int n = random.nextInt(1, 4); n > 0; n--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            Path file = folder.resolve("mutated.jsonl");
            Files.write(file, bytes);
            try {
                readAll(file);
            } catch (VectorFormatException e) {
                assertThat(e).as("seed %d input %d", seed, i).hasMessageContaining(file + ":1: ");
            }
        }
    }

    @Test
    void everyRecordedFileReads() throws IOException {
        for (String group : ConformanceTest.GROUPS) {
            Path file = folder.resolve(group + ".jsonl.gz");
            try (InputStream in =
                            Objects.requireNonNull(
                                    getClass()
                                            .getResourceAsStream(
                                                    "/vectors/" + file.getFileName()));
                    OutputStream out = Files.newOutputStream(file)) {
                in.transferTo(out);
            }
            assertThat(readAll(file)).as(group).isGreaterThanOrEqualTo(1000);
        }
    }

    private static int readAll(Path file) throws IOException {
        int cases = 0;
        try (VectorReader reader = new VectorReader(file)) {
            while (reader.next() != null) {
                cases++;
            }
        }
        return cases;
    }

    private Path write(String text) throws IOException {
        return Files.writeString(folder.resolve("cases.jsonl"), text);
    }

    private static byte[] gzip(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream gz = new GZIPOutputStream(bytes)) {
            gz.write(text.getBytes(StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }
}
