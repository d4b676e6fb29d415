package io.understudy.checkpoint.encoding;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.staging.StagedPages;
import io.understudy.checkpoint.staging.StagingPool;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.zip.CRC32C;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** docs/formats/page-batch.md, revision 2, and revision 1 as far as it is read. */
final class PageBatchFormatTest {
    private static final long EPOCH = 0x0102030405060708L;
    private static final int SEQUENCE = 3;
    private static final int PAGES_MAX = 64;

    private final List<MemoryRegion> regions =
            List.of(new MemoryRegion("ram", 100), new MemoryRegion("rom", 3));
    private final PageBatchDecoder decoder =
            new PageBatchDecoder(new MachineLayout("test", regions, List.of()), new Base());
    private final StagingPool pool = new StagingPool(StagingPool.CHUNK_PAGES);
    private final StagedPages pages = new StagedPages(pool);
    private final PageSet seen = new PageSet(regions);

    /** An image in which page i of every region consists of i + 1. */
    private static final class Base implements GuestMemory {
        @Override
        public void readPage(long pageId, MemorySegment to, long toOffset) {
            to.asSlice(toOffset, PageId.PAGE_BYTES).fill((byte) (PageId.index(pageId) + 1));
        }

        @Override
        public void writePage(long pageId, MemorySegment from, long fromOffset) {
            throw new UnsupportedOperationException("a decoder writes no memory");
        }
    }

    @AfterEach
    void close() {
        pages.clear();
        pool.close();
    }

    /** Golden bytes: region 0 page 9 zero, page 7 = LZ4, region 1 page 2 raw. Never edit. */
    @Test
    void goldenBatchDecodes() throws Exception {
        byte[] golden = golden();
        assertThat(golden).hasSize(32 + 12 + 12 + 42 + 12 + 4096);
        decode(golden);
        assertThat(pages.size()).isEqualTo(3);
        assertThat(pages.pageId(0)).isEqualTo(PageId.of(0, 9));
        assertThat(pages.isZero(0)).isTrue();
        assertThat(pages.pageId(1)).isEqualTo(PageId.of(0, 7));
        assertThat(content(1)).isEqualTo(text());
        assertThat(pages.pageId(2)).isEqualTo(PageId.of(1, 2));
        assertThat(content(2)).isEqualTo(noise());
    }

    /** Golden bytes of revision 2: as revision 1, and region 0 page 3 as a difference. */
    @Test
    void goldenBatchOfRevision2DecodesAndIsWhatTheEncoderWrites() throws Exception {
        byte[] golden = golden("page-batch-r2.gz");
        decode(golden);
        assertThat(pages.size()).isEqualTo(4);
        assertThat(content(1)).isEqualTo(text());
        assertThat(pages.pageId(3)).isEqualTo(PageId.of(0, 3));
        assertThat(content(3)).isEqualTo(nearlyBase());
        assertThat(encoded()).isEqualTo(golden);
    }

    /** Golden bytes of encoding 5: words 0, 100 and 101 of page 3 of the base image. */
    @Test
    void goldenRunsOfChangedWords() throws Exception {
        String runs =
                "0000" + "0100000000000000" + "0132" + "0200000000000000" + "0300000000000000";
        byte[] payload = HexFormat.of().parseHex(runs);
        ByteBuffer batch = ByteBuffer.allocate(32 + 12 + payload.length);
        batch.order(ByteOrder.LITTLE_ENDIAN);
        batch.putInt(PageBatchFormat.MAGIC).putShort((short) 2).putShort((short) 0);
        batch.putLong(EPOCH).putInt(SEQUENCE).putInt(1).putInt(12 + payload.length).putInt(0);
        batch.putLong(3).put((byte) 5).put((byte) 0).putShort((short) payload.length);
        batch.put(payload);
        decode(withCrc(batch.array()));
        byte[] expected = new byte[PageId.PAGE_BYTES];
        Arrays.fill(expected, (byte) 4);
        ByteBuffer words = ByteBuffer.wrap(expected).order(ByteOrder.LITTLE_ENDIAN);
        words.putLong(0, 1).putLong(800, 2).putLong(808, 3);
        assertThat(content(0)).isEqualTo(expected);

        MemorySegment page = Arena.ofAuto().allocate(PageId.PAGE_BYTES, Long.BYTES);
        MemorySegment.copy(expected, 0, page, ValueLayout.JAVA_BYTE, 0, expected.length);
        MemorySegment reference = Arena.ofAuto().allocate(PageId.PAGE_BYTES, Long.BYTES);
        reference.fill((byte) 4);
        ByteBuffer encoded = ByteBuffer.allocate(600).order(ByteOrder.LITTLE_ENDIAN);
        int length = ChangedWords.encode(page, 0, reference, 0, encoded, 0);
        assertThat(HexFormat.of().formatHex(encoded.array(), 0, length)).isEqualTo(runs);
    }

