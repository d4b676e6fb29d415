package io.understudy.hypervisor.board;

import java.io.ByteArrayOutputStream;
import java.util.HexFormat;

/**
 * Firmware of a few instructions: from the reset vector to flat 32-bit protected mode with the
 * registers that a boot protocol wants. It opens the local APIC for the 8259 pair (LINT0) and NMIs
 * (LINT1), as a PC's firmware does.
 */
final class BootRom {
    private static final int RESET_VECTOR = 0xfff0;
    private static final int TABLE = 0x100;
    private static final int DESCRIPTORS = 0x110;
    private static final long CODE = 0x00cf_9b00_0000_ffffL;
    private static final long DATA = 0x00cf_9300_0000_ffffL;

    private BootRom() {}

    /**
     * Register values at the entry of a kernel, and the selectors of its flat segments.
     *
     * @param code selector of the code segment; that of the data segments is the next
     */
    record Entry(long eip, int eax, int ebx, int esi, int code) {}

    /** The ROM, whose last byte is the last below 4 GiB. */
    static byte[] build(Entry entry) {
        byte[] rom = new byte[BoardMemory.BLOCK_BYTES];
        byte[] start = code(entry);
        System.arraycopy(start, 0, rom, 0, start.length);
        put(rom, TABLE, 2, entry.code() + 15);
        put(rom, TABLE + 2, 4, BoardMemory.ROM + DESCRIPTORS);
        put(rom, DESCRIPTORS + entry.code(), 8, CODE);
        put(rom, DESCRIPTORS + entry.code() + 8, 8, DATA);
        rom[RESET_VECTOR] = (byte) 0xe9;
        put(rom, RESET_VECTOR + 1, 2, -(RESET_VECTOR + 3));
        return rom;
    }

    private static byte[] code(Entry entry) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        // cli; cld; lgdt [cs:table]
        add(out, "fa fc 2e 66 0f 01 16");
        add(out, TABLE, 2);
        // mov eax,cr0; and eax,~(CD|NW); or al,PE; mov cr0,eax
        add(out, "0f 20 c0 66 25 ff ff ff 9f 0c 01 0f 22 c0");
        // jmp far code:next
        add(out, "66 ea");
        add(out, BoardMemory.ROM + out.size() + 6, 4);
        add(out, entry.code(), 2);
        // mov ax,data; mov ds,es,ss,fs,gs
        add(out, "66 b8");
        add(out, entry.code() + 8L, 2);
        add(out, "8e d8 8e c0 8e d0 8e e0 8e e8");
        // SVR enabled, LINT0 ExtINT, LINT1 NMI
        add(out, "c7 05 f0 00 e0 fe ff 01 00 00");
        add(out, "c7 05 50 03 e0 fe 00 07 00 00");
        add(out, "c7 05 60 03 e0 fe 00 04 00 00");
        add(out, "31 ff 31 ed 31 d2 b8");
        add(out, entry.eax(), 4);
        add(out, "bb");
        add(out, entry.ebx(), 4);
        add(out, "be");
        add(out, entry.esi(), 4);
        // mov ecx,entry; jmp ecx
        add(out, "b9");
        add(out, entry.eip(), 4);
        add(out, "ff e1");
        return out.toByteArray();
    }

    private static void add(ByteArrayOutputStream out, String hex) {
        out.writeBytes(HexFormat.ofDelimiter(" ").parseHex(hex));
    }

    private static void add(ByteArrayOutputStream out, long value, int bytes) {
        for (int i = 0; i < bytes; i++) {
            out.write((int) (value >>> (8 * i)));
        }
    }

    private static void put(byte[] rom, int at, int bytes, long value) {
        for (int i = 0; i < bytes; i++) {
            rom[at + i] = (byte) (value >>> (8 * i));
        }
    }
}
