package io.understudy.hypervisor.ept;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.hypervisor.memory.RamFixture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class EptViewsTest {
    private final RamFixture f = new RamFixture(16 << 20);
    private final EptView first = f.view(LeafSize.TWO_MIB);
    private final EptView second = f.view(LeafSize.TWO_MIB);
    private final EptViews views = new EptViews(f.memory, first);

    @BeforeEach
    void fill() {
        views.add(second);
        second.setPolicy(page -> page == 5 ? 0 : EptEntry.READ | EptEntry.WRITE);
        first.populate(0x5000);
        second.populate(0x6000);
    }

    @AfterEach
    void close() {
        f.close();
    }

    @Test
    void viewsShowTheSamePageOrNothing() {
        assertThat(views.firstDifference(f.ram)).isEmpty();
        assertThat(first.leafEntryOf(0x5000)).isPositive();
        assertThat(second.leafEntryOf(0x5000)).isNegative();
        assertThat(f.memory.read64(second.leafEntryOf(0x6000)) & EptEntry.ALL_RIGHTS)
                .isEqualTo(EptEntry.READ | EptEntry.WRITE);
    }

    @Test
    void aPlantedForeignPageIsFound() {
        f.memory.write64(second.leafEntryOf(0x6000), second.smallLeaf(7));
        assertThat(views.firstDifference(f.ram)).contains("gpa 0x6000 is page 6", "view 1");
    }

    @Test
    void aPlantedRightIsFound() {
        f.memory.or64(second.leafEntryOf(0x6000), EptEntry.EXECUTE);
        assertThat(views.firstDifference(f.ram)).contains("view 1 gives rights", "0x6000");
    }

    @Test
    void aPlantedAddressWithoutMemoryIsFound() {
        long directory = second.directoryEntryOf(0x6000);
        f.memory.write64(directory + 8 * 300, f.memory.read64(directory));
        assertThat(views.firstDifference(f.ram)).contains("is no page of the machine", "view 1");
    }

    @Test
    void aListHasItsViewsAndNothingElse() {
        long list = views.createList(f.frames);
        long listOfOthers = views.createListOfFirst(f.frames);
        assertThat(f.memory.read64(list)).isEqualTo(first.pointer());
        assertThat(f.memory.read64(list + 8)).isEqualTo(second.pointer());
        assertThat(f.memory.read64(listOfOthers)).isEqualTo(first.pointer());
        for (int i = 1; i < EptViews.LIST_ENTRIES; i++) {
            assertThat(i == 1 ? 0 : f.memory.read64(list + 8L * i)).isZero();
            assertThat(f.memory.read64(listOfOthers + 8L * i)).isZero();
        }
    }
}
