package io.understudy.checkpoint.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.CorruptStateException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives go out and come back the same; stock tools open them; broken ones leave nothing. */
class CheckpointArchiveTest {
    private static final long UNLIMITED = Long.MAX_VALUE;
    private static final String NAME = "segment-000000000812-5f0c2a91.tar";

    @TempDir private Path folder;
    private Path segment;
    private Path archive;
    private Path target;

    @BeforeEach
    void write() throws Exception {
        segment = GoldenSegment.write(Files.createDirectory(folder.resolve("kept")));
        archive = folder.resolve("kept.tar.lz4");
        target = folder.resolve("imported");
        CheckpointArchive.write(List.of(segment), archive, SegmentDisk.HOST, done -> {});
    }

    @Test
    void whatGoesOutComesBack() throws Exception {
        List<Path> files =
                CheckpointArchive.read(archive, target, UNLIMITED, SegmentDisk.HOST, done -> {});
        assertThat(files).containsExactly(target.resolve(NAME));
        assertThat(files.getFirst()).hasSameBinaryContentAs(segment);
        assertThat(names(target)).containsExactly(NAME);
    }

    @Test
    void stockToolsOpenIt() throws Exception {
        for (String tool : List.of("lz4", "tar", "sha256sum")) {
            Assumptions.assumeTrue(
                    run(folder, "command -v " + tool) == 0, "not installed: " + tool);
        }
        assertThat(run(folder, "mkdir stock")).isZero();
        Path stock = folder.resolve("stock");
        assertThat(run(stock, "lz4 -dc ../kept.tar.lz4 | tar x && sha256sum -c SHA256SUMS"))
                .isZero();
        assertThat(stock.resolve(NAME)).hasSameBinaryContentAs(segment);
        assertThat(run(stock, "tar xf " + NAME)).isZero();
        assertThat(run(stock, "lz4 -dc epoch-00000000000000000814.lz4 > plain")).isZero();
        assertThat(Files.readAllBytes(stock.resolve("plain")))
                .isEqualTo(new Forge(segment).content(Forge.epoch(814)));
    }

    @Test
    void nothingIsOverwritten() throws Exception {
        assertThatThrownBy(() ->
                        CheckpointArchive.write(
                                List.of(segment), archive, SegmentDisk.HOST, done -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("exists");
        Files.createDirectories(target);
        Files.writeString(target.resolve(NAME), "mine");
        assertThatThrownBy(() -> read(archive)).hasMessageContaining(NAME + " exists");
        assertThat(target.resolve(NAME)).hasContent("mine");
        assertThat(names(target)).containsExactly(NAME);
    }

    @Test
    void aLimitOnTheBytesIsKept() throws Exception {
        assertThatThrownBy(() ->
                        CheckpointArchive.read(
                                archive, target, 10_000, SegmentDisk.HOST, done -> {}))
                .isInstanceOf(CorruptStateException.class)
                .hasMessageContaining("at most 10000 more");
        assertThat(names(target)).isEmpty();
    }

    @Test
    void aFullDiskLeavesNothing() throws Exception {
        SegmentDisk full =
                new SegmentDisk() {
                    @Override
                    public OutputStream create(Path file) throws IOException {
                        SegmentDisk.super.create(file).close();
                        return new OutputStream() {
                            @Override
                            public void write(int b) throws IOException {
                                throw new IOException("No space left on device");
                            }
                        };
                    }
                };
        assertThatThrownBy(() -> CheckpointArchive.read(archive, target, UNLIMITED, full, d -> {}))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("No space left");
        assertThat(names(target)).isEmpty();
        Path second = folder.resolve("second.tar.lz4");
        assertThatThrownBy(
                        () -> CheckpointArchive.write(List.of(segment), second, full, done -> {}))
                .hasMessageContaining("No space left");
        assertThat(names(folder)).doesNotContain("second.tar.lz4", "second.tar.lz4.partial");
    }

    @Test
    void hostileArchivesAreRefused() throws Exception {
        byte[] tar = plain();
        int sums = 1024;
        int first = sums + 1024;
        refused(
                tar,
                "another",
                bytes -> replace(bytes, 0, "understudy-archive", "../../evil-archive"));
        refused(
                tar,
                "name",
                bytes -> replace(bytes, first, NAME, "../ment-000000000812-5f0c2a91.tar"));
        refused(tar, "SHA256SUMS", bytes -> replace(bytes, sums + 512, NAME, "../" + NAME));
        refused(tar, "link", bytes -> bytes[first + 156] = '2');
        refused(tar, "size", bytes -> Arrays.fill(bytes, first + 125, first + 136, (byte) 0xff));
        refused(tar, "count", bytes -> bytes[512 + 15] = 0x7f);
        refused(tar, "revision", bytes -> bytes[512 + 8] = 9);
        refused(tar, "magic", bytes -> bytes[512] = 'X');
        refused(tar, "content", bytes -> bytes[first + 512 + 1000] ^= 1);
        refused(tar, "tail", bytes -> bytes[bytes.length - 1] = 1);
        for (int length = 0; length < tar.length - 1024; length += 700) {
            refusedArchive(frame(Arrays.copyOf(tar, length)), "truncated to " + length);
        }
        byte[] good = Files.readAllBytes(archive);
        for (int length = 0; length < good.length; length += 97) {
            refusedArchive(Arrays.copyOf(good, length), "frame truncated to " + length);
        }
        refusedArchive(Arrays.copyOf(good, good.length + 1), "frame with a tail");
        refusedArchive("no archive".getBytes(StandardCharsets.US_ASCII), "text");
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2})
    void mutatedArchivesNeverDoHarm(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] tar = plain();
        int refused = 0;
        for (int i = 0; i < 500; i++) {
            byte[] bytes = tar.clone();
            for (int c = random.nextInt(1, 4); c > 0; c--) {
                bytes[random.nextInt(2560)] = (byte) random.nextInt();
            }
            Path file = Files.write(folder.resolve("mutated.tar.lz4"), frame(bytes));
            Path into = folder.resolve("into-" + i);
            try {
                CheckpointArchive.read(file, into, 1 << 20, SegmentDisk.HOST, done -> {});
                assertThat(into.resolve(NAME)).hasSameBinaryContentAs(segment);
            } catch (CorruptStateException e) {
                assertThat(names(into)).as("seed %d, archive %d", seed, i).isEmpty();
                refused++;
            }
        }
        assertThat(refused).as("seed %d", seed).isGreaterThan(100);
    }

