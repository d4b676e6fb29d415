/**
 * VMX operation: the VMCS, checks on VM entry, VM entry and VM exit, and the VMX instructions. One
 * implementation serves a host written in Java and a host that is itself guest code.
 *
 * <p>Realises Intel SDM volume 3, chapters "Virtual Machine Control Structures" to "VMX Instruction
 * Reference".
 */
@NullMarked
package io.understudy.vmx.operation;

import org.jspecify.annotations.NullMarked;
