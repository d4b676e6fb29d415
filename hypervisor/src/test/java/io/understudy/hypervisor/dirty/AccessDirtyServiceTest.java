package io.understudy.hypervisor.dirty;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.DirtyLogPlant;
import io.understudy.hypervisor.ept.EptEntry;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.ept.EptViews;
import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.memory.RamFixture;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AccessDirtyServiceTest {
    private final RamFixture f = new RamFixture(64 << 20);
    private final EptView view = f.view(LeafSize.FOUR_KIB);
    private final List<Long> invalidated = new ArrayList<>();

    @AfterEach
    void close() {
        f.close();
    }

    private AccessDirtyService service(DirtyLogPlant policy) {
        return new AccessDirtyService(
                f.memory, new EptViews(f.memory, view), f.map, invalidated::add, policy);
    }

    /** What the processor does to the tables on an access. */
    private void access(EptView v, long gpa, boolean isWrite) {
        v.populate(gpa);
        long table = v.rootHpa();
        for (int level = EptEntry.LEVELS; ; level--) {
            long at = table + 8L * EptEntry.index(gpa, level);
            long entry = f.memory.read64(at);
            boolean isLeaf = EptEntry.isLeaf(entry, level);
            long dirty = isLeaf && isWrite ? EptEntry.DIRTY : 0;
            f.memory.write64(at, entry | EptEntry.ACCESSED | dirty);
            if (isLeaf) {
                return;
            }
            table = EptEntry.address(entry);
        }
    }

    private static long read(AccessDirtyService service) {
        return service.counters().leavesRead() + service.counters().nonLeavesRead();
    }

    private PageSet pages() {
        return new PageSet(f.regions());
    }

    @Test
    void sweepFindsEveryPageOnceAndInvalidatesOnce() {
        AccessDirtyService service = service(DirtyLogPlant.NONE);
        AccessDirtyAccumulator all = service.subscribe(true);
        long seed = 4711;
        Random random = new Random(seed);
        PageSet written = pages();
        PageSet touched = pages();
        for (int i = 0; i < 500; i++) {
            long page = random.nextInt((64 << 20) >>> 12);
            boolean isWrite = random.nextBoolean();
            access(view, page << 12, isWrite);
            touched.add(page);
            if (isWrite) {
                written.add(page);
            }
        }
        service.sweep();
        assertThat(invalidated).containsExactly(view.pointer());
        assertSame(drainDirty(all), written);
        PageSet accessed = pages();
        all.drainAccessed(accessed);
        assertSame(accessed, touched);

        service.sweep();
        assertThat(all.isEmpty()).as("seed %d", seed).isTrue();
        for (long gpa = 0; gpa < 64 << 20; gpa += 4096) {
            long leaf = view.leafEntryOf(gpa);
            long flags = leaf < 0 ? 0 : f.memory.read64(leaf);
            assertThat(flags & (EptEntry.ACCESSED | EptEntry.DIRTY))
                    .as("pruning hid nothing, seed %d", seed)
                    .isZero();
        }
    }

    @Test
    void pruningReadsOnlyWhatWasTouched() {
        AccessDirtyService service = service(DirtyLogPlant.NONE);
        for (long gpa = 0; gpa < 64 << 20; gpa += 2 << 20) {
            access(view, gpa, true);
        }
        service.sweep();
        long before = read(service);
        access(view, 5 << 20, true);
        service.sweep();
        assertThat(read(service) - before).isEqualTo(4 * 512);
        before = read(service);
        service.sweep();
        assertThat(read(service) - before).as("root only").isEqualTo(512);
    }

    @Test
    void oneSubscriberDoesNotStealFromAnother() {
        AccessDirtyService service = service(DirtyLogPlant.NONE);
        AccessDirtyAccumulator first = service.subscribe(false);
        AccessDirtyAccumulator second = service.subscribe(false);
        access(view, 0x5000, true);
        service.sweep();
        assertThat(drainDirty(first).contains(5)).isTrue();
        access(view, 0x6000, true);
        service.sweep();
        PageSet late = drainDirty(second);
        assertThat(late.contains(5)).isTrue();
        assertThat(late.contains(6)).isTrue();
        assertThat(drainDirty(first).size()).isEqualTo(1);
    }

    @Test
    void aHarvestTakesWhatWaitedAndWhatItsOwnSweepFinds() {
        AccessDirtyService service = service(DirtyLogPlant.NONE);
        AccessDirtyAccumulator harvested = service.subscribe(false);
        AccessDirtyAccumulator other = service.subscribe(false);
        access(view, 0x5000, true);
        service.sweep();
        access(view, 0x6000, true);
        PageSet into = pages();
        harvested.harvest(into, service::sweep);
        assertThat(into.contains(5)).as("found by another's sweep").isTrue();
        assertThat(into.contains(6)).as("found by this one").isTrue();
        assertThat(harvested.isEmpty()).isTrue();
        assertThat(drainDirty(other).size()).isEqualTo(2);

        access(view, 0x7000, true);
        service.sweep();
        assertThat(into.contains(7)).as("a harvest that is over receives nothing").isFalse();
        assertThat(drainDirty(harvested).contains(7)).isTrue();
    }

    @Test
    void aDirtyLargePageIsAllItsPages() {
        EptView large = f.view(LeafSize.TWO_MIB);
        AccessDirtyService service =
                new AccessDirtyService(
                        f.memory,
                        new EptViews(f.memory, large),
                        f.map,
                        invalidated::add,
                        DirtyLogPlant.NONE);
        AccessDirtyAccumulator all = service.subscribe(false);
        access(large, 0x20_5000, true);
        access(large, 0x40_5000, false);
        service.sweep();
        PageSet dirty = drainDirty(all);
        assertThat(dirty.size()).isEqualTo(512);
        assertThat(dirty.contains(0x200)).isTrue();
        assertThat(dirty.contains(0x3ff)).isTrue();
    }

    @Test
    void thePlantedBugClearsWithoutInvalidating() {
        AccessDirtyService service = service(DirtyLogPlant.LOST_DIRTY_BIT);
        access(view, 0x5000, true);
        service.sweep();
        assertThat(invalidated).isEmpty();
    }

    private PageSet drainDirty(AccessDirtyAccumulator from) {
        PageSet into = pages();
        from.drainDirty(into);
        return into;
    }

    private static void assertSame(PageSet found, PageSet expected) {
        assertThat(found.size()).isEqualTo(expected.size());
        for (long p = expected.next(0); p >= 0; p = expected.next(p + 1)) {
            assertThat(found.contains(p)).as("page %d", p).isTrue();
        }
    }
}
