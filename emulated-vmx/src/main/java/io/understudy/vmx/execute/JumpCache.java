package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import org.jspecify.annotations.Nullable;

/**
 * Targets of indirect branches and returns: linear address and translation generation to block,
 * direct-mapped.
 */
final class JumpCache {
    private static final int ENTRIES = 4096;

    private final long[] rips = new long[ENTRIES];
    private final long[] generations = new long[ENTRIES];
    private final @Nullable Block[] blocks = new Block[ENTRIES];

    /** The block at the RIP of {@code cpu} under its current translations, or null. */
    @Nullable Block find(Cpu cpu) {
        long rip = cpu.rip;
        int i = index(rip);
        if (rips[i] != rip || generations[i] != cpu.translationGeneration) {
            return null;
        }
        Block block = blocks[i];
        return block == null || block.dropped ? null : block;
    }

    void put(Cpu cpu, Block block) {
        int i = index(cpu.rip);
        rips[i] = cpu.rip;
        generations[i] = cpu.translationGeneration;
        blocks[i] = block;
    }

    private static int index(long rip) {
        return (int) (rip ^ rip >>> 12) & ENTRIES - 1;
    }
}
