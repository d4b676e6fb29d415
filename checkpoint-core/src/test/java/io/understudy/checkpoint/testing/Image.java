package io.understudy.checkpoint.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.understudy.checkpoint.PageId;
import java.util.Arrays;

/** Everything a {@link MappedMachine} is at one moment. */
public final class Image {
    private final byte[][] memory;
    private final byte[] registers;
    private final long written;
    private final long outputHash;

    Image(byte[][] memory, byte[] registers, long written, long outputHash) {
        this.memory = memory;
        this.registers = registers;
        this.written = written;
        this.outputHash = outputHash;
    }

    /** Compares memory in full; names the first page that differs. */
    public void assertSameMemory(Image other, String when) {
        for (int region = 0; region < memory.length; region++) {
            int at = Arrays.mismatch(memory[region], other.memory[region]);
            assertThat(at)
                    .as(
                            "%s: region %d page %d differs",
                            when, region, at < 0 ? -1 : at / PageId.PAGE_BYTES)
                    .isNegative();
        }
    }

    public boolean hasSameMemory(Image other) {
        return Arrays.deepEquals(memory, other.memory);
    }

    /** Compares everything. */
    public void assertSame(Image other, String when) {
        assertSameMemory(other, when);
        assertThat(registers).as("%s: registers", when).isEqualTo(other.registers);
        assertThat(written).as("%s: output offset", when).isEqualTo(other.written);
        assertThat(outputHash).as("%s: output", when).isEqualTo(other.outputHash);
    }
}
