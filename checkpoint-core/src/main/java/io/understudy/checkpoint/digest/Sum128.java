package io.understudy.checkpoint.digest;

/** A running sum modulo 2^128. */
public final class Sum128 {
    private long high;
    private long low;

    public long high() {
        return high;
    }

    public long low() {
        return low;
    }

    public void set(long newHigh, long newLow) {
        high = newHigh;
        low = newLow;
    }

    public void add(long otherHigh, long otherLow) {
        low += otherLow;
        high += otherHigh + (Long.compareUnsigned(low, otherLow) < 0 ? 1 : 0);
    }

    public void subtract(long otherHigh, long otherLow) {
        high -= otherHigh + (Long.compareUnsigned(low, otherLow) < 0 ? 1 : 0);
        low -= otherLow;
    }

    public Digest value() {
        return new Digest(high, low);
    }
}
