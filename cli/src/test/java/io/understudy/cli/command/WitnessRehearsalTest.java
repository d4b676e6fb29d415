package io.understudy.cli.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WitnessRehearsalTest {
    /** It ends by itself only when both peers are members and the lineage has begun. */
    @Test
    void twoPeersBeginALineage(@TempDir Path folder) throws Exception {
        WitnessRehearsal.hold(folder, new Random(1));
        assertThat(folder.resolve("a")).isNotEmptyDirectory();
        assertThat(folder.resolve("b")).isNotEmptyDirectory();
    }
}
