package io.understudy.replication.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.replication.ReplicationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileRegisterStoreTest {
    private static final Incarnation A = new Incarnation("a", new UUID(3, 4));
    private static final Incarnation B = new Incarnation("b", new UUID(5, 6));
    private static final Register PAIRED = new Register(new UUID(1, 2), 5, A, B, 7);

    @TempDir private Path folder;
    private Path file = Path.of("register");

    @BeforeEach
    void nameTheFile() {
        file = folder.resolve("register");
    }

    @Test
    void whatWasStoredIsThereAfterARestart() throws Exception {
        FileRegisterStore.initialise(file);
        try (FileRegisterStore store = FileRegisterStore.open(file)) {
            assertThat(store.lostReason()).isEmpty();
            assertThat(store.current()).isNull();
            store.store(PAIRED);
        }
        try (FileRegisterStore store = FileRegisterStore.open(file)) {
            assertThat(store.lostReason()).isEmpty();
            assertThat(store.current()).isEqualTo(PAIRED);
        }
    }

    @Test
    void aMissingFileIsLostStateAndNotANewRegister() throws Exception {
        try (FileRegisterStore store = FileRegisterStore.open(file)) {
            assertThat(store.lostReason()).get().asString().contains("does not exist");
        }
        assertThat(file).doesNotExist();
    }

    @Test
    void initialisingTwiceIsRefused() throws Exception {
        FileRegisterStore.initialise(file);
        assertThatThrownBy(() -> FileRegisterStore.initialise(file))
                .isInstanceOf(ReplicationException.class)
                .hasMessageContaining("exists already");
    }

    @Test
    void twoWitnessesCannotShareAFile() throws Exception {
        FileRegisterStore.initialise(file);
        try (FileRegisterStore first = FileRegisterStore.open(file)) {
            assertThat(first.lostReason()).isEmpty();
            assertThatThrownBy(() -> FileRegisterStore.open(file))
                    .isInstanceOf(ReplicationException.class)
                    .hasMessageContaining("in use");
        }
    }

    @Test
    void everyFlippedBitAndEveryTruncationIsLostState() throws Exception {
        byte[] good = FileRegisterStore.encode(PAIRED);
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            lost(bad);
        }
        for (int length = 0; length < good.length; length++) {
            lost(Arrays.copyOf(good, length));
        }
        lost(Arrays.copyOf(good, 1 << 20));
    }

    private void lost(byte[] content) throws Exception {
        Files.write(file, content);
        try (FileRegisterStore store = FileRegisterStore.open(file)) {
            assertThat(store.lostReason()).isPresent();
        }
    }

    /** Golden bytes of format version 1; added to, never edited. */
    @Test
    void theLayoutIsTheDocumentedOne() throws Exception {
        String golden =
                "5553524547535452"
                        + "01000000"
                        + "48000000"
                        + "0a1209010000000000000011020000000000000010051a15"
                        + "0a01611103000000000000001904000000000000002002"
                        + "2a150a0162110500000000000000190600000000000000"
                        + "3007"
                        + "2686a08b";
        byte[] bytes = FileRegisterStore.encode(PAIRED);
        String hex = HexFormat.of().formatHex(bytes);
        assertThat(hex).isEqualTo(golden);
        assertThat(FileRegisterStore.decode(bytes)).isEqualTo(PAIRED);
    }
}
