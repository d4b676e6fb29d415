package io.understudy.checkpoint.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.verify.SegmentVerifier;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that somebody made or broke on purpose, for both readers: one sentence that names the file
 * and where it is wrong, or a machine exactly as it was; nothing else.
 */
class HostileSegmentTest {
    private static final String FILE = "hostile.tar";

    /** Both readers give out nothing larger than a record; this is far above it. */
    private static final long ALLOCATED_BYTES_MAX = 16 << 20;

    private static final String TOO_LARGE = "for a machine that a test does not make";

    @TempDir private Path folder;
    private Path golden;

    /** Changes a forged segment. */
    private interface Tampering {
        void tamper(Forge forge) throws Exception;
    }

    @BeforeEach
    void writeGolden() throws Exception {
        golden = GoldenSegment.write(folder);
    }

    @Test
    void aForgedSegmentThatWasNotChangedIsGood() throws Exception {
        accepted(forge -> {});
    }

    @Test
    void everyTruncationIsRefused() throws Exception {
        byte[] bytes = Files.readAllBytes(golden);
        int end = bytes.length - 10_240;
        for (int length = 0; length < end; length += length % 512 == 0 ? 1 : 511) {
            Path file = Files.write(folder.resolve(FILE), Arrays.copyOf(bytes, length));
            refused(file, "");
        }
    }

    @Test
    void entriesThatAreNotPlainFilesAreRefused() throws Exception {
        header("link", header -> header[156] = '2');
        header("hard link", header -> header[156] = '1');
        header("device", header -> header[156] = '3');
        header("folder", header -> header[156] = '5');
        header("extended header", header -> header[156] = 'x');
        header("long name", header -> header[156] = 'L');
        header("sparse file", header -> header[156] = 'S');
        header("way out", header -> name(header, "../../etc/passwd"));
        header("absolute name", header -> name(header, "/etc/passwd"));
        header("other name", header -> name(header, "epoch-1.lz4"));
        header("no name", header -> name(header, ""));
        header("folder of a name", header -> header[345] = 'a');
        header("other archive", header -> header[257] = 'v');
    }

    @Test
    void absurdSizesAreRefused() throws Exception {
        header("8 GiB", header -> size(header, "77777777777"));
        header("no number", header -> size(header, "12x45670000"));
        header("base 256", header -> Arrays.fill(header, 124, 136, (byte) 0xff));
        refused("head", f -> f.edit("head").putInt(20, -1));
        refused("head", f -> f.edit("head").putInt(20, 1 << 21));
        refused("head", f -> f.edit("head").putInt(60, Integer.MAX_VALUE));
        refused("epoch 814", f -> f.edit(Forge.epoch(814)).putInt(40, -1));
        refused("epoch-", f -> f.edit(Forge.epoch(814)).putInt(40, 1 << 20));
        refused("epoch-", f -> f.edit(Forge.epoch(814)).putInt(44, 17 << 20));
        refused("epoch-", f -> f.edit(Forge.epoch(814)).putInt(100, 0x7fffffff));
        refused("image-", f -> f.edit(Forge.image(814)).putInt(16, 5));
    }

    @Test
    void unknownContentIsSkippedIfItIsOptionalAndRefusedIfNot() throws Exception {
        byte[] news = "from the future".getBytes(StandardCharsets.US_ASCII);
        for (String name : new String[] {"head", Forge.epoch(814), Forge.image(814)}) {
            accepted(f -> f.addRecord(name, 999, 1, news));
            refused("999", f -> f.addRecord(name, 999, 0, news));
            refused(name, f -> f.addRecord(name, 999, 3, news));
        }
        accepted(f -> f.moreManifest = Forge.record(999, 1, news));
        refused("999", f -> f.moreManifest = Forge.record(999, 0, news));
    }

    @Test
    void otherRevisionsAreRefused() throws Exception {
        refused("revision", f -> f.edit("head").putInt(8, 0));
        // Differences came with revision 2.
        refused(Forge.epoch(815), f -> f.edit("head").putInt(8, 1));
        refused("revision", f -> f.edit("head").putInt(8, SegmentFormat.REVISION + 1));
        refused("head", f -> f.edit("head").putInt(12, 1));
    }

