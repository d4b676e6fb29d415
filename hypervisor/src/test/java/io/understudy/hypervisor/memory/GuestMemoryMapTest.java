package io.understudy.hypervisor.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class GuestMemoryMapTest {
    private static final long GIB = 1L << 30;

    @Test
    void smallMemoryIsOneRange() {
        GuestMemoryMap map = new GuestMemoryMap(256 << 20);
        assertThat(map.endGpa()).isEqualTo(256 << 20);
        assertThat(map.offsetOf((256 << 20) - 1)).isEqualTo((256 << 20) - 1);
        assertThat(map.offsetOf(256 << 20)).isEqualTo(-1);
        assertThat(map.offsetOf(4 * GIB)).isEqualTo(-1);
        assertThat(map.offsetOf(-1)).isEqualTo(-1);
        assertThat(map.contains(0, 256 << 20)).isTrue();
        assertThat(map.contains(1, 256 << 20)).isFalse();
        assertThat(map.contains(0, -1)).isFalse();
    }

    @Test
    void largeMemoryGoesOnAboveTheDeviceHole() {
        GuestMemoryMap map = new GuestMemoryMap(5 * GIB);
        assertThat(map.endGpa()).isEqualTo(6 * GIB);
        assertThat(map.offsetOf(3 * GIB)).isEqualTo(-1);
        assertThat(map.offsetOf(4 * GIB)).isEqualTo(3 * GIB);
        assertThat(map.offsetOf(6 * GIB - 1)).isEqualTo(5 * GIB - 1);
        assertThat(map.offsetOf(6 * GIB)).isEqualTo(-1);
        for (long offset = 0; offset < 5 * GIB; offset += 123_456_789) {
            assertThat(map.offsetOf(map.gpaOf(offset))).isEqualTo(offset);
        }
        assertThat(map.contains(3 * GIB - 1, 2)).as("across the hole").isFalse();
    }
}
