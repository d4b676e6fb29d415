package io.understudy.hypervisor.board;

import java.util.ArrayList;
import java.util.List;

/** The memory map that firmware reports (ACPI, "System Address Map Interfaces"). */
final class MemoryMap {
    private static final int RAM = 1;
    private static final int RESERVED = 2;

    private MemoryMap() {}

    /** One range. */
    record Range(long address, long bytes, int type) {}

    static List<Range> of(BoardMemory memory) {
        List<Range> map = new ArrayList<>();
        map.add(new Range(0, BoardMemory.LOW_RESERVED, RAM));
        map.add(new Range(BoardMemory.LOW_RESERVED, 0x400, RESERVED));
        map.add(new Range(0xf_0000, 0x1_0000, RESERVED));
        map.add(new Range(0x10_0000, memory.lowBytes() - 0x10_0000, RAM));
        map.add(new Range(BoardMemory.ROM, BoardMemory.BLOCK_BYTES, RESERVED));
        if (memory.highBytes() > 0) {
            map.add(new Range(BoardMemory.HIGH_BASE, memory.highBytes(), RAM));
        }
        return map;
    }
}
