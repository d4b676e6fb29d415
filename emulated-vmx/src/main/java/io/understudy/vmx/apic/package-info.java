/**
 * The physical local APIC of a logical processor: registers, priorities, and the timer that runs on
 * virtual time. Realises Intel SDM volume 3, "Advanced Programmable Interrupt Controller (APIC)".
 */
@NullMarked
package io.understudy.vmx.apic;

import org.jspecify.annotations.NullMarked;
