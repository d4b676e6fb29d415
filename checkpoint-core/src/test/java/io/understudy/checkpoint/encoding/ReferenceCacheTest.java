package io.understudy.checkpoint.encoding;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ReferenceCacheTest {
    private static final int SLOTS = 300;

    private final ReferenceCache cache =
            new ReferenceCache(
                    List.of(new MemoryRegion("a", 10_000), new MemoryRegion("b", 5000)), SLOTS);

    @AfterEach
    void close() {
        cache.close();
    }

    @Test
    void pagesSentInTurnThatDoNotAllFitKeepSomeCopies() {
        int hits = 0;
        for (int epoch = 0; epoch < 20; epoch++) {
            cache.nextEpoch();
            for (int page = 0; page < 2 * SLOTS; page++) {
                if (cache.find(page) >= 0) {
                    hits++;
                } else {
                    cache.claim(page);
                }
            }
        }
        assertThat(hits).isEqualTo(19 * SLOTS);
    }

    @Test
    void aPageThatIsSentNoMoreMakesRoom() {
        for (int page = 0; page < SLOTS; page++) {
            cache.claim(page);
        }
        assertThat(cache.claim(7000)).isEqualTo(ReferenceCache.NONE);
        for (int epoch = 0; epoch < 3; epoch++) {
            cache.nextEpoch();
            cache.find(1);
        }
        assertThat(cache.claim(7000)).isNotEqualTo(ReferenceCache.NONE);
        assertThat(cache.find(1)).isNotEqualTo(ReferenceCache.NONE);
        int left = 0;
        for (int page = 0; page < SLOTS; page++) {
            left += cache.find(page) >= 0 ? 1 : 0;
        }
        assertThat(left).isEqualTo(SLOTS - 1);
    }

    /** Whatever is claimed, found and dropped: a copy is its page's own, and the newest. */
    @Test
    void copiesNeverMixUp() {
        SplittableRandom random = new SplittableRandom(5);
        Map<Long, Long> newest = new HashMap<>();
        for (long step = 0; step < 200_000; step++) {
            long page = PageId.of(random.nextInt(2), random.nextInt(900));
            switch (random.nextInt(20)) {
                case 0 -> cache.nextEpoch();
                case 1 -> {
                    cache.drop(page);
                    newest.remove(page);
                }
                default -> {
                    int slot = cache.find(page);
                    if (slot >= 0) {
                        assertThat(read(slot)).isEqualTo(newest.get(page));
                    } else {
                        slot = cache.claim(page);
                    }
                    if (slot >= 0) {
                        write(slot, step);
                        newest.put(page, step);
                    }
                }
            }
            if (step == 100_000) {
                cache.clear();
                newest.clear();
            }
        }
    }

    @Test
    void aCacheWithoutRoomKeepsNothing() {
        try (ReferenceCache none = new ReferenceCache(List.of(new MemoryRegion("a", 10)), 0)) {
            assertThat(none.claim(3)).isEqualTo(ReferenceCache.NONE);
            assertThat(none.find(3)).isEqualTo(ReferenceCache.NONE);
            none.drop(3);
        }
    }

    private long read(int slot) {
        return cache.segment(slot).get(ValueLayout.JAVA_LONG, cache.offset(slot));
    }

    private void write(int slot, long value) {
        cache.segment(slot).set(ValueLayout.JAVA_LONG, cache.offset(slot), value);
    }
}
