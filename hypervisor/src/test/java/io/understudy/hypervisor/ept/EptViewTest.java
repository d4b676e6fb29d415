package io.understudy.hypervisor.ept;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.hypervisor.memory.RamFixture;
import org.junit.jupiter.api.Test;

class EptViewTest {
    private static final long GIB = 1L << 30;

    @Test
    void oneViolationMapsTwoMebibytesInFourKibibytePages() {
        try (RamFixture f = new RamFixture(16 << 20)) {
            EptView view = f.view(LeafSize.FOUR_KIB);
            assertThat(view.leafEntryOf(0x20_3000)).isEqualTo(-1);
            assertThat(view.populate(0x20_3456)).isTrue();
            assertThat(view.tables()).isEqualTo(4);
            for (long gpa = 0x20_0000; gpa < 0x40_0000; gpa += 4096) {
                long entry = f.memory.read64(view.leafEntryOf(gpa));
                assertThat(entry).isEqualTo(EptEntry.leaf(f.ram.hpaOfOffset(gpa), 1));
            }
            assertThat(view.leafEntryOf(0x40_0000)).isEqualTo(-1);
            assertThat(view.populate(0x20_3000)).as("again").isFalse();
        }
    }

    @Test
    void pointerSaysFourLevelsWriteBackWithFlags() {
        try (RamFixture f = new RamFixture(4 << 20)) {
            EptView view = f.view(LeafSize.FOUR_KIB);
            assertThat(view.pointer()).isEqualTo(view.rootHpa() | 0x5e);
        }
    }

    @Test
    void usesTheLargestMappingThatFits() {
        try (RamFixture f = new RamFixture(GIB + (4 << 20) + 4096)) {
            EptView view = f.view(LeafSize.ONE_GIB);
            assertThat(view.populate(5 << 20)).isTrue();
            assertThat(f.memory.read64(view.leafEntryOf(0)))
                    .isEqualTo(EptEntry.leaf(f.ram.hpaOfOffset(0), 3));
            assertThat(view.populate(GIB + 4096)).isTrue();
            assertThat(f.memory.read64(view.leafEntryOf(GIB)))
                    .isEqualTo(EptEntry.leaf(f.ram.hpaOfOffset(GIB), 2));
            long lastPage = GIB + (4 << 20);
            assertThat(view.populate(lastPage)).isTrue();
            assertThat(f.memory.read64(view.leafEntryOf(lastPage)))
                    .isEqualTo(EptEntry.leaf(f.ram.hpaOfOffset(lastPage), 1));
            assertThat(view.leafEntryOf(lastPage + 4096)).isEqualTo(-1);
        }
    }

    @Test
    void mapsNothingWhereThereIsNoRam() {
        try (RamFixture f = new RamFixture(5 * GIB)) {
            EptView view = f.view(LeafSize.FOUR_KIB);
            assertThat(view.populate(3 * GIB)).isFalse();
            assertThat(view.populate(6 * GIB)).isFalse();
            assertThat(view.tables()).isEqualTo(1);
            assertThat(view.populate(6 * GIB - 1)).isTrue();
            assertThat(f.memory.read64(view.leafEntryOf(6 * GIB - 1)))
                    .isEqualTo(EptEntry.leaf(f.ram.hpaOfOffset(5 * GIB - 4096), 1));
        }
    }
}
