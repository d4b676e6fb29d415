package io.understudy.hypervisor.guest;

import io.understudy.hypervisor.GuestImage;

/**
 * Guests of a few instructions, each a case in which a dirty log could change what the guest does
 * or miss what changed. They run for ever, in 11 MiB.
 *
 * <pre>
 * 100000 code   600000 IDT   800000 GDT   a00000 stack, down   500000, 700000, 900000.. data
 * </pre>
 */
public final class TrackedGuests {
    public static final long MEMORY_BYTES = 11 << 20;

    /** Where the handler counts interrupts. */
    public static final long INTERRUPT_COUNT = 0x60_0800;

    /** Page of the page table that {@link #walkedPage} lets the processor change. */
    public static final long WALKED_TABLE_PAGE = 0x901;

    /** Pages that {@link #silentStores} writes without changing them. */
    public static final long SILENT_PAGE = 0x500;

    public static final long RESTORED_PAGE = 0x501;

    private static final int HANDLER = 0x100;
    private static final int MAIN = 0x80;

    private final int[] code = new int[0x400];
    private int at;

    private TrackedGuests() {}

    /**
     * Timer interrupts every 230 instructions onto a stack that nothing else touches, through an
     * IDT in a page that the handler writes to, by a code segment whose accessed flag the first
     * delivery sets in the GDT's page.
     */
    public static GuestImage interrupts() {
        TrackedGuests g = new TrackedGuests().withTimer(2300);
        g.bytes(0x48, 0x83, 0xc3, 0x01); // 1: add rbx, 1
        g.bytes(0x48, 0x89, 0xd8, 0x83, 0xe0, 0x0f); // mov rax, rbx; and eax, 15
        g.bytes(0xc1, 0xe0, 0x0c, 0x05).u32(0x50_0000); // shl eax, 12; add eax, 0x500000
        g.bytes(0x48, 0x89, 0x18); // mov [rax], rbx
        g.jumpTo(MAIN);
        return g.image();
    }

    /** REP MOVSB over four page borders, interrupted every 170 iterations. */
    public static GuestImage stringCopy() {
        TrackedGuests g = new TrackedGuests().withTimer(1700);
        g.bytes(0xbe).u32(0x50_0010).bytes(0xbf).u32(0x70_0123); // 1: mov esi, ..; mov edi, ..
        g.bytes(0xb9).u32(12_000).bytes(0xf3, 0xa4); // mov ecx, 12000; rep movsb
        g.bytes(0xff, 0x04, 0x25).u32(0x50_0010); // inc dword [0x500010]
        g.bytes(0xff, 0x04, 0x25).u32(0x50_2abc); // inc dword [0x502abc]
        g.jumpTo(MAIN);
        return g.image();
    }

    /** Every round writes the immediate operand of an instruction that follows in its own page. */
    public static GuestImage selfModifying() {
        TrackedGuests g = new TrackedGuests().withTimer(9100);
        g.bytes(0xff, 0xc3); // 1: inc ebx
        g.bytes(0x89, 0x1c, 0x25).u32(0x10_0000 + MAIN + 10); // mov [2f+1], ebx
        g.bytes(0xb8).u32(0); // 2: mov eax, imm32
        g.bytes(0x01, 0x04, 0x25).u32(0x50_0000); // add [0x500000], eax
        g.jumpTo(MAIN);
        return g.image();
    }

    /** Stores of what a page holds already, and stores that the next one takes back. */
    public static GuestImage silentStores() {
        TrackedGuests g = new TrackedGuests().withTimer(7900);
        g.bytes(0x48, 0x89, 0x2c, 0x25).u32(0x50_0000); // 1: mov [0x500000], rbp
        g.bytes(0xc6, 0x04, 0x25).u32(0x50_1000).bytes(1); // mov byte [0x501000], 1
        g.bytes(0xc6, 0x04, 0x25).u32(0x50_1000).bytes(0); // mov byte [0x501000], 0
        g.bytes(0xff, 0xc3); // inc ebx
        g.jumpTo(MAIN);
        return g.image();
    }

