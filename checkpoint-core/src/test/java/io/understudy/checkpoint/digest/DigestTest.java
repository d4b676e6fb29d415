package io.understudy.checkpoint.digest;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Golden values come from a second implementation, written from docs/formats/digest.md. Add to
 * them, never edit.
 */
final class DigestTest {
    private static final long KEY = 0x1122334455667788L;
    private static final long PAGE_A = PageId.of(1, 5);
    private static final long PAGE_B = PageId.of(0, 0);

    private final MemorySegment page = Arena.ofAuto().allocate(PageId.PAGE_BYTES, 8);
    private final ByteBuffer bytes = page.asByteBuffer();
    private final PageHasher hasher = new PageHasher(KEY);

    @Test
    void goldenPageHashAndSum() {
        Sum128 sum = new Sum128();
        for (int i = 0; i < PageId.PAGE_BYTES; i++) {
            page.set(ValueLayout.JAVA_BYTE, i, (byte) (i * 7 + 3));
        }
        assertThat(hash(PAGE_A)).hasToString("88777a37987bffbb05530abca338a456");
        sum.add(hasher.high(), hasher.low());
        page.fill((byte) 1);
        assertThat(hash(PAGE_B)).hasToString("f568ec361d68cc47f5ed84bbaaa2bbcb");
        sum.add(hasher.high(), hasher.low());
        assertThat(sum.value()).hasToString("7de0666db5e4cc02fb408f784ddb6021");

        EpochDigest epochDigest = new EpochDigest(hasher);
        Digest state = epochDigest.ofState(ByteBuffer.wrap("state bytes".getBytes(US_ASCII)));
        assertThat(state).hasToString("63f796a949e8cee615d5ec4960be8aae");
        assertThat(epochDigest.chained(Digest.ZERO, 7, sum.value(), state))
                .hasToString("f986d44ed9bcd60e0f747d2573d10721");
    }

    @Test
    void aZeroPageContributesNothing() {
        page.fill((byte) 0);
        assertThat(hash(PAGE_A)).isEqualTo(Digest.ZERO);
        assertThat(hasher.resultIsZero()).isTrue();
    }

    @Test
    void everyByteOfAPageCountsForZero() {
        for (int i = 0; i < PageId.PAGE_BYTES; i++) {
            page.set(ValueLayout.JAVA_BYTE, i, (byte) 1);
            assertThat(PageHasher.isZero(page, 0)).as("byte %d", i).isFalse();
            page.set(ValueLayout.JAVA_BYTE, i, (byte) 0);
        }
        assertThat(PageHasher.isZero(page, 0)).isTrue();
    }

    @Test
    void theHashDependsOnPageIdAndKey() {
        page.fill((byte) 1);
        Digest here = hash(PAGE_A);
        assertThat(hash(PAGE_B)).isNotEqualTo(here);
        hasher.setKey(KEY + 1);
        assertThat(hash(PAGE_A)).isNotEqualTo(here);
    }

    @ParameterizedTest(name = "seed {0}")
    @ValueSource(longs = {1, 2, 3})
    void theSumIsThatOfAllKeptHashes(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<MemoryRegion> regions =
                List.of(new MemoryRegion("a", 1 << 20), new MemoryRegion("b", 5000));
        Map<Long, BigInteger> naive = new HashMap<>();
        try (ImageDigest image = new ImageDigest(regions)) {
            for (int i = 0; i < 2000; i++) {
                int region = random.nextInt(2);
                long id = PageId.of(region, random.nextLong(region == 0 ? 1 << 20 : 5000));
                boolean zero = random.nextInt(4) == 0;
                long high = zero ? 0 : random.nextLong();
                long low = zero ? 0 : random.nextLong();
                image.put(id, high, low);
                assertThat(image.high(id)).isEqualTo(high);
                assertThat(image.low(id)).isEqualTo(low);
                naive.put(id, unsigned(high).shiftLeft(64).add(unsigned(low)));
            }
            BigInteger sum =
                    naive.values().stream()
                            .reduce(BigInteger.ZERO, BigInteger::add)
                            .mod(BigInteger.ONE.shiftLeft(128));
            assertThat(image.value()).hasToString("%032x".formatted(sum));
            image.clear();
            assertThat(image.value()).isEqualTo(Digest.ZERO);
        }
    }

    @Test
    void aSparseGuestOf64GiBCostsLittle() {
        try (ImageDigest image = new ImageDigest(List.of(new MemoryRegion("ram", 16L << 20)))) {
            for (long gib = 0; gib < 64; gib++) {
                image.put(PageId.of(0, gib << 18), 1, 2);
            }
            assertThat(image.value()).isEqualTo(new Digest(64, 128));
            assertThat(image.bytesAllocated()).isEqualTo(64L * 4096 * 16);
        }
    }

    private Digest hash(long pageId) {
        hasher.hashPage(pageId, page, bytes, 0);
        return new Digest(hasher.high(), hasher.low());
    }

    private static BigInteger unsigned(long value) {
        return new BigInteger(Long.toUnsignedString(value));
    }
}
