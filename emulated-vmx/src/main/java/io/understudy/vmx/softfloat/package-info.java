/**
 * Binary floating point in integer arithmetic: unpacked numbers with 128-bit significands, exact
 * operations on them, and one place that rounds, for 32-, 64- and 80-bit formats alike.
 *
 * <p>Owns rounding control, exception flags, masked responses, denormals-are-zeros and
 * flush-to-zero (SDM volume 1, "Programming with the x87 FPU", "SIMD Floating-Point Exceptions",
 * IEEE 754-2008 section 7). Host floating point is used only where {@link
 * io.understudy.vmx.softfloat.HostArithmetic} shows that result and flags are the same.
 *
 * <p>Depends on nothing. Never allocates after construction.
 */
@NullMarked
package io.understudy.vmx.softfloat;

import org.jspecify.annotations.NullMarked;