    /**
     * A page table whose accessed flag the guest clears and, 300 instructions later, only the
     * processor's walk sets again: in between the page changes without any store.
     */
    public static GuestImage walkedPage() {
        TrackedGuests g = new TrackedGuests().withTimer(8300);
        g.store32(0x3008, 0x90_0003).store32(0x90_0000, 0x90_1003);
        int loop = g.at;
        g.store32(0x90_1000, 0xa0_0003); // clears accessed and dirty
        g.bytes(0x0f, 0x01, 0x3c, 0x25).u32(0x4000_0000); // invlpg [0x40000000]
        g.spin(300);
        g.bytes(0x8b, 0x04, 0x25).u32(0x4000_0000); // mov eax, [0x40000000]
        g.spin(300);
        g.bytes(0xff, 0xc3); // inc ebx
        g.jumpTo(loop);
        return g.image();
    }

    /** GDT, IDT, stack, a periodic timer of so many nanoseconds; goes on at MAIN. */
    private TrackedGuests withTimer(int periodNs) {
        bytes(0x0f, 0x01, 0x14, 0x25).u32(0x10_0200); // lgdt
        bytes(0x0f, 0x01, 0x1c, 0x25).u32(0x10_0210); // lidt
        bytes(0xbc).u32(0xa0_0000).bytes(0x31, 0xd2); // mov esp, ..; xor edx, edx
        wrmsr(0x80f, 0x1ff); // SVR: enabled
        wrmsr(0x832, 0x2_0040); // LVT timer: periodic, vector 40h
        wrmsr(0x83e, 0x0b); // divide by 1
        wrmsr(0x838, periodNs); // initial count
        bytes(0xfb); // sti
        while (at < MAIN) {
            bytes(0x90);
        }
        at = HANDLER;
        bytes(0x48, 0xff, 0x04, 0x25).u32(0x60_0800); // inc qword [0x600800], in the IDT's page
        bytes(0x50, 0x51, 0x52); // push rax; push rcx; push rdx
        bytes(0x31, 0xc0, 0x31, 0xd2, 0xb9).u32(0x80b).bytes(0x0f, 0x30); // EOI
        bytes(0x5a, 0x59, 0x58, 0x48, 0xcf); // pop ..; iretq
        at = 0x200;
        bytes(23, 0).u32(0x80_0000); // GDTR
        at = 0x210;
        bytes(0x0f, 4).u32(0x60_0000); // IDTR
        at = 0x300;
        bytes(0x00, 0x01, 8, 0, 0, 0x8e, 0x10, 0); // gate to 8:0x100100
        at = 0x388;
        bytes(0xff, 0xff, 0, 0, 0, 0x9a, 0xaf, 0); // 64-bit code, not accessed
        bytes(0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0); // data
        at = MAIN;
        return this;
    }

    private GuestImage image() {
        return MachineCode.image(
                code,
                new MachineCode.Piece(0x300, 16, 0x60_0400),
                new MachineCode.Piece(0x380, 24, 0x80_0000));
    }

    private TrackedGuests bytes(int... bytes) {
        for (int b : bytes) {
            code[at++] = b;
        }
        return this;
    }

    private TrackedGuests u32(int value) {
        return bytes(value & 0xff, value >>> 8 & 0xff, value >>> 16 & 0xff, value >>> 24 & 0xff);
    }

    private void wrmsr(int msr, int value) {
        bytes(0xb9).u32(msr).bytes(0xb8).u32(value).bytes(0x0f, 0x30);
    }

    private TrackedGuests store32(int address, int value) {
        return bytes(0xc7, 0x04, 0x25).u32(address).u32(value);
    }

    private void spin(int instructions) {
        bytes(0xb9).u32(instructions / 2).bytes(0xff, 0xc9, 0x75, 0xfc); // mov; 1: dec ecx; jnz 1b
    }

    private void jumpTo(int target) {
        bytes(0xe9).u32(target - (at + 4));
    }
}
