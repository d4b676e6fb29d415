/**
 * The executor: decoded blocks of small operation objects, one final class per specialised
 * operation.
 *
 * <p>Invariants: blocks are keyed by host-physical page, offset and mode, so every address inside a
 * block is relative to the RIP at which the block was entered; a store into a page with decoded
 * code drops that page's blocks before the next instruction executes; the retired-instruction count
 * is exact at every block boundary and at every fault.
 */
@NullMarked
package io.understudy.vmx.execute;

import org.jspecify.annotations.NullMarked;
