package io.understudy.checkpoint.encoding;

/** Which encodings a session may use. Zero pages and unchanged ones never carry a payload. */
public enum EncodingMode {
    /** The cheapest of all; LZ4 of whole pages rests while it, and not the link, is what limits. */
    AUTO(true, true),
    /** The cheapest of all, always. */
    ALL(true, true),
    /** LZ4 or raw: no reference copies are kept. */
    LZ4(true, false),
    /** Pages as they are: for a link that is faster than any encoding. */
    RAW(false, false);

    private final boolean compresses;
    private final boolean keepsReferences;

    EncodingMode(boolean compresses, boolean keepsReferences) {
        this.compresses = compresses;
        this.keepsReferences = keepsReferences;
    }

    boolean compresses() {
        return compresses;
    }

    boolean keepsReferences() {
        return keepsReferences;
    }
}
