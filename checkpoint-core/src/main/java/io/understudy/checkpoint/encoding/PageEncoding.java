package io.understudy.checkpoint.encoding;

/** How a record of a page batch carries its page. Codes are part of the format. */
public enum PageEncoding {
    /** All zero; no payload. */
    ZERO(1),
    /** The 4,096 bytes themselves. */
    RAW(2),
    /** One LZ4 block that decompresses to 4,096 bytes. */
    LZ4(3),
    /**
     * One LZ4 block that decompresses to the exclusive or of the page and its content as of the
     * epoch that this one builds on.
     */
    DELTA(4),
    /** The words that changed since the epoch that this one builds on, in runs. */
    WORDS(5);

    private final int code;

    PageEncoding(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }
}
