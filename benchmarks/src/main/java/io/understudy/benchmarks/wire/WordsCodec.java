package io.understudy.benchmarks.wire;

/** The product's runs of changed words of 8 bytes, two bytes before each run. */
final class WordsCodec implements DifferenceCodec {
    private static final int WORD_BYTES = 8;
    private static final int RUN_WORDS_MAX = 128;
    private static final int HEADER_BYTES = 2;
    private static final int BYTES_MAX = 512;

    @Override
    public String name() {
        return "changed words";
    }

    /** Only the length is of interest here. */
    @Override
    public int encode(byte[] old, byte[] page, byte[] out) {
        int length = 0;
        int run = 0;
        for (int at = 0; at < page.length; at += WORD_BYTES) {
            if (isSame(old, page, at)) {
                run = 0;
                continue;
            }
            length += WORD_BYTES + (run % RUN_WORDS_MAX == 0 ? HEADER_BYTES : 0);
            run++;
            if (length > BYTES_MAX) {
                return TOO_LONG;
            }
        }
        return length;
    }

    private static boolean isSame(byte[] old, byte[] page, int at) {
        for (int i = at; i < at + WORD_BYTES; i++) {
            if (old[i] != page[i]) {
                return false;
            }
        }
        return true;
    }
}
