package io.understudy.hypervisor.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TouchedBlocksTest {
    private static final long GIB_64_PAGES = 64L << 18;

    @Test
    void namesEveryTouchedPageAndFewOthers() {
        TouchedBlocks blocks = new TouchedBlocks(GIB_64_PAGES);
        assertThat(blocks.next(0)).isEqualTo(-1);
        blocks.touch(5);
        blocks.touch(40L << 30);
        assertThat(blocks.next(0)).isZero();
        assertThat(blocks.next(511)).isEqualTo(511);
        assertThat(blocks.next(512)).isEqualTo(40L << 18);
        assertThat(blocks.next((40L << 18) + 512)).isEqualTo(-1);
        assertThat(blocks.next(GIB_64_PAGES)).isEqualTo(-1);
    }

    @Test
    void theLastPagesOfAnOddSizeAreThereToo() {
        TouchedBlocks blocks = new TouchedBlocks(700);
        blocks.touch(699L << 12);
        assertThat(blocks.next(0)).isEqualTo(512);
        assertThat(blocks.next(699)).isEqualTo(699);
        assertThat(blocks.next(700)).isEqualTo(-1);
    }
}
