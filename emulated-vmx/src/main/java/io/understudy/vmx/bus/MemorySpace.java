package io.understudy.vmx.bus;

/** Physical addresses without memory behind them, as devices see them. */
public interface MemorySpace {
    /**
     * A load, which lies inside one page.
     *
     * @param bytes 1, 2, 4 or 8
     * @return the value, zero-extended; all ones where there is no device
     */
    default long read(long hpa, int bytes) {
        return bytes == 8 ? -1 : (1L << (8 * bytes)) - 1;
    }

    /** A store, which lies inside one page; swallowed where there is no device. */
    default void write(long hpa, int bytes, long value) {}
}
