/**
 * Linear to guest-physical to host-physical translation: the walks of guest paging and of EPT, the
 * contexts of cached translations, and every memory access that the fast paths of {@code Cpu} leave
 * over.
 *
 * <p>Invariants: a write tag of the TLB is valid only if the guest's dirty flag is set, the EPT
 * dirty flag is set (when EPTP.A/D is on), EPT permits writes, and the frame holds no decoded code.
 * Accessed and dirty flags are set for completed walks only. What the SDM lets a processor keep
 * cached is kept, so that missing invalidations show.
 *
 * <p>Realises Intel SDM volume 3, "Paging", "The Extended Page Table Mechanism" and "Caching
 * Translation Information". May use {@code memory}, {@code cpu} and {@code groundtruth}.
 */
@NullMarked
package io.understudy.vmx.translation;

import org.jspecify.annotations.NullMarked;