    /** Changes the plain tar archive. */
    private interface Tampering {
        void tamper(byte[] tar);
    }

    private void refused(byte[] tar, String what, Tampering tampering) throws Exception {
        byte[] bytes = tar.clone();
        tampering.tamper(bytes);
        for (int header : new int[] {0, 1024, 2048}) {
            repairChecksum(bytes, header);
        }
        refusedArchive(frame(bytes), what);
    }

    private void refusedArchive(byte[] bytes, String what) throws Exception {
        Path file = Files.write(folder.resolve("hostile.tar.lz4"), bytes);
        assertThatThrownBy(() -> read(file))
                .as(what)
                .isInstanceOf(CorruptStateException.class)
                .hasMessageStartingWith("hostile.tar.lz4");
        assertThat(names(target)).as(what).isEmpty();
        assertThat(names(folder))
                .as(what)
                .containsOnly("kept", "kept.tar.lz4", "imported", "hostile.tar.lz4");
    }

    private void read(Path file) throws IOException, CorruptStateException {
        CheckpointArchive.read(file, target, UNLIMITED, SegmentDisk.HOST, done -> {});
    }

    private byte[] plain() throws IOException {
        return new LZ4FrameInputStream(new ByteArrayInputStream(Files.readAllBytes(archive)))
                .readAllBytes();
    }

    private static byte[] frame(byte[] plain) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (LZ4FrameOutputStream frame = new LZ4FrameOutputStream(bytes)) {
            frame.write(plain);
        }
        return bytes.toByteArray();
    }

    private static void replace(byte[] bytes, int from, String old, String by) {
        String text = new String(bytes, StandardCharsets.ISO_8859_1);
        int at = text.indexOf(old, from);
        System.arraycopy(by.getBytes(StandardCharsets.US_ASCII), 0, bytes, at, by.length());
    }

    private static void repairChecksum(byte[] bytes, int header) {
        Arrays.fill(bytes, header + 148, header + 156, (byte) ' ');
        int sum = 0;
        for (int i = header; i < header + 512; i++) {
            sum += bytes[i] & 0xff;
        }
        byte[] octal = "%06o\0 ".formatted(sum).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(octal, 0, bytes, header + 148, 8);
    }

    private static List<String> names(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return List.of();
        }
        try (var files = Files.list(folder)) {
            return files.map(f -> String.valueOf(f.getFileName())).sorted().toList();
        }
    }

    private static int run(Path folder, String script) throws Exception {
        Process process =
                new ProcessBuilder("sh", "-c", script)
                        .directory(folder.toFile())
                        .redirectErrorStream(true)
                        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                        .start();
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }
}
