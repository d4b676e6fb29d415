package io.understudy.checkpoint.digest;

/** A digest of 128 bits. */
public record Digest(long high, long low) {
    public static final Digest ZERO = new Digest(0, 0);

    /** 32 hexadecimal digits. */
    @Override
    public String toString() {
        return "%016x%016x".formatted(high, low);
    }
}
