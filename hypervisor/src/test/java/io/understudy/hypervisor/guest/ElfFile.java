package io.understudy.hypervisor.guest;

import io.understudy.hypervisor.GuestImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/** Builds ELF64 files for tests, right or wrong in a chosen place. */
final class ElfFile {
    static final int HEADER = 64;
    static final int PROGRAM_HEADER = 56;
    static final int CODE_OFFSET = 0x1000;
    static final long BYTES = CODE_OFFSET + 4096;

    private final ByteBuffer bytes;

    /** One executable segment of 16 bytes at 1 MiB, entry at its start. */
    ElfFile() {
        bytes = ByteBuffer.allocate((int) BYTES).order(ByteOrder.LITTLE_ENDIAN);
        bytes.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1).put(6, (byte) 1);
        bytes.putShort(16, (short) 2).putShort(18, (short) 62).putInt(20, 1);
        bytes.putLong(24, 0x10_0000).putLong(32, HEADER);
        bytes.putShort(54, (short) PROGRAM_HEADER).putShort(56, (short) 1);
        segment(0, 0x10_0000, CODE_OFFSET, 16, 16);
    }

    /** One executable page that starts with these bytes. */
    ElfFile(int... code) {
        this();
        segment(0, 0x10_0000, CODE_OFFSET, 4096, 4096);
        for (int i = 0; i < code.length; i++) {
            u8(CODE_OFFSET + i, code[i]);
        }
    }

    /** Replaces program header {@code number}: loadable, readable, executable. */
    ElfFile segment(int number, long address, long offset, long fileBytes, long memoryBytes) {
        int at = HEADER + number * PROGRAM_HEADER;
        bytes.putInt(at, 1).putInt(at + 4, 5).putLong(at + 8, offset);
        bytes.putLong(at + 16, address).putLong(at + 24, address);
        bytes.putLong(at + 32, fileBytes).putLong(at + 40, memoryBytes);
        return this;
    }

    ElfFile segments(int count) {
        bytes.putShort(56, (short) count);
        return this;
    }

    ElfFile u8(int at, int value) {
        bytes.put(at, (byte) value);
        return this;
    }

    ElfFile u16(int at, int value) {
        bytes.putShort(at, (short) value);
        return this;
    }

    ElfFile u64(int at, long value) {
        bytes.putLong(at, value);
        return this;
    }

    GuestImage image() {
        return GuestImage.of("test", bytes.array());
    }

    GuestImage truncated(int length) {
        return GuestImage.of("test", Arrays.copyOf(bytes.array(), length));
    }
}
