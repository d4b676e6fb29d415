/**
 * Host-physical memory and the layout of the software TLB.
 *
 * <p>Invariants: every structure that the processor reads by physical address lives here in its
 * architectural format; a frame that holds decoded code is never written behind the back of its
 * listeners; only {@code RawMemory} touches addresses.
 */
@NullMarked
package io.understudy.vmx.memory;

import org.jspecify.annotations.NullMarked;
