package io.understudy.hypervisor.dirty;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.DirtyLogPlant;
import io.understudy.hypervisor.ept.EptView;
import io.understudy.hypervisor.ept.LeafSize;
import io.understudy.hypervisor.frame.FrameKind;
import io.understudy.hypervisor.memory.RamFixture;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;

/** Every dirty log over tables, exits and page-modification log, without a processor's TLB. */
class DirtyLogSwitchTest {
    private static final long BYTES = 64 << 20;

    private final RamFixture f = new RamFixture(BYTES);
    private final EptView view = f.view(LeafSize.FOUR_KIB);
    private final FakeProcessor processor = new FakeProcessor(f, view);
    private final AccessDirtyService flags = processor.flags(DirtyLogPlant.NONE);
    private long instructions;

    @AfterEach
    void close() {
        f.close();
    }

    private DirtyLogSwitch log(DirtyLogMode mode) {
        return new DirtyLogSwitch(
                mode, flags, processor, f.frames, f.software, () -> instructions, true);
    }

    private PageSet harvest(DirtyLogSwitch log) {
        PageSet into = new PageSet(f.regions());
        log.harvest(into);
        return into;
    }

    private static void assertSame(PageSet found, PageSet expected, String as) {
        assertThat(found.size()).as(as).isEqualTo(expected.size());
        for (long p = expected.next(0); p >= 0; p = expected.next(p + 1)) {
            assertThat(found.contains(p)).as("%s, page %d", as, p).isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
    void aHarvestIsExactlyWhatWasWritten(DirtyLogMode mode) {
        DirtyLogSwitch log = log(mode);
        long seed = 99;
        Random random = new Random(seed);
        for (int epoch = 0; epoch < 12; epoch++) {
            PageSet written = new PageSet(f.regions());
            // Few pages, or enough to fill a page-modification log several times.
            int accesses = epoch % 3 == 0 ? 20 : 3000;
            for (int i = 0; i < accesses; i++) {
                long page = random.nextInt((int) (BYTES >>> 12));
                boolean isWrite = random.nextInt(3) != 0;
                processor.access(log, page << 12 | random.nextInt(4096), isWrite);
                if (isWrite) {
                    written.add(page);
                }
            }
            assertSame(harvest(log), written, "seed %d epoch %d".formatted(seed, epoch));
        }
        assertThat(harvest(log).isEmpty()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void everyHarvestDropsTheTranslationsOnce(DirtyLogMode mode) {
        DirtyLogSwitch log = log(mode);
        processor.invalidated.clear();
        harvest(log);
        harvest(log);
        assertThat(processor.invalidated).containsExactly(view.pointer(), view.pointer());
        assertThat(processor.eptPointer).isEqualTo(view.pointer());
    }

    @Test
    void writeProtectionExitsOncePerPageAndEpoch() {
        DirtyLogSwitch log = log(DirtyLogMode.WRITE_PROTECT);
        for (int epoch = 0; epoch < 3; epoch++) {
            for (int i = 0; i < 10; i++) {
                processor.access(log, 0x5000, true);
                processor.access(log, 0x40_0000, true);
                processor.access(log, 0x40_1000, false);
            }
            harvest(log);
        }
        assertThat(processor.writeViolations).isEqualTo(6);
    }

    @Test
    void hybridExitsOncePerRegionAndReadsOpenRegionsOnly() {
        DirtyLogSwitch log = log(DirtyLogMode.HYBRID);
        for (long gpa = 0; gpa < BYTES; gpa += 2 << 20) {
            processor.access(log, gpa, false);
        }
        for (int i = 0; i < 200; i++) {
            processor.access(log, 0x40_0000 + i * 4096L, true);
            processor.access(log, 0x80_0000 + i * 4096L, true);
        }
        assertThat(processor.writeViolations).isEqualTo(2);
        long before = flags.counters().leavesRead();
        assertThat(harvest(log).size()).isEqualTo(400);
        assertThat(flags.counters().leavesRead() - before).isEqualTo(2 * 512);
    }

    @Test
    void pageModificationLogReadsWhatWasLoggedOnly() {
        DirtyLogSwitch log = log(DirtyLogMode.PML);
        for (long gpa = 0; gpa < BYTES; gpa += 2 << 20) {
            processor.access(log, gpa, false);
        }
        for (int i = 0; i < 1300; i++) {
            processor.access(log, i * 4096L, true);
        }
        assertThat(processor.logFulls).isEqualTo(2);
        long before = flags.counters().leavesRead();
        assertThat(harvest(log).size()).isEqualTo(1300);
        assertThat(flags.counters().leavesRead() - before).isEqualTo(1300);
    }

    @ParameterizedTest
    @EnumSource(mode = Mode.EXCLUDE, names = "NONE")
    void largeMappingsAreSplitWhereTheGuestWritesAndMergedWhenTrackingEnds(DirtyLogMode mode) {
        DirtyLogSwitch log = log(DirtyLogMode.NONE);
        for (long gpa = 0; gpa < BYTES; gpa += 2 << 20) {
            processor.access(log, gpa, true);
        }
        long tablesOfLargeMappings = view.tables();
        harvest(log);
        log.switchTo(mode);
        assertThat(harvest(log).size()).as("none knows nothing").isEqualTo(BYTES >>> 12);
        assertThat(view.splits()).isZero();

        processor.access(log, 0x20_1000, true);
        processor.access(log, 0x20_2000, true);
        processor.access(log, 0x40_0000, false);
        PageSet first = harvest(log);
        // Dirty flags say which large page was written to, no more.
        assertThat(first.size()).isEqualTo(mode == DirtyLogMode.DIRTY_BIT ? 512 : 2);
        assertThat(first.contains(0x201) && first.contains(0x202)).isTrue();
        assertThat(view.splits()).isEqualTo(1);

        processor.access(log, 0x20_3000, true);
        assertThat(harvest(log).size()).isEqualTo(1);
        log.switchTo(DirtyLogMode.NONE);
        assertThat(view.merges()).isEqualTo(1);
        assertThat(view.tables()).isEqualTo(tablesOfLargeMappings);
        processor.writeViolations = 0;
        processor.access(log, 0x20_4000, true);
        assertThat(processor.writeViolations).isZero();
    }

    @Test
    void nothingIsLostBetweenAnyTwoModes() {
        long seed = 31;
        Random random = new Random(seed);
        DirtyLogSwitch log = log(DirtyLogMode.DIRTY_BIT);
        for (DirtyLogMode from : DirtyLogMode.values()) {
            for (DirtyLogMode to : DirtyLogMode.values()) {
                String as = "seed %d, %s to %s".formatted(seed, from, to);
                log.switchTo(from);
                harvest(log);
                PageSet written = new PageSet(f.regions());
                write(log, random, written, 700);
                f.ram.write64(0x7000, 1);
                written.add(7);
                log.switchTo(to);
                write(log, random, written, 100);
                PageSet harvested = harvest(log);
                for (long p = written.next(0); p >= 0; p = written.next(p + 1)) {
                    assertThat(harvested.contains(p)).as("%s, page %d", as, p).isTrue();
                }
                written.clear();
                write(log, random, written, 50);
                PageSet second = harvest(log);
                for (long p = written.next(0); p >= 0; p = written.next(p + 1)) {
                    assertThat(second.contains(p)).as("%s, page %d", as, p).isTrue();
                }
            }
        }
    }

    private void write(DirtyLogSwitch log, Random random, PageSet written, int writes) {
        for (int i = 0; i < writes; i++) {
            long page = random.nextInt((int) (BYTES >>> 12));
            processor.access(log, page << 12, true);
            written.add(PageId.of(0, page));
        }
    }

    @Test
    void staleDirtyFlagsHideNothingFromThePageModificationLog() {
        DirtyLogSwitch log = log(DirtyLogMode.NONE);
        processor.access(log, 0x20_1000, true); // sets a dirty flag that nobody clears
        log.switchTo(DirtyLogMode.WRITE_PROTECT_AD);
        processor.access(log, 0x20_1000, true); // and another, in the new page table
        harvest(log);
        log.switchTo(DirtyLogMode.PML);
        harvest(log);
        processor.access(log, 0x20_1000, true);
        assertThat(harvest(log).contains(0x201)).isTrue();
    }

    @Test
    void givenBackPagesAndDeviceWritesComeWithTheNextHarvest() {
        DirtyLogSwitch log = log(DirtyLogMode.DIRTY_BIT);
        processor.access(log, 0x5000, true);
        f.ram.write32(0x7ffe, 1);
        PageSet first = harvest(log);
        assertThat(first.size()).isEqualTo(3);
        assertThat(first.contains(5) && first.contains(7) && first.contains(8)).isTrue();
        log.giveBack(first);
        processor.access(log, 0x9000, true);
        PageSet second = harvest(log);
        assertThat(second.size()).isEqualTo(4);
        assertThat(second.contains(5) && second.contains(9)).isTrue();
        assertThat(harvest(log).isEmpty()).isTrue();
    }

    @Test
    void knowsHowFarItsEpochIs() {
        DirtyLogSwitch log = log(DirtyLogMode.DIRTY_BIT);
        instructions = 70;
        assertThat(log.instructionsIntoEpoch()).isEqualTo(70);
        harvest(log);
        instructions = 75;
        assertThat(log.instructionsIntoEpoch()).isEqualTo(5);
        log.restored();
        assertThat(log.instructionsIntoEpoch()).isZero();
    }

    @Test
    void anExchangedLogLeavesNothingBehind() {
        DirtyLogSwitch log = log(DirtyLogMode.DIRTY_BIT);
        long owned = f.frames.framesOwned(FrameKind.EPT_TABLE);
        for (int i = 0; i < 10; i++) {
            log.switchTo(DirtyLogMode.PML);
            log.switchTo(DirtyLogMode.HYBRID);
        }
        assertThat(f.frames.framesOwned(FrameKind.EPT_TABLE)).isEqualTo(owned);
        assertThat(f.frames.framesOwned(FrameKind.PAGE_MODIFICATION_LOG)).isZero();
    }
}
