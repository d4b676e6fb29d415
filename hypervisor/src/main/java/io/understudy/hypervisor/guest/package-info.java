/**
 * Guest images and how they are entered: ELF64 files, the boot-info page, the state at the first
 * instruction ({@code docs/formats/boot-info.md}).
 *
 * <p>An image is hostile input: every number in it is checked before it is used, and a bad one ends
 * in a {@link io.understudy.hypervisor.MachineSetupException} that says what and where.
 */
@NullMarked
package io.understudy.hypervisor.guest;

import org.jspecify.annotations.NullMarked;
