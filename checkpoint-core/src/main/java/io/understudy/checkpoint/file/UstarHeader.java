package io.understudy.checkpoint.file;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.understudy.checkpoint.CorruptStateException;

/**
 * A tar header as segments and archives have it: a regular file with a short plain name. Links,
 * folders, devices and extended headers are refused, so that no entry can lie about its name or
 * size in a second place.
 *
 * <pre>
 *   0 name 100 | 124 size 12, octal or base-256 | 148 checksum 8, octal | 156 type flag
 * 257 magic "ustar" | 345 prefix 155, empty
 * </pre>
 *
 * @param size bytes of the entry; they are followed by zeroes up to a multiple of 512
 */
record UstarHeader(String name, long size) {
    static final int BYTES = 512;

    private static final int NAME_BYTES = 100;
    private static final int SIZE_AT = 124;
    private static final int SIZE_BYTES = 12;
    private static final int CHECKSUM_AT = 148;
    private static final int CHECKSUM_BYTES = 8;
    private static final int TYPE_AT = 156;
    private static final int MAGIC_AT = 257;
    private static final String MAGIC = "ustar";
    private static final int PREFIX_AT = 345;
    private static final int BASE_256 = 0x80;

    /** Whether the block is all zero: the end of an archive. */
    static boolean isEnd(byte[] block) {
        for (byte b : block) {
            if (b != 0) {
                return false;
            }
        }
        return true;
    }

    /**
     * @param where named in every error
     * @param block 512 bytes
     */
    static UstarHeader parse(String where, byte[] block) throws CorruptStateException {
        if (!new String(block, MAGIC_AT, MAGIC.length(), US_ASCII).equals(MAGIC)) {
            throw new CorruptStateException(where + ": no tar header where one must be");
        }
        if (octal(where, block, CHECKSUM_AT, CHECKSUM_BYTES) != checksum(block)) {
            throw new CorruptStateException(where + ": the checksum of a tar header is wrong");
        }
        String name = name(where, block);
        if (block[TYPE_AT] != '0' && block[TYPE_AT] != 0) {
            throw new CorruptStateException(
                    "%s: entry %s is not a regular file (type flag %d)"
                            .formatted(where, name, block[TYPE_AT]));
        }
        if (block[PREFIX_AT] != 0) {
            throw new CorruptStateException(where + ": entry " + name + " has a folder");
        }
        return new UstarHeader(name, size(where, block));
    }

    /** Bytes of content and padding. */
    long paddedSize() {
        return size + BYTES - 1 & -BYTES;
    }

    private static String name(String where, byte[] block) throws CorruptStateException {
        int length = 0;
        while (length < NAME_BYTES && block[length] != 0) {
            int c = block[length];
            boolean isPlain =
                    (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || c == '-'
                            || (c == '.' && length > 0);
            if (!isPlain) {
                throw new CorruptStateException(
                        "%s: the name of an entry has byte %02x".formatted(where, c & 0xff));
            }
            length++;
        }
        if (length == 0) {
            throw new CorruptStateException(where + ": an entry has no name");
        }
        return new String(block, 0, length, US_ASCII);
    }

    private static long size(String where, byte[] block) throws CorruptStateException {
        if ((block[SIZE_AT] & BASE_256) == 0) {
            return octal(where, block, SIZE_AT, SIZE_BYTES);
        }
        long value = block[SIZE_AT] & 0x7f;
        for (int i = SIZE_AT + 1; i < SIZE_AT + SIZE_BYTES; i++) {
            if (value >>> 54 != 0) {
                throw new CorruptStateException(where + ": an entry claims more than 2^62 bytes");
            }
            value = value << 8 | (block[i] & 0xff);
        }
        return value;
    }

    private static long octal(String where, byte[] block, int at, int length)
            throws CorruptStateException {
        long value = 0;
        boolean ended = false;
        for (int i = at; i < at + length; i++) {
            int c = block[i];
            if (c == 0 || c == ' ') {
                ended = ended || i > at;
            } else if (c >= '0' && c <= '7' && !ended) {
                value = value << 3 | c - '0';
            } else {
                throw new CorruptStateException(where + ": a number in a tar header is not one");
            }
        }
        return value;
    }

    private static long checksum(byte[] block) {
        long sum = 0;
        for (int i = 0; i < BYTES; i++) {
            boolean isField = i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_BYTES;
            sum += isField ? ' ' : block[i] & 0xff;
        }
        return sum;
    }
}
