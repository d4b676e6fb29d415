package io.understudy.vmx.simd;

/** PCLMULQDQ: the product of two polynomials over GF(2) of 64 coefficients. */
public final class CarrylessMultiply {
    private CarrylessMultiply() {}

    /**
     * @param control bit 0 the half of the destination, bit 4 that of the source
     */
    public static VectorFunction of(int control) {
        boolean highA = (control & 1) != 0;
        boolean highB = (control & 16) != 0;
        return (low, high, d, s) -> {
            long a = highA ? high[d] : low[d];
            long b = highB ? high[s] : low[s];
            long l = 0;
            long h = 0;
            for (int i = 0; i < 64; i++) {
                // All ones if the coefficient is one.
                long mask = -(b >>> i & 1);
                l ^= a << i & mask;
                h ^= a >>> 1 >>> (63 - i) & mask;
            }
            low[d] = l;
            high[d] = h;
        };
    }
}
