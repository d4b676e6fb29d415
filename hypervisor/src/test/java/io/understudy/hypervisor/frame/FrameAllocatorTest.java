package io.understudy.hypervisor.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.vmx.memory.PhysicalMemory;
import org.junit.jupiter.api.Test;

class FrameAllocatorTest {
    @Test
    void tellsWhoOwnsWhat() {
        try (PhysicalMemory memory = new PhysicalMemory(1 << 20)) {
            FrameAllocator frames = new FrameAllocator(memory);
            long table = frames.allocate(FrameKind.EPT_TABLE);
            FrameExtent ram = frames.allocateGuestRam(64, 16, 0, 5);
            assertThat(ram.firstFrame() % 16).isZero();
            assertThat(frames.ownerOf(table >>> 12).orElseThrow().kind())
                    .isEqualTo(FrameKind.EPT_TABLE);
            FrameExtent owner = frames.ownerOf(ram.firstFrame() + 63).orElseThrow();
            assertThat(owner).isEqualTo(ram);
            assertThat(owner.firstPage()).isEqualTo(5);
            assertThat(frames.ownerOf(ram.endFrame())).isEmpty();
            assertThat(frames.framesOwned(FrameKind.GUEST_RAM)).isEqualTo(64);
        }
    }

    @Test
    void reusesFramesAndWipesThem() {
        try (PhysicalMemory memory = new PhysicalMemory(1 << 20)) {
            FrameAllocator frames = new FrameAllocator(memory);
            long first = frames.allocate(FrameKind.EPT_TABLE);
            long second = frames.allocate(FrameKind.MSR_BITMAP);
            assertThat(second).isNotEqualTo(first);
            memory.write64(first + 8, -1);
            frames.free(first);
            assertThat(frames.ownerOf(first >>> 12)).isEmpty();
            assertThat(frames.allocate(FrameKind.VMCS_REGION)).isEqualTo(first);
            assertThat(memory.read64(first + 8)).isZero();
        }
    }

    @Test
    void fillsEveryGapBeforeItIsFull() {
        try (PhysicalMemory memory = new PhysicalMemory(64 << 12)) {
            FrameAllocator frames = new FrameAllocator(memory);
            frames.allocateGuestRam(16, 32, 0, 0);
            frames.allocateGuestRam(16, 32, 0, 16);
            for (int i = 0; i < 32; i++) {
                frames.allocate(FrameKind.EPT_TABLE);
            }
            assertThatThrownBy(() -> frames.allocate(FrameKind.EPT_TABLE))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining("no 1 consecutive free frames");
            assertThatThrownBy(() -> frames.free(1 << 12))
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }
}
