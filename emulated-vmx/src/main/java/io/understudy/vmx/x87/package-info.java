/**
 * The x87 floating-point unit: its registers, and its instructions as methods on them, without
 * memory and without exceptions of the processor.
 *
 * <p>Invariants: an instruction computes first and changes registers only after no unmasked
 * exception forbids it; the error summary of the status word always follows from flags and masks.
 *
 * <p>Source: SDM volume 1, "Programming with the x87 FPU". May depend on {@code softfloat} alone.
 */
@NullMarked
package io.understudy.vmx.x87;

import org.jspecify.annotations.NullMarked;
