package io.understudy.benchmarks.harvest;

import io.understudy.hypervisor.GuestImage;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A guest that reads one byte in each of some regions of 2 MiB, then for ever goes round a list of
 * pages and writes to each.
 *
 * <pre>
 *     mov rsi, REGION; mov rcx, REGIONS
 * 1:  test rcx, rcx; jz 2f; mov al, [rsi]; add rsi, 2M; dec rcx; jmp 1b
 * 2:  mov rdi, FIRST; mov rcx, PAGES; inc rbx
 * 3:  mov [rdi], rbx; add rdi, STRIDE; dec rcx; jnz 3b; jmp 2b
 * </pre>
 *
 * @param firstRegion guest-physical address of the first region to read from
 * @param regions how many
 * @param firstPage guest-physical address of the first page to write to
 * @param pages how many
 * @param strideBytes from one page to the next
 */
record StoreGuest(long firstRegion, long regions, long firstPage, long pages, int strideBytes) {
    private static final long LOAD_ADDRESS = 0x10_0000;
    private static final int CODE_OFFSET = 0x1000;
    private static final int CODE_BYTES = 4096;
    private static final int REGION_BYTES = 2 << 20;

    /** Instructions until every region was read. */
    long startInstructions() {
        return 2 + 6 * regions + 2;
    }

    /** Instructions of one round. */
    long roundInstructions() {
        return 3 + 4 * pages + 1;
    }

    GuestImage image() {
        ByteBuffer elf =
                ByteBuffer.allocate(CODE_OFFSET + CODE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464c457f).put(4, (byte) 2).put(5, (byte) 1).put(6, (byte) 1);
        elf.putShort(16, (short) 2).putShort(18, (short) 62).putInt(20, 1);
        elf.putLong(24, LOAD_ADDRESS).putLong(32, 64);
        elf.putShort(54, (short) 56).putShort(56, (short) 1);
        elf.putInt(64, 1).putInt(68, 5).putLong(72, CODE_OFFSET);
        elf.putLong(80, LOAD_ADDRESS).putLong(88, LOAD_ADDRESS);
        elf.putLong(96, CODE_BYTES).putLong(104, CODE_BYTES);
        elf.position(CODE_OFFSET);
        code(elf);
        return GuestImage.of("store guest", elf.array());
    }

    private void code(ByteBuffer to) {
        put(to, 0x48, 0xbe).putLong(firstRegion);
        put(to, 0x48, 0xb9).putLong(regions);
        put(to, 0x48, 0x85, 0xc9, 0x74, 14);
        put(to, 0x8a, 0x06, 0x48, 0x81, 0xc6).putInt(REGION_BYTES);
        put(to, 0x48, 0xff, 0xc9, 0xeb, -19);
        put(to, 0x48, 0xbf).putLong(firstPage);
        put(to, 0x48, 0xb9).putLong(pages);
        put(to, 0x48, 0xff, 0xc3);
        put(to, 0x48, 0x89, 0x1f, 0x48, 0x81, 0xc7).putInt(strideBytes);
        put(to, 0x48, 0xff, 0xc9, 0x75, -15, 0xeb, -40);
    }

    private static ByteBuffer put(ByteBuffer to, int... bytes) {
        for (int b : bytes) {
            to.put((byte) b);
        }
        return to;
    }
}