    @Test
    void runsThatLeaveThePageOrTheirRecordAreRefused() {
        ByteBuffer runs = ByteBuffer.allocate(32).order(ByteOrder.LITTLE_ENDIAN);
        assertThat(ChangedWords.check(runs, 0, 10)).isNull();
        assertThat(ChangedWords.check(runs, 0, 9)).isEqualTo("its last run is truncated");
        assertThat(ChangedWords.check(runs, 0, 11)).isEqualTo("its last run is truncated");
        runs.putShort(0, (short) (511 << 7 | 1));
        assertThat(ChangedWords.check(runs, 0, 18))
                .isEqualTo("a run of 2 words from word 511 leaves the page");
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void changedWordsComeBackWholeOrAreTooMany(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        MemorySegment page = Arena.ofAuto().allocate(PageId.PAGE_BYTES, Long.BYTES);
        MemorySegment reference = Arena.ofAuto().allocate(PageId.PAGE_BYTES, Long.BYTES);
        MemorySegment rebuilt = Arena.ofAuto().allocate(PageId.PAGE_BYTES, Long.BYTES);
        ByteBuffer runs = ByteBuffer.allocate(600).order(ByteOrder.LITTLE_ENDIAN);
        int tooLong = 0;
        for (int i = 0; i < 2_000; i++) {
            int first = random.nextInt(512);
            for (int c = random.nextInt(70); c > 0; c--) {
                int word = random.nextBoolean() ? random.nextInt(512) : (first + c) % 512;
                page.set(ValueLayout.JAVA_BYTE, word * 8L + random.nextInt(8), (byte) c);
            }
            int length = ChangedWords.encode(page, 0, reference, 0, runs, 7);
            if (length == ChangedWords.TOO_LONG) {
                tooLong++;
            } else {
                assertThat(ChangedWords.check(runs, 7, length)).isNull();
                rebuilt.copyFrom(reference);
                ChangedWords.apply(runs, 7, length, rebuilt, 0);
                assertThat(rebuilt.mismatch(page)).as("seed %d step %d", seed, i).isEqualTo(-1);
            }
            reference.copyFrom(page);
        }
        assertThat(tooLong).isBetween(1, 1_999);
    }

    @Test
    void revision1HasNoDifferences() throws Exception {
        byte[] bytes = golden("page-batch-r2.gz");
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putShort(4, (short) 1);
        refusedBytes("record 3 (region 0, page 3): encoding 4 is unknown", bytes);
    }

    @Test
    void aReadOnlyHeapBufferAndADirectBufferDecodeAlike() throws Exception {
        byte[] golden = golden();
        decoder.decode(
                ByteBuffer.wrap(golden).asReadOnlyBuffer(),
                EPOCH,
                SEQUENCE,
                pages,
                seen,
                PAGES_MAX);
        assertThat(content(1)).isEqualTo(text());
        pages.clear();
        seen.clear();
        ByteBuffer direct = ByteBuffer.allocateDirect(golden.length + 5).position(5);
        direct.put(golden).position(5);
        decoder.decode(direct, EPOCH, SEQUENCE, pages, seen, PAGES_MAX);
        assertThat(content(2)).isEqualTo(noise());
    }

    @Test
    void everyErrorNamesWhatAndWhere() throws Exception {
        refused("page batch 3 of epoch 72623859790382856: the magic", b -> b.put(0, (byte) 'X'));
        refused("revision 3, this program reads 1 to 2", b -> b.putShort(4, (short) 3));
        refused("unknown flags", b -> b.putShort(6, (short) 1));
        refused("it says batch 3 of epoch 5", b -> b.putLong(8, 5));
        refused("it says batch 4 of epoch", b -> b.putInt(16, 4));
        refused("-1 records in", b -> b.putInt(20, -1));
        refused("do not fit a batch", b -> b.putInt(20, 1000));
        refused("do not fit a batch", b -> b.putInt(24, 5));
        refused("CRC-32C", b -> b.put(40, (byte) 77));
        repaired("record 0 (region 9, page 9): the machine has no such", b -> b.putInt(36, 9));
        repaired("(region -1, page 9): the machine has no such", b -> b.putInt(36, -1));
        repaired("(region 0, page 100): the machine has no such", b -> b.putInt(32, 100));
        repaired("its reserved byte", b -> b.put(41, (byte) 1));
        repaired("encoding 9 is unknown", b -> b.put(40, (byte) 9));
        repaired("a zero page has no payload", b -> b.putShort(42, (short) 1));
        repaired("a raw page has 4096 bytes, not 0", b -> b.put(40, (byte) 2));
        repaired("an LZ4 block has 1 to 4095 bytes, not 0", b -> b.put(40, (byte) 3));
        repaired("payload of 65535 bytes is truncated", b -> b.putShort(42, (short) -1));
        repaired("the page came before", b -> b.putInt(44, 9));
        repaired("LZ4 block is malformed", b -> b.putShort(74, (short) -1));
        repaired("bytes left over after record 2", b -> b.putInt(20, 2));
        assertThatThrownBy(() ->
                        decoder.decode(ByteBuffer.wrap(golden()), EPOCH, SEQUENCE, pages, seen, 2))
                .hasMessageContaining("3 records after 0 pages, at most 2");
        assertThatThrownBy(() -> decode(new byte[31])).hasMessageContaining("31 bytes long");
        assertThatThrownBy(() -> decode(new byte[(1 << 20) + 1]))
                .hasMessageContaining("1048577 bytes long");
    }

    @Test
    void aPageThatDecompressesShortIsRefused() {
        byte[] block = new byte[64];
        int length = Lz4.factory().fastCompressor().compress(new byte[4095], 0, 4095, block, 0, 64);
        ByteBuffer batch = ByteBuffer.allocate(32 + 12 + length).order(ByteOrder.LITTLE_ENDIAN);
        batch.putInt(PageBatchFormat.MAGIC).putShort((short) 1).putShort((short) 0);
        batch.putLong(EPOCH).putInt(SEQUENCE).putInt(1).putInt(12 + length).putInt(0);
        batch.putLong(1).put((byte) 3).put((byte) 0).putShort((short) length);
        batch.put(block, 0, length);
        assertThatThrownBy(() -> decode(withCrc(batch.array())))
                .isInstanceOf(CorruptStateException.class)
                .hasMessageContaining("holds 4095 bytes, not a page");
    }

    /** Whatever the bytes: a clean result or one exception, and never more pages than allowed. */
    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3, 4})
    void mutatedBatchesNeverDoHarm(long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed);
        byte[] golden = golden(seed % 2 == 0 ? "page-batch-r1.gz" : "page-batch-r2.gz");
        int refused = 0;
        int accepted = 0;
        for (int i = 0; i < 8_000; i++) {
            byte[] bytes = mutated(golden, random);
            try {
                decode(bytes);
                accepted++;
            } catch (CorruptStateException e) {
                assertThat(e.getMessage()).startsWith("page batch 3 of epoch 72623859790382856: ");
                refused++;
            }
            assertThat(pages.size()).isLessThanOrEqualTo(PAGES_MAX);
            pages.clear();
            seen.clear();
        }
        assertThat(refused).as("seed %d", seed).isGreaterThan(4_000);
        assertThat(accepted).as("seed %d", seed).isPositive();
        assertThat(pool.pagesFree()).isEqualTo(pool.pagesMax());
    }

    private static byte[] mutated(byte[] golden, SplittableRandom random) {
        byte[] bytes = golden.clone();
        int changes = random.nextInt(1, 5);
        for (int c = 0; c < changes; c++) {
            int at = random.nextInt(random.nextBoolean() ? 100 : bytes.length);
            bytes[at] = (byte) random.nextInt();
        }
        if (random.nextInt(4) == 0) {
            bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length * 2));
        }
        if (bytes.length >= 32 && random.nextInt(8) != 0) {
            ByteBuffer header = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
            header.put(0, golden, 0, 20).putInt(24, bytes.length - 32);
            withCrc(bytes);
        }
        return bytes;
    }

    private void refused(String why, Consumer<ByteBuffer> change) throws IOException {
        byte[] bytes = golden();
        change.accept(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
        refusedBytes(why, bytes);
    }

    private void repaired(String why, Consumer<ByteBuffer> change) throws IOException {
        byte[] bytes = golden();
        change.accept(ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN));
        refusedBytes(why, withCrc(bytes));
    }

    private void refusedBytes(String why, byte[] bytes) {
        assertThatThrownBy(() -> decode(bytes))
                .isInstanceOf(CorruptStateException.class)
                .hasMessageContaining(why);
        pages.clear();
        seen.clear();
    }

    private void decode(byte[] bytes) throws CorruptStateException {
        decoder.decode(ByteBuffer.wrap(bytes), EPOCH, SEQUENCE, pages, seen, PAGES_MAX);
    }

    private byte[] content(int index) {
        byte[] bytes = new byte[PageId.PAGE_BYTES];
        pages.bytes(index).get(pages.offset(index), bytes);
        return bytes;
    }

    private static byte[] withCrc(byte[] bytes) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 32, bytes.length - 32);
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).putInt(28, (int) crc.getValue());
        return bytes;
    }

    private static byte[] encoded() {
        PageBatchWriter writer = new PageBatchWriter();
        ByteBuffer batch = ByteBuffer.allocate(16 << 10).order(ByteOrder.LITTLE_ENDIAN);
        writer.open(batch);
        writer.zero(batch, PageId.of(0, 9));
        assertThat(writer.page(batch, PageId.of(0, 7), ByteBuffer.wrap(text()), 0))
                .isEqualTo(PageEncoding.LZ4);
        assertThat(writer.page(batch, PageId.of(1, 2), ByteBuffer.wrap(noise()), 0))
                .isEqualTo(PageEncoding.RAW);
        PageDifference difference = new PageDifference();
        byte[] page = nearlyBase();
        MemorySegment reference = Arena.ofAuto().allocate(PageId.PAGE_BYTES, Long.BYTES);
        reference.fill((byte) 4);
        MemorySegment content = Arena.ofAuto().allocate(PageId.PAGE_BYTES, Long.BYTES);
        MemorySegment.copy(page, 0, content, ValueLayout.JAVA_BYTE, 0, page.length);
        difference.take(content, 0, reference, 0);
        assertThat(reference.mismatch(content)).isEqualTo(-1);
        assertThat(
                        writer.cheapest(
                                batch,
                                PageId.of(0, 3),
                                difference.bytes(),
                                ByteBuffer.wrap(page),
                                0,
                                true))
                .isEqualTo(PageEncoding.DELTA);
        writer.close(batch, EPOCH, SEQUENCE);
        return Arrays.copyOf(batch.array(), batch.position());
    }

    /** Page 3 of region 0 in the base image, with five words changed. */
    private static byte[] nearlyBase() {
        byte[] bytes = new byte[PageId.PAGE_BYTES];
        Arrays.fill(bytes, (byte) 4);
        ByteBuffer words = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < 5; i++) {
            words.putLong(i * 800, 0x0102030405060708L * (i + 1));
        }
        return bytes;
    }

    private static byte[] golden() throws IOException {
        return golden("page-batch-r1.gz");
    }

    private static byte[] golden(String name) throws IOException {
        try (InputStream in = PageBatchFormatTest.class.getResourceAsStream(name)) {
            assertThat(in).isNotNull();
            return new GZIPInputStream(in).readAllBytes();
        }
    }

    /** 256 times "understudy page " and a byte that counts lines: compressible. */
    private static byte[] text() {
        byte[] bytes = new byte[PageId.PAGE_BYTES];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) "understudy page ".charAt(i & 15);
        }
        return bytes;
    }

    /** SplitMix64 from seed 0, little-endian: incompressible. */
    private static byte[] noise() {
        ByteBuffer bytes = ByteBuffer.allocate(PageId.PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long state = 0x9e3779b97f4a7c15L; bytes.hasRemaining(); state += 0x9e3779b97f4a7c15L) {
            long z = (state ^ state >>> 30) * 0xbf58476d1ce4e5b9L;
            z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
            bytes.putLong(z ^ z >>> 31);
        }
        return bytes.array();
    }
}
