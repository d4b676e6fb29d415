package io.understudy.hypervisor.board;

import io.understudy.vmx.memory.PhysicalMemory;

/**
 * What a PC's firmware leaves below 1 MiB for whoever enters real mode again: interrupt vectors
 * whose services all fail politely, and the words of the BIOS data area by which boot code finds
 * the end of conventional memory.
 */
final class LowMemory {
    private static final int VECTORS = 256;
    private static final int SEGMENT = 0xf000;
    private static final long SEGMENT_BASE = 0xf_0000;

    /** Where every PC has its IRET. */
    private static final int IGNORED = 0xff53;

    private static final int UNSUPPORTED = 0xff00;
    private static final int MEMORY_SIZE = 0xff10;

    private static final int DISK_SERVICE = 0x13;
    private static final int SYSTEM_SERVICE = 0x15;
    private static final int MEMORY_SIZE_SERVICE = 0x12;

    private static final long COM1_PORT_WORD = 0x400;
    private static final long EXTENDED_DATA_SEGMENT_WORD = 0x40e;
    private static final long MEMORY_KIB_WORD = 0x413;
    private static final int COM1_PORT = 0x3f8;

    private LowMemory() {}

    static void write(BoardMemory memory) {
        PhysicalMemory physical = memory.physical();
        int kib = (int) (BoardMemory.LOW_RESERVED >>> 10);
        for (int i = 0; i < VECTORS; i++) {
            physical.write32(4L * i, SEGMENT << 16 | service(i));
        }
        physical.write16(COM1_PORT_WORD, COM1_PORT);
        physical.write16(EXTENDED_DATA_SEGMENT_WORD, (int) (BoardMemory.LOW_RESERVED >>> 4));
        physical.write16(MEMORY_KIB_WORD, kib);
        physical.write8(BoardMemory.LOW_RESERVED, 1);
        code(memory, IGNORED, 0xcf);
        // push bp; mov bp,sp; or word [bp+6],1 (CF of the caller); pop bp; mov ah,86; iret
        code(memory, UNSUPPORTED, 0x55, 0x89, 0xe5, 0x83, 0x4e, 0x06, 0x01, 0x5d, 0xb4, 0x86, 0xcf);
        // mov ax,kib; iret
        code(memory, MEMORY_SIZE, 0xb8, kib & 0xff, kib >>> 8, 0xcf);
    }

    private static int service(int vector) {
        return switch (vector) {
            case MEMORY_SIZE_SERVICE -> MEMORY_SIZE;
            case DISK_SERVICE, SYSTEM_SERVICE -> UNSUPPORTED;
            default -> IGNORED;
        };
    }

    private static void code(BoardMemory memory, int offset, int... bytes) {
        for (int i = 0; i < bytes.length; i++) {
            memory.physical().write8(SEGMENT_BASE + offset + i, bytes[i]);
        }
    }
}
