package io.understudy.hypervisor.board;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * ACPI tables, enough to find processors and interrupt controllers (ACPI Specification, "Root
 * System Description Table" and "Multiple APIC Description Table").
 */
final class AcpiTables {
    private static final long POINTER = 0xf_5a00;
    private static final long ROOT = 0xf_5a40;
    private static final long FIXED = 0xf_5b00;
    private static final long CONTROL = 0xf_5c00;
    private static final long APICS = 0xf_5d00;
    private static final long DEFINITIONS = 0xf_5e00;
    private static final int HEADER_BYTES = 36;

    /** Name (\\_S5, Package (4) { 0, 0, 0, 0 }): soft off is sleep type 0. */
    private static final byte[] SOFT_OFF = {
        0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x00, 0x00, 0x00, 0x00
    };

    private AcpiTables() {}

    static void write(BoardMemory memory, int processors) {
        ByteBuffer pointer = buffer(20);
        text(pointer, 0, "RSD PTR ");
        text(pointer, 9, "UNDSTY");
        pointer.putInt(16, (int) ROOT);
        seal(pointer, 8);
        memory.write(POINTER, bytes(pointer));

        ByteBuffer root = table("RSDT", 1, 8);
        root.putInt(HEADER_BYTES, (int) FIXED);
        root.putInt(HEADER_BYTES + 4, (int) APICS);
        put(memory, ROOT, root);

        ByteBuffer fixed = table("FACP", 1, 116 - HEADER_BYTES);
        fixed.putInt(36, (int) CONTROL);
        fixed.putInt(40, (int) DEFINITIONS);
        fixed.put(44, (byte) 1);
        fixed.putShort(46, (short) 9);
        fixed.putInt(56, PowerManagement.PORT);
        fixed.putInt(64, PowerManagement.PORT + PowerManagement.CONTROL);
        fixed.putInt(76, PowerManagement.PORT + PowerManagement.TIMER);
        fixed.put(88, (byte) 4).put(89, (byte) 2).put(91, (byte) 4);
        // P_LVL2_LAT and P_LVL3_LAT: no such states.
        fixed.putShort(96, (short) 0xffff).putShort(98, (short) 0xffff);
        // WBINVD works; neither power nor sleep button.
        fixed.putInt(112, 1 | 1 << 4 | 1 << 5);
        put(memory, FIXED, fixed);

        ByteBuffer control = buffer(64);
        text(control, 0, "FACS");
        control.putInt(4, 64);
        memory.write(CONTROL, bytes(control));

        ByteBuffer definitions = table("DSDT", 1, SOFT_OFF.length);
        definitions.put(HEADER_BYTES, SOFT_OFF);
        put(memory, DEFINITIONS, definitions);
        put(memory, APICS, apics(processors));
    }

    private static ByteBuffer apics(int processors) {
        ByteBuffer t = table("APIC", 1, 8 + 8 * processors + 12 + 10 + 6);
        t.putInt(36, 0xfee0_0000);
        t.putInt(40, 1);
        int at = 44;
        for (int i = 0; i < processors; i++) {
            t.put(at, (byte) 0).put(at + 1, (byte) 8).put(at + 2, (byte) i).put(at + 3, (byte) i);
            t.putInt(at + 4, 1);
            at += 8;
        }
        t.put(at, (byte) 1).put(at + 1, (byte) 12);
        t.putInt(at + 4, (int) IoApic.ADDRESS);
        at += 12;
        // IRQ 0 is on input 2.
        t.put(at, (byte) 2).put(at + 1, (byte) 10);
        t.putInt(at + 4, 2);
        at += 10;
        // LINT1 of every processor is the NMI.
        t.put(at, (byte) 4).put(at + 1, (byte) 6).put(at + 2, (byte) 0xff).put(at + 5, (byte) 1);
        return t;
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer table(String signature, int revision, int bodyBytes) {
        ByteBuffer t = buffer(HEADER_BYTES + bodyBytes);
        text(t, 0, signature);
        t.putInt(4, HEADER_BYTES + bodyBytes);
        t.put(8, (byte) revision);
        text(t, 10, "UNDSTYUNDSTUDY ");
        t.putInt(24, 1);
        text(t, 28, "UNDY");
        t.putInt(32, 1);
        return t;
    }

    private static byte[] bytes(ByteBuffer table) {
        byte[] all = new byte[table.limit()];
        table.get(0, all);
        return all;
    }

    private static void text(ByteBuffer t, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        t.put(at, bytes);
    }

    private static void put(BoardMemory memory, long address, ByteBuffer table) {
        seal(table, 9);
        memory.write(address, bytes(table));
    }

    /** Makes all bytes sum up to zero. */
    private static void seal(ByteBuffer table, int checksumAt) {
        int sum = 0;
        for (byte b : bytes(table)) {
            sum += b;
        }
        table.put(checksumAt, (byte) -sum);
    }
}
