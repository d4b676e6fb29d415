/**
 * The processor as software sees it: a platform of logical processors over one host-physical space,
 * and the VMX operations of a logical processor whose host is Java.
 *
 * <p>Realises Intel SDM volume 3, "Virtual Machine Extensions". A host reads what an exit reports
 * through {@code vmread} and the general-purpose registers only, exactly as real software does.
 */
@NullMarked
package io.understudy.vmx;

import org.jspecify.annotations.NullMarked;
