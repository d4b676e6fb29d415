/**
 * Host-physical memory, the software TLB, and the walks of guest paging and of EPT.
 *
 * <p>Invariants: the tables of EPT and of the guest live in physical memory in their architectural
 * format. A write tag of the TLB is valid only if the guest's dirty flag is set, the EPT dirty flag
 * is set (when EPTP.A/D is on), EPT permits writes, and the frame holds no decoded code. Only
 * {@code RawMemory} touches addresses.
 */
@NullMarked
package io.understudy.vmx.memory;

import org.jspecify.annotations.NullMarked;
