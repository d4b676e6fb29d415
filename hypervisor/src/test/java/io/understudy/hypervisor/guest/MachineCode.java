package io.understudy.hypervisor.guest;

import io.understudy.hypervisor.GuestImage;

/** Guests of a few bytes. */
public final class MachineCode {
    /** Bytes of the code page that are loaded a second time, to another address. */
    public record Piece(int offset, int bytes, long address) {}

    private MachineCode() {}

    /** An image that starts with these bytes, at most 4096 of them, as 0 to 255. */
    public static GuestImage image(int... code) {
        return new ElfFile(code).image();
    }

    public static GuestImage image(int[] code, Piece... pieces) {
        ElfFile file = new ElfFile(code).segments(1 + pieces.length);
        for (int i = 0; i < pieces.length; i++) {
            Piece p = pieces[i];
            file.segment(
                    i + 1, p.address(), ElfFile.CODE_OFFSET + p.offset(), p.bytes(), p.bytes());
        }
        return file.image();
    }
}
