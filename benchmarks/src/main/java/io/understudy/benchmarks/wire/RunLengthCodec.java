package io.understudy.benchmarks.wire;

/**
 * The page compression that Remus had in Xen: runs of changed and of unchanged 32-bit words, a
 * marker byte before each, of the changed ones the new words.
 *
 * <pre>
 * marker  bit 7: 0 changed words follow, 1 unchanged words are skipped | bits 6:0 number of words
 * page    0x00 alone: unchanged; 0x80 and the page: whole
 * </pre>
 */
final class RunLengthCodec implements DifferenceCodec {
    private static final int WORD_BYTES = 4;
    private static final int RUN_WORDS_MAX = 127;
    private static final int SKIP = 0x80;

    @Override
    public String name() {
        return "Remus run-length";
    }

    @Override
    public int encode(byte[] old, byte[] page, byte[] out) {
        int words = page.length / WORD_BYTES;
        int written = 0;
        boolean anyChanged = false;
        int word = 0;
        while (word < words) {
            boolean isSame = isSame(old, page, word);
            int end = word + 1;
            while (end < words && end - word < RUN_WORDS_MAX && isSame(old, page, end) == isSame) {
                end++;
            }
            int run = end - word;
            int bytes = isSame ? 1 : 1 + run * WORD_BYTES;
            if (written + bytes > out.length) {
                return TOO_LONG;
            }
            out[written++] = (byte) (isSame ? SKIP | run : run);
            if (!isSame) {
                anyChanged = true;
                System.arraycopy(page, word * WORD_BYTES, out, written, run * WORD_BYTES);
                written += run * WORD_BYTES;
            }
            word = end;
        }
        if (!anyChanged) {
            out[0] = 0;
            return 1;
        }
        return written;
    }

    private static boolean isSame(byte[] old, byte[] page, int word) {
        int at = word * WORD_BYTES;
        return old[at] == page[at]
                && old[at + 1] == page[at + 1]
                && old[at + 2] == page[at + 2]
                && old[at + 3] == page[at + 3];
    }
}
