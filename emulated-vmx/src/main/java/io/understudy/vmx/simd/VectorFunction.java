package io.understudy.vmx.simd;

/**
 * A function of two 128-bit registers into the first. Registers are indices into arrays of low and
 * of high halves; both may be the same.
 */
public interface VectorFunction {
    void apply(long[] low, long[] high, int destination, int source);
}
