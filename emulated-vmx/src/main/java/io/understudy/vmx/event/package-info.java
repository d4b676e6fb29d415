/**
 * Exceptions and interrupts: what is pending at an instruction boundary, in which order it is
 * taken, and delivery through the IDT. Realises Intel SDM volume 3, "Interrupt and Exception
 * Handling".
 */
@NullMarked
package io.understudy.vmx.event;

import org.jspecify.annotations.NullMarked;
