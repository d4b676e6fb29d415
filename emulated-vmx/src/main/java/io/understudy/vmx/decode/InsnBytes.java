package io.understudy.vmx.decode;

/**
 * Cursor over the bytes of one instruction, little-endian. Past the bytes at hand, or past the
 * longest instruction, it yields zeros and says so.
 */
final class InsnBytes {
    private final byte[] bytes;
    private final int offset;
    private final int available;
    private int position;

    InsnBytes(byte[] bytes, int offset, int available) {
        this.bytes = bytes;
        this.offset = offset;
        this.available = Math.min(available, Decoder.LENGTH_MAX);
    }

    int next8() {
        int b = peek8();
        position++;
        return b;
    }

    /** The next byte without moving on; counts as needed only once it is read. */
    int peek8() {
        return position < available ? bytes[offset + position] & 0xff : 0;
    }

    long nextUnsigned(int count) {
        long value = 0;
        for (int i = 0; i < count; i++) {
            value |= (long) next8() << (8 * i);
        }
        return value;
    }

    long nextSigned(int count) {
        int unused = 64 - 8 * count;
        return nextUnsigned(count) << unused >> unused;
    }

    /** Whether more bytes were read than there are. */
    boolean ranOut() {
        return position > available;
    }

    /**
     * Whether more bytes were read than an instruction may have, and those it may have are there.
     */
    boolean tooLong() {
        return position > Decoder.LENGTH_MAX && available == Decoder.LENGTH_MAX;
    }

    /** Bytes read, at most those at hand. */
    int length() {
        return Math.min(position, available);
    }
}
