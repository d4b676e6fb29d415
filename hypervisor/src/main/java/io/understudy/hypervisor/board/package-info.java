/**
 * A bare machine: the devices of a PC around processors that start at power-up, firmware of a few
 * instructions, and loaders for the images that it starts. It runs other people's kernels,
 * hypervisors among them; nothing here is replicated.
 *
 * <p>Realises the data sheets of the 8259A, 8254, 82093AA and MC146818, the Multiboot Specification
 * 0.6.96, the Linux x86 boot protocol 2.12, ACPI 1.0 tables, and the test devices that kernels
 * written for QEMU expect ({@code isa-debug-exit}, {@code pc-testdev}, {@code fw_cfg}).
 *
 * <p>Depends on {@code io.understudy.vmx} and on the serial port and port bus of {@code device}.
 */
@NullMarked
package io.understudy.hypervisor.board;

import org.jspecify.annotations.NullMarked;
