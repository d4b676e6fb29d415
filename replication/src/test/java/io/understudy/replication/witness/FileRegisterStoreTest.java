package io.understudy.replication.witness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.replication.ReplicationException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileRegisterStoreTest {
    private static final Incarnation A = new Incarnation("a", new UUID(3, 4));
    private static final Incarnation B = new Incarnation("b", new UUID(5, 6));
    private static final Register PAIRED = new Register(new UUID(1, 2), 5, A, B, 7);
    private static final Ledger LEDGER =
            new Ledger(
                    PAIRED,
                    List.of(
                            new Ledger.Answered(
                                    new RegisterRequest(
                                            9,
                                            new UUID(1, 2),
                                            4,
                                            A,
                                            new RegisterOperation.Pair(B, 7)),
                                    PAIRED)));

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
            assertThat(store.ledger()).isEqualTo(Ledger.EMPTY);
            store.store(LEDGER);
        }
        try (FileRegisterStore store = FileRegisterStore.open(file)) {
            assertThat(store.lostReason()).isEmpty();
            assertThat(store.ledger()).isEqualTo(LEDGER);
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
        byte[] good = LedgerCodec.encode(LEDGER);
        for (int bit = 0; bit < good.length * 8; bit++) {
            byte[] bad = good.clone();
            bad[bit / 8] ^= (byte) (1 << bit % 8);
            assertThatThrownBy(() -> LedgerCodec.decode(bad))
                    .isInstanceOf(SealedFile.DamagedException.class);
        }
        for (int length = 0; length < good.length; length++) {
            byte[] bad = Arrays.copyOf(good, length);
            assertThatThrownBy(() -> LedgerCodec.decode(bad))
                    .isInstanceOf(SealedFile.DamagedException.class);
        }
        lost(Arrays.copyOf(good, good.length - 1));
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
    void aFileOfVersion1IsRead() throws Exception {
        String golden =
                "5553524547535452"
                        + "01000000"
                        + "48000000"
                        + "0a1209010000000000000011020000000000000010051a15"
                        + "0a01611103000000000000001904000000000000002002"
                        + "2a150a0162110500000000000000190600000000000000"
                        + "3007"
                        + "2686a08b";
        assertThat(LedgerCodec.decode(HexFormat.of().parseHex(golden)))
                .isEqualTo(new Ledger(PAIRED, List.of()));
        assertThat(LedgerCodec.decode(SealedFile.seal(LedgerCodec.MAGIC, 1, new byte[0])))
                .isEqualTo(Ledger.EMPTY);
    }

    /** Golden bytes of format version 2; added to, never edited. */
    @Test
    void theLayoutIsTheDocumentedOne() throws Exception {
        String golden =
                "5553524547535452"
                        + "02000000"
                        + "ea000000"
                        + "0a480a120901000000000000001102000000000000001005"
                        + "1a150a016111030000000000000019040000000000000020"
                        + "022a150a0162110500000000000000190600000000000000"
                        + "3007129d010a510909000000000000001212090100000000"
                        + "000000110200000000000000180422150a01611103000000"
                        + "000000001904000000000000003a190a150a016211050000"
                        + "0000000000190600000000000000100712480a1209010000"
                        + "000000000011020000000000000010051a150a0161110300"
                        + "00000000000019040000000000000020022a150a01621105"
                        + "000000000000001906000000000000003007"
                        + "f030d490";
        byte[] bytes = LedgerCodec.encode(LEDGER);
        assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(golden);
        assertThat(LedgerCodec.decode(bytes)).isEqualTo(LEDGER);
    }

    @Test
    void theLargestLedgerFits() throws Exception {
        Incarnation wide = new Incarnation("\u20ac".repeat(64), new UUID(-1, -1));
        Incarnation other = new Incarnation("\u20ac".repeat(64), new UUID(-1, -2));
        Register register =
                new Register(new UUID(-1, -1), Long.MAX_VALUE, wide, other, Long.MAX_VALUE);
        Ledger.Answered answered =
                new Ledger.Answered(
                        new RegisterRequest(
                                -1,
                                new UUID(-1, -1),
                                Long.MAX_VALUE,
                                wide,
                                new RegisterOperation.Pair(other, Long.MAX_VALUE)),
                        register);
        Ledger largest = new Ledger(register, Collections.nCopies(Ledger.ANSWERED_MAX, answered));
        Files.write(file, LedgerCodec.encode(largest));
        try (FileRegisterStore store = FileRegisterStore.open(file)) {
            assertThat(store.lostReason()).isEmpty();
            assertThat(store.ledger()).isEqualTo(largest);
        }
    }
}
