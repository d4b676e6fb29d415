package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.cpu.Segmentation;

/** Stores of MASKMOVDQU and MASKMOVQ: single bytes at RDI. */
final class MaskedStore {
    private static final long TOPS = 0x8080_8080_8080_8080L;

    private MaskedStore() {}

    /**
     * Raises what storing the first and the last byte would raise.
     *
     * @return linear address of byte 0
     */
    static long probe(Cpu cpu, int segment, int addressBytes, long lowMask, long highMask) {
        long offset = OperandSize.zeroExtend(cpu.gpr[Cpu.RDI], addressBytes);
        long low = lowMask & TOPS;
        long high = highMask & TOPS;
        if ((low | high) == 0) {
            return Segmentation.linear(cpu, segment, offset, 1, true);
        }
        int first =
                low != 0
                        ? Long.numberOfTrailingZeros(low) >> 3
                        : 8 + (Long.numberOfTrailingZeros(high) >> 3);
        int last =
                high != 0
                        ? 15 - (Long.numberOfLeadingZeros(high) >> 3)
                        : 7 - (Long.numberOfLeadingZeros(low) >> 3);
        int bytes = last - first + 1;
        long linear = Segmentation.linear(cpu, segment, offset + first, bytes, true);
        cpu.probeWrite(linear, bytes);
        return linear - first;
    }

    /** Stores the bytes of a half; cannot fault after {@link #probe}. */
    static void store(Cpu cpu, long linear, long half, long mask) {
        for (int i = 0; i < 8; i++) {
            if ((mask >>> ((i << 3) + 7) & 1) != 0) {
                cpu.store8(linear + i, half >>> (i << 3));
            }
        }
    }
}
