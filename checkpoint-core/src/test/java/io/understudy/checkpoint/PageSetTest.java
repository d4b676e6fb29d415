package io.understudy.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.NavigableSet;
import java.util.Random;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PageSetTest {
    private static final List<MemoryRegion> REGIONS =
            List.of(new MemoryRegion("a", 300_001), new MemoryRegion("b", 70));

    private static long randomPage(Random random) {
        return switch (random.nextInt(4)) {
            case 0 -> PageId.of(1, random.nextInt(70));
            case 1 -> PageId.of(0, random.nextInt(128));
            case 2 -> PageId.of(0, 300_000 - random.nextInt(70));
            default -> PageId.of(0, random.nextInt(300_001));
        };
    }

    private static void assertSame(PageSet set, NavigableSet<Long> model, String as) {
        assertThat(set.size()).as(as).isEqualTo(model.size());
        assertThat(set.isEmpty()).as(as).isEqualTo(model.isEmpty());
        long at = set.next(0);
        for (long expected : model) {
            assertThat(at).as(as).isEqualTo(expected);
            assertThat(set.contains(at)).as(as).isTrue();
            at = set.next(at + 1);
        }
        assertThat(at).as(as).isEqualTo(-1);
    }

    @Test
    void takesRunsOfWords() {
        PageSet set = new PageSet(REGIONS);
        TreeSet<Long> model = new TreeSet<>();
        set.add(PageId.of(0, 64 * 63 + 5));
        model.add(PageId.of(0, 64 * 63 + 5));
        // The run lies across two words of the summary, and one of its words is empty.
        assertThat(set.addWords(0, 63, new long[] {1 << 5 | 1, 0, Long.MIN_VALUE})).isEqualTo(2);
        model.add(PageId.of(0, 64 * 63));
        model.add(PageId.of(0, 64 * 65 + 63));
        assertSame(set, model, "a run");
        assertThatThrownBy(() -> set.addWords(1, 0, new long[] {0, 1 << 6}))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessage("no page 70 in region 1");
    }

    @Test
    void isASortedSetOfPages() {
        for (long seed = 1; seed <= 40; seed++) {
            Random random = new Random(seed);
            String as = "seed " + seed;
            PageSet set = new PageSet(REGIONS);
            PageSet other = new PageSet(REGIONS);
            TreeSet<Long> model = new TreeSet<>();
            TreeSet<Long> otherModel = new TreeSet<>();
            for (int step = 0; step < 400; step++) {
                long page = randomPage(random);
                switch (random.nextInt(12)) {
                    case 0, 1, 2, 3 -> assertThat(set.add(page)).as(as).isEqualTo(model.add(page));
                    case 4, 5 -> assertThat(other.add(page)).as(as).isEqualTo(otherModel.add(page));
                    case 6, 7 -> assertThat(set.remove(page)).as(as).isEqualTo(model.remove(page));
                    case 8 -> {
                        set.addAll(other);
                        model.addAll(otherModel);
                    }
                    case 9 -> {
                        set.removeAll(other);
                        model.removeAll(otherModel);
                    }
                    case 10 -> {
                        other.moveTo(set);
                        model.addAll(otherModel);
                        otherModel.clear();
                    }
                    default -> {
                        if (random.nextInt(10) == 0) {
                            set.clear();
                            model.clear();
                        }
                    }
                }
            }
            assertSame(set, model, as);
            assertSame(other, otherModel, as);
        }
    }

    @Test
    void addsWordsOfPages() {
        PageSet set = new PageSet(REGIONS);
        set.addWord(0, 100, 0x8000_0000_0000_0003L);
        set.addWord(0, 100, 7);
        set.addWord(1, 1, 0x20);
        assertThat(set.size()).isEqualTo(5);
        assertThat(set.next(0)).isEqualTo(6400);
        assertThat(set.next(6403)).isEqualTo(6463);
        assertThat(set.next(6464)).isEqualTo(PageId.of(1, 69));
    }

    @Test
    void movingCountsTheWordsAndLeavesNothing() {
        PageSet from = new PageSet(REGIONS);
        PageSet to = new PageSet(REGIONS);
        from.add(1);
        from.add(2);
        from.add(200_000);
        to.add(2);
        assertThat(from.moveTo(to)).isEqualTo(2);
        assertThat(from.isEmpty()).isTrue();
        assertThat(from.next(0)).isEqualTo(-1);
        assertThat(to.size()).isEqualTo(3);
    }

    @Test
    void holdsEveryPageAndNoOther() {
        PageSet set = new PageSet(REGIONS);
        set.addAll();
        assertThat(set.size()).isEqualTo(300_071);
        assertThat(set.contains(300_000)).isTrue();
        assertThat(set.contains(300_001)).isFalse();
        assertThat(set.next(300_001)).isEqualTo(PageId.of(1, 0));
        assertThat(set.next(PageId.of(1, 70))).isEqualTo(-1);
        set.clear();
        assertThat(set.next(0)).isEqualTo(-1);
        assertThatThrownBy(() -> set.add(300_001)).isInstanceOf(IndexOutOfBoundsException.class);
    }
}
