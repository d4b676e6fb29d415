package io.understudy.hypervisor.board;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.vmx.memory.PhysicalMemory;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * The physical address map of a bare machine.
 *
 * <pre>
 * 0 RAM, all of the first megabyte with it .. low end (3 GiB at most)
 * FEC00000 I/O APIC   FEE00000 local APICs   FF000000 64 KiB of test RAM   FFFF0000 64 KiB of ROM
 * 1_00000000 the rest of the RAM
 * </pre>
 */
final class BoardMemory implements AutoCloseable {
    static final long TEST_RAM = 0xff00_0000L;
    static final long ROM = 0xffff_0000L;
    static final int BLOCK_BYTES = 0x1_0000;
    static final long HIGH_BASE = 1L << 32;
    static final long LOW_END = 1L << 20;

    /** The last KiB below 640 KiB belongs to firmware. */
    static final long LOW_RESERVED = 0x9_fc00L;

    private static final long LOW_MAX = 3L << 30;

    private final PhysicalMemory physical;
    private final long lowBytes;
    private final long highBytes;

    BoardMemory(long memoryBytes) {
        lowBytes = Math.min(memoryBytes, LOW_MAX);
        highBytes = memoryBytes - lowBytes;
        physical = new PhysicalMemory(HIGH_BASE + highBytes);
        physical.leaveHole(lowBytes, TEST_RAM - lowBytes);
        physical.leaveHole(TEST_RAM + BLOCK_BYTES, ROM - TEST_RAM - BLOCK_BYTES);
    }

    PhysicalMemory physical() {
        return physical;
    }

    /** End of the RAM below 4 GiB. */
    long lowBytes() {
        return lowBytes;
    }

    /** Bytes of RAM from 4 GiB on. */
    long highBytes() {
        return highBytes;
    }

    /** Copies part of a file into RAM below 4 GiB. */
    void load(GuestImage image, long fileOffset, long bytes, long address)
            throws MachineSetupException {
        if (address < 0 || bytes < 0 || address > lowBytes - bytes) {
            throw new MachineSetupException(
                    "image %s wants %#x bytes at %#x, RAM ends at %#x"
                            .formatted(image.name(), bytes, address, lowBytes));
        }
        ByteBuffer view = image.view();
        byte[] copy = new byte[(int) bytes];
        view.get((int) fileOffset, copy);
        physical.write(address, MemorySegment.ofArray(copy), 0, bytes);
    }

    void write(long address, byte[] bytes) {
        physical.write(address, MemorySegment.ofArray(bytes), 0, bytes.length);
    }

    /** Writes a string with its terminating zero; returns the address behind it. */
    long writeString(long address, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        write(address, bytes);
        physical.write8(address + bytes.length, 0);
        return address + bytes.length + 1;
    }

    @Override
    public void close() {
        physical.close();
    }
}
