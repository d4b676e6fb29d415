package io.understudy.vmx.decode;

import java.util.Objects;

/**
 * Bytes to {@link Insn}: a pure function over an immutable opcode table, for 16-, 32- and 64-bit
 * code.
 *
 * <p>The answer depends only on the bytes of the instruction itself: any window that begins with
 * them gives the same one, and any shorter window gives {@link Opcode#INCOMPLETE}, so a fetcher may
 * touch the next page exactly when the instruction reaches into it.
 *
 * <p>Source: Intel SDM volume 2, chapter "Instruction Format" and appendix "Opcode Map".
 */
public final class Decoder {
    /** Longest instruction, prefixes included; one byte more is a general-protection fault. */
    public static final int LENGTH_MAX = 15;

    private Decoder() {}

    /**
     * Decodes the instruction that begins at {@code bytes[offset]}.
     *
     * @param available bytes at hand, of which at most {@link #LENGTH_MAX} are looked at
     * @param codeBits default operation size of the code segment: 16, 32 or 64
     * @return never null; see {@link Insn#isValid}
     */
    public static Insn decode(byte[] bytes, int offset, int available, int codeBits) {
        Objects.checkFromIndexSize(offset, available, bytes.length);
        if (codeBits != 64 && codeBits != 32 && codeBits != 16) {
            throw new IllegalArgumentException("code is 16, 32 or 64 bits, not " + codeBits);
        }
        return new InsnParser(bytes, offset, available, codeBits).parse();
    }
}
