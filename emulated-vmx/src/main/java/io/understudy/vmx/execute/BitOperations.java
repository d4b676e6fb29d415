package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;

/**
 * Bit scans, counts, extraction and CRC32 with their flags (SDM volume 1, "Bit and Byte
 * Instructions", "Bit Manipulation Instructions"). Values are zero-extended; of the results the low
 * {@code bytes} count.
 */
final class BitOperations {
    /** CRC32-C polynomial 11EDC6F41H with its bits reversed, as the instruction shifts right. */
    private static final int CRC32C_REVERSED = 0x82F6_3B78;

    private static final int[] CRC32C_TABLE = crcTable();

    private BitOperations() {}

    /** Index of the lowest set bit of a non-zero source. */
    static long bsf(Cpu cpu, long source) {
        setScanFlags(cpu, source);
        return Long.numberOfTrailingZeros(source);
    }

    /** Index of the highest set bit of a non-zero source. */
    static long bsr(Cpu cpu, long source) {
        setScanFlags(cpu, source);
        return 63L - Long.numberOfLeadingZeros(source);
    }

    /** ZF of a bit scan; CF, OF, SF and AF are undefined and cleared, PF is undefined and set. */
    static void setScanFlags(Cpu cpu, long source) {
        Flags.setStatus(cpu, source == 0 ? Flags.ZF | Flags.PF : 0);
    }

    static long popcnt(Cpu cpu, long source) {
        Flags.setStatus(cpu, source == 0 ? Flags.ZF : 0);
        return Long.bitCount(source);
    }

    static long tzcnt(Cpu cpu, long source, int bytes) {
        long count = Math.min(Long.numberOfTrailingZeros(source), OperandSize.bits(bytes));
        setCountFlags(cpu, source, count);
        return count;
    }

    static long lzcnt(Cpu cpu, long source, int bytes) {
        long count = Long.numberOfLeadingZeros(source) - (64L - OperandSize.bits(bytes));
        setCountFlags(cpu, source, count);
        return count;
    }

    private static void setCountFlags(Cpu cpu, long source, long count) {
        Flags.setStatus(cpu, (source == 0 ? Flags.CF : 0) | (count == 0 ? Flags.ZF : 0));
    }

    /** Sets CF to bit {@code index} of {@code value}; the other flags keep their values. */
    static void bt(Cpu cpu, long value, int index) {
        Flags.setCarry(cpu, (value >>> index & 1) != 0);
    }

    /** CRC32: accumulates {@code sourceBytes} of {@code source}, lowest first. */
    static long crc32(long crc, long source, int sourceBytes) {
        int c = (int) crc;
        for (int i = 0; i < sourceBytes; i++) {
            c = c >>> 8 ^ CRC32C_TABLE[(c ^ (int) (source >>> (i << 3))) & 0xff];
        }
        return c & 0xffff_ffffL;
    }

    static long andn(Cpu cpu, long inverted, long source, int bytes) {
        return finish(cpu, ~inverted & source, false, bytes);
    }

    static long blsr(Cpu cpu, long source, int bytes) {
        return finish(cpu, source & source - 1, source == 0, bytes);
    }

    static long blsmsk(Cpu cpu, long source, int bytes) {
        return finish(cpu, source ^ source - 1, source == 0, bytes);
    }

    static long blsi(Cpu cpu, long source, int bytes) {
        return finish(cpu, source & -source, source != 0, bytes);
    }

    /** BEXTR: bits from {@code control[7:0]}, {@code control[15:8]} many. */
    static long bextr(Cpu cpu, long source, long control, int bytes) {
        int start = (int) control & 0xff;
        int length = (int) (control >>> 8) & 0xff;
        long shifted = start >= 64 ? 0 : source >>> start;
        long result = length >= 64 ? shifted : shifted & (1L << length) - 1;
        return finish(cpu, result, false, bytes);
    }

    /** BZHI: clears the bits from {@code index[7:0]} up. */
    static long bzhi(Cpu cpu, long source, long index, int bytes) {
        int n = (int) index & 0xff;
        boolean beyond = n >= OperandSize.bits(bytes);
        return finish(cpu, beyond ? source : source & (1L << n) - 1, beyond, bytes);
    }

    private static long finish(Cpu cpu, long value, boolean carry, int bytes) {
        long result = OperandSize.signExtend(value, bytes);
        Flags.setResult(cpu, result, carry ? Flags.CF : 0);
        return result;
    }

    private static int[] crcTable() {
        int[] table = new int[256];
        for (int i = 0; i < 256; i++) {
            int c = i;
            for (int bit = 0; bit < 8; bit++) {
                c = c >>> 1 ^ ((c & 1) != 0 ? CRC32C_REVERSED : 0);
            }
            table[i] = c;
        }
        return table;
    }
}
