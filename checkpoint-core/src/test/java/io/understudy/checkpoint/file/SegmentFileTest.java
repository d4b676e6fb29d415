package io.understudy.checkpoint.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.verify.SegmentVerifier;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import net.jpountz.lz4.LZ4FrameInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The format, against golden files and an ordinary tar library. */
class SegmentFileTest {
    @TempDir private Path folder;

    @ParameterizedTest(name = "revision {0}")
    @ValueSource(ints = {1, 2})
    void goldenFilesAreRead(int revision) throws Exception {
        Path file = golden(revision);
        try (SegmentFile segment = SegmentFile.open(file)) {
            assertThat(segment.head().revision()).isEqualTo(revision);
            assertThat(segment.head().lineage()).isEqualTo(GoldenSegment.LINEAGE);
            assertThat(segment.head().digestKey()).isEqualTo(GoldenSegment.KEY);
            assertThat(segment.head().layout()).isEqualTo(PlainMachine.layout(6));
            assertThat(segment.head().createdUnixMs()).isEqualTo(GoldenSegment.CREATED_UNIX_MS);
            assertThat(segment.head().writer()).isEqualTo("understudy 0.1");
            SegmentManifest manifest = segment.manifest();
            assertThat(manifest.firstEpoch()).isEqualTo(812);
            assertThat(manifest.restorableFrom()).isEqualTo(814);
            assertThat(manifest.lastEpoch()).isEqualTo(815);
            assertThat(manifest.imageParts()).isEqualTo(2);
            assertThat(manifest.epochs())
                    .containsExactly(
                            new SegmentManifest.Epoch(812, 1_000, 100, 2),
                            new SegmentManifest.Epoch(814, 2_000, 200, 1),
                            new SegmentManifest.Epoch(815, 3_000, 300, 3));
            checkEpoch814(restored(segment, 814));
            checkEpoch815(restored(segment, 815));
        }
        assertThat(SegmentVerifier.verify(file, done -> {}).digests()).isEqualTo(2);
    }

    @Test
    void whatIsWrittenIsTheGoldenFileOfItsRevision() throws Exception {
        Map<String, byte[]> written = entries(GoldenSegment.write(folder));
        Map<String, byte[]> golden = entries(golden(SegmentFormat.REVISION));
        assertThat(written.keySet()).containsExactlyElementsOf(golden.keySet());
        // Compressed sizes, and so the manifest, depend on the version of the compressor.
        for (Map.Entry<String, byte[]> entry : golden.entrySet()) {
            if (!entry.getKey().equals("manifest")) {
                assertThat(written.get(entry.getKey()))
                        .as(entry.getKey())
                        .isEqualTo(entry.getValue());
            }
        }
        assertThat(written.get("manifest")).hasSameSizeAs(golden.get("manifest"));
    }

    @Test
    void anEpochBeforeTheImageWasCompleteIsNotRestored() throws Exception {
        try (SegmentFile segment = SegmentFile.open(GoldenSegment.write(folder))) {
            assertThatThrownBy(() -> restored(segment, 812))
                    .isInstanceOf(CorruptStateException.class)
                    .hasMessageContaining("cannot restore epoch 812")
                    .hasMessageContaining("from 814 to 815");
            assertThatThrownBy(() -> restored(segment, 813))
                    .hasMessageContaining("cannot restore epoch 813");
        }
    }

    @Test
    void anotherMachineIsRefused() throws Exception {
        try (SegmentFile segment = SegmentFile.open(GoldenSegment.write(folder))) {
            PlainMachine larger = new PlainMachine(PlainMachine.layout(7));
            assertThatThrownBy(() -> SegmentRestore.restore(segment, 815, larger, done -> {}))
                    .isInstanceOf(CorruptStateException.class)
                    .hasMessageContaining("region ram of 24 KiB, not ram of 28 KiB");
            assertThat(larger.pages).isEmpty();
        }
    }

    @Test
    void aSegmentNeverTakesTheNameOfAnother() throws Exception {
        GoldenSegment.write(folder);
        assertThatThrownBy(() -> GoldenSegment.write(folder))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("exists");
    }

    private static void checkEpoch814(PlainMachine machine) {
        assertThat(machine.cpu.value).isEqualTo(814 * 3);
        assertThat(machine.isActive()).isTrue();
        assertThat(machine.page(0, 0)).isEqualTo(GoldenSegment.text('A'));
        assertThat(machine.page(0, 1)).isEqualTo(GoldenSegment.noise());
        assertThat(machine.page(0, 2)).isEqualTo(GoldenSegment.text('B'));
        assertThat(machine.page(0, 3)).containsOnly(0);
        assertThat(machine.page(0, 4)).isNull();
        assertThat(machine.page(1, 0)).isNull();
        assertThat(machine.page(1, 1)).isEqualTo(GoldenSegment.text('C'));
    }

    private static void checkEpoch815(PlainMachine machine) {
        assertThat(machine.cpu.value).isEqualTo(815 * 3);
        assertThat(machine.page(0, 0)).containsOnly(0);
        assertThat(machine.page(0, 1)).isEqualTo(GoldenSegment.text('D'));
        assertThat(machine.page(0, 2)).isEqualTo(GoldenSegment.text('B'));
        assertThat(machine.page(1, 0)).isEqualTo(GoldenSegment.noise());
        assertThat(machine.page(1, 1)).isEqualTo(GoldenSegment.text('C'));
    }

    private static PlainMachine restored(SegmentFile segment, long epoch) throws Exception {
        PlainMachine machine = new PlainMachine(PlainMachine.layout(6));
        SegmentRestore.restore(segment, epoch, machine, done -> {});
        return machine;
    }

    private Path golden(int revision) throws IOException {
        try (InputStream in =
                SegmentFileTest.class.getResourceAsStream("segment-r" + revision + ".tar.gz")) {
            assertThat(in).isNotNull();
            Path file = folder.resolve("golden-r" + revision + ".tar");
            Files.write(file, new GZIPInputStream(in).readAllBytes());
            return file;
        }
    }

    /** As an ordinary tar library sees them, decompressed. */
    private static Map<String, byte[]> entries(Path file) throws IOException {
        Map<String, byte[]> entries = new LinkedHashMap<>();
        try (TarFile tar = new TarFile(file)) {
            for (TarArchiveEntry entry : tar.getEntries()) {
                byte[] stored = tar.getInputStream(entry).readAllBytes();
                boolean isFrame = entry.getName().endsWith(".lz4");
                entries.put(
                        entry.getName(),
                        isFrame
                                ? new LZ4FrameInputStream(new ByteArrayInputStream(stored))
                                        .readAllBytes()
                                : stored);
            }
        }
        return entries;
    }
}