    @Test
    void contentThatItsDigestsDenyIsRefused() throws Exception {
        refused("image digest", f -> f.edit(Forge.image(814)).put(100, (byte) 'x'));
        refused("image digest", f -> f.edit(Forge.image(812)).put(500, (byte) 0));
        refused("image digest", f -> f.edit(Forge.epoch(815)).put(200, (byte) 9));
        refused(
                "state",
                f -> {
                    byte[] content = f.content(Forge.epoch(815));
                    content[content.length - 9] ^= 1;
                });
        refused("chain digest", f -> f.edit(Forge.epoch(814)).putLong(80, 5));
        refused("digest of its machine state", f -> f.edit(Forge.epoch(814)).putLong(64, 5));
        byte[] bytes = Files.readAllBytes(golden);
        bytes[1024 + 512 + 20] ^= 1;
        refused(Files.write(folder.resolve(FILE), bytes), "SHA-256");
    }

    @Test
    void pagesThatCannotBeAreRefused() throws Exception {
        int firstPage = 8 + 88 + 8;
        refused("region 0", f -> f.edit(Forge.epoch(814)).putLong(firstPage, 6));
        refused("region 5", f -> f.edit(Forge.epoch(814)).putLong(firstPage, PageId.of(5, 0)));
        refused("epoch-", f -> f.edit(Forge.epoch(814)).putLong(firstPage, -1));
        refused(
                "twice",
                f -> {
                    String name = Forge.epoch(814);
                    byte[] page = Arrays.copyOfRange(f.content(name), 96, 96 + 8 + 4104);
                    f.plain.put(name, Forge.insert(f.content(name), 96, page));
                });
        refused("image-", f -> f.addRecord(Forge.image(814), 17, 0, new byte[8]));
    }

    @Test
    void epochsInAnotherOrderAreRefused() throws Exception {
        refused("epoch-", f -> f.edit(Forge.epoch(815)).putLong(16, 813));
        refused("epoch-", f -> f.edit(Forge.epoch(815)).putLong(8, 816));
        refused("epoch-", f -> f.edit(Forge.epoch(815)).putLong(24, 1));
        refused("manifest", f -> f.restorableFrom = 812);
        refused("manifest", f -> f.restorableFrom = 815);
        refused("manifest", f -> f.plain.remove(Forge.image(814)));
        refused("manifest", f -> f.plain.put(Forge.image(815), f.plain.remove(Forge.image(814))));
        refused(
                "image-",
                f -> {
                    f.edit(Forge.image(812)).putInt(20, 1);
                    f.edit(Forge.image(814)).putInt(20, 0);
                });
    }

    @Test
    void absurdMachinesAreRefusedBeforeMemoryIsTaken() throws Exception {
        int regions = 16 + 8 + 16 + 8 + 8 + 8 + 4 + 5;
        refused("head", f -> f.edit("head").putInt(regions, 65));
        refused("head", f -> f.edit("head").putInt(regions, -1));
        refused("head", f -> f.edit("head").putLong(regions + 4 + 7, 1L << 60));
        // As large as can be, and empty: only a machine of this size could take it.
        Path file = forged(f -> f.edit("head").putLong(regions + 4 + 7, 1L << 31));
        long before = allocated();
        SegmentVerifier.verify(file, done -> {});
        SegmentFile.open(file).close();
        assertThat(allocated() - before).isLessThan(ALLOCATED_BYTES_MAX);
    }

    @Test
    void bombsDoNotGoOff() throws Exception {
        String name = Forge.epoch(814);
        byte[] bomb = Forge.frame(new byte[128 << 20]);
        for (long claimed : new long[] {128L << 20, 300, 5_000, 1L << 62}) {
            Path file =
                    forged(f -> {
                        f.stored.put(name, bomb);
                        f.plainBytes.put(name, claimed);
                    });
            long before = allocated();
            refused(file, name);
            assertThat(allocated() - before)
                    .as("claims %d", claimed)
                    .isLessThan(ALLOCATED_BYTES_MAX);
        }
        Path behind =
                forged(f -> {
                    byte[] good = Forge.frame(f.content(name));
                    f.stored.put(name, Forge.insert(good, good.length, bomb));
                });
        refused(behind, name);
        refused("epoch-", f -> f.stored.put(name, new byte[] {1, 2, 3}));
        refused("epoch-", f -> f.stored.put(name, Arrays.copyOf(bomb, 11)));
    }

    @Test
    void whatFollowsTheManifestIsRefused() throws Exception {
        byte[] bytes = Files.readAllBytes(golden);
        byte[] longer = Arrays.copyOf(bytes, bytes.length + 1);
        longer[bytes.length] = 1;
        refused(Files.write(folder.resolve(FILE), longer), "");
        refused(Files.write(folder.resolve(FILE), Arrays.copyOf(bytes, bytes.length + 40_000)), "");
    }

