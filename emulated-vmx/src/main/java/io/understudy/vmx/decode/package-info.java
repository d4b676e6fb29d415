/**
 * Bytes to immutable instructions. A pure library: no CPU state, no memory, never throws on any
 * bytes.
 *
 * <p>Realises Intel SDM volume 2, "Instruction Format" and "Opcode Map". May be used by a
 * hypervisor to decode an instruction that touched a device.
 */
@NullMarked
package io.understudy.vmx.decode;

import org.jspecify.annotations.NullMarked;
