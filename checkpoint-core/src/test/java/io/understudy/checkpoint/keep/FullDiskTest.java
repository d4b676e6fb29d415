package io.understudy.checkpoint.keep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.understudy.checkpoint.file.SegmentDisk;
import io.understudy.checkpoint.file.SegmentFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A file system that is full for good in the middle of a segment: a small one in memory, which root
 * alone can mount on Linux. Skipped elsewhere; {@link EpochKeeperTest} has a disk that only claims
 * to be full.
 */
class FullDiskTest {
    private static final int SIZE_KIB = 1024;

    @TempDir private Path folder;
    private Path disk;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectory(folder.resolve("disk"));
        String options = "size=%dk".formatted(SIZE_KIB);
        assumeTrue(
                succeeds("mount", "-t", "tmpfs", "-o", options, "tmpfs", disk.toString()),
                "cannot mount a small file system: this is not root on Linux");
    }

    @AfterEach
    void unmount() throws Exception {
        boolean isUnmounted = succeeds("umount", disk.toString());
        assertThat(isUnmounted || isEmpty(disk)).as("unmounted").isTrue();
    }

    @Test
    void keepingStopsAndProtectionGoesOn() throws Exception {
        try (KeptRun run =
                new KeptRun(
                        21,
                        KeptRun.options(disk, 200_000, Long.MAX_VALUE),
                        SegmentDisk.HOST,
                        60,
                        33)) {
            run.startSession(22);
            run.commit(150);
            KeepStatus stopped = run.keeper.status();
            assertThat(stopped.state()).isEqualTo(KeepStatus.State.STOPPED);
            assertThat(stopped.detail())
                    .startsWith("keeping stopped: ")
                    .contains("No space left on device");
            assertThat(run.pair.image.epoch()).as("protection goes on").isEqualTo(150);
            run.end();
            SegmentFolder left = SegmentFolder.list(disk);
            assertThat(left.unclosed()).as("what was begun is deleted").isEmpty();
            assertThat(left.closed()).as("what was closed before").isNotEmpty();
            assertThat(run.restoreAll(disk)).isNotEmpty();
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (var files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }

    private static boolean succeeds(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false; // There is no such program.
        }
    }
}