    /** Random changes behind checksums that fit; the two readers agree on every one. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void mutatedContentNeverDoesHarm(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        int refused = 0;
        for (int i = 0; i < 250; i++) {
            Forge forge = new Forge(golden);
            forge.mutate(random);
            Path file = forge.write(folder.resolve(FILE));
            String first = restoreAll(file);
            String second = verify(file);
            if (first.equals(TOO_LARGE)) {
                continue;
            }
            assertThat(first.isEmpty())
                    .as("seed %d, file %d: '%s' and '%s'", seed, i, first, second)
                    .isEqualTo(second.isEmpty());
            refused += first.isEmpty() ? 0 : 1;
        }
        assertThat(refused).as("seed %d", seed).isGreaterThan(125);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {5, 6})
    void mutatedFilesNeverDoHarm(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] good = Files.readAllBytes(golden);
        for (int i = 0; i < 500; i++) {
            byte[] bytes = good.clone();
            int end = random.nextInt(4) == 0 ? bytes.length : 8192;
            for (int c = random.nextInt(1, 4); c > 0; c--) {
                bytes[random.nextInt(end)] = (byte) random.nextInt();
            }
            Path file = Files.write(folder.resolve(FILE), bytes);
            assertThat(restoreAll(file).isEmpty())
                    .as("seed %d, file %d", seed, i)
                    .isEqualTo(verify(file).isEmpty());
        }
    }

    /** A header of the golden file with a checksum that fits. */
    private void header(String what, java.util.function.Consumer<byte[]> change) throws Exception {
        byte[] bytes = Files.readAllBytes(golden);
        byte[] header = Arrays.copyOfRange(bytes, 1024, 1536);
        change.accept(header);
        Arrays.fill(header, 148, 156, (byte) ' ');
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xff;
        }
        byte[] octal = "%06o\0 ".formatted(sum).getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(octal, 0, header, 148, 8);
        System.arraycopy(header, 0, bytes, 1024, 512);
        try {
            refused(Files.write(folder.resolve(FILE), bytes), "");
        } catch (AssertionError e) {
            throw new AssertionError(what, e);
        }
    }

    private static void name(byte[] header, String name) {
        Arrays.fill(header, 0, 100, (byte) 0);
        System.arraycopy(name.getBytes(StandardCharsets.US_ASCII), 0, header, 0, name.length());
    }

    private static void size(byte[] header, String octal) {
        System.arraycopy(octal.getBytes(StandardCharsets.US_ASCII), 0, header, 124, 11);
    }

    private void accepted(Tampering tampering) throws Exception {
        Path file = forged(tampering);
        assertThat(restoreAll(file)).isEmpty();
        assertThat(verify(file)).isEmpty();
    }

    private void refused(String why, Tampering tampering) throws Exception {
        refused(forged(tampering), why);
    }

    private static void refused(Path file, String why) {
        String first = restoreAll(file);
        String second = verify(file);
        assertThat(first).startsWith(FILE).contains(why).doesNotContain("\n");
        assertThat(second).startsWith(FILE).doesNotContain("\n");
    }

    private Path forged(Tampering tampering) throws Exception {
        Forge forge = new Forge(golden);
        tampering.tamper(forge);
        return forge.write(folder.resolve(FILE));
    }

    /** Empty if every epoch could be restored, else why not. */
    private static String restoreAll(Path file) {
        try (SegmentFile segment = SegmentFile.open(file)) {
            for (SegmentManifest.Epoch epoch : segment.manifest().restorable()) {
                if (segment.head().layout().pages() > 1 << 20) {
                    return TOO_LARGE;
                }
                PlainMachine machine = new PlainMachine(segment.head().layout());
                SegmentRestore.restore(segment, epoch.epoch(), machine, done -> {});
            }
            return "";
        } catch (CorruptStateException e) {
            return String.valueOf(e.getMessage());
        } catch (Exception e) {
            return fail("not a clean refusal", e);
        }
    }

    private static String verify(Path file) {
        try {
            SegmentVerifier.verify(file, done -> {});
            return "";
        } catch (CorruptStateException e) {
            return String.valueOf(e.getMessage());
        } catch (Exception e) {
            return fail("not a clean refusal", e);
        }
    }

    private static long allocated() {
        return ((com.sun.management.ThreadMXBean)
                        java.lang.management.ManagementFactory.getThreadMXBean())
                .getCurrentThreadAllocatedBytes();
    }

    @Test
    void numbersAreLittleEndian() throws Exception {
        ByteBuffer head = new Forge(golden).edit("head");
        assertThat(head.order(ByteOrder.LITTLE_ENDIAN).getInt(8)).isEqualTo(SegmentFormat.REVISION);
    }
}
