/**
 * Semantics of the integer instructions on MMX and XMM registers, as functions of 64-bit halves:
 * most act on each half alone, so that MMX and both halves of XMM share one function.
 *
 * <p>Elements are counted from bit 0. Pure functions without state; depends on nothing.
 *
 * <p>Source: SDM volume 2, the instruction pages; FIPS 197 and FIPS 180-4 for AES and SHA.
 */
@NullMarked
package io.understudy.vmx.simd;

import org.jspecify.annotations.NullMarked;
