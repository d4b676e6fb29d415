/*
 * Registers of the local APIC by their number, for every way to reach them: an MSR is at MSR_X2APIC
 * and up, a register in memory at 16 times the number in the register page.
 */
#pragma once

enum { MSR_X2APIC = 0x800 };
enum {
    APIC_ID = 0x02,
    APIC_TPR = 0x08,
    APIC_PPR = 0x0a,
    APIC_EOI = 0x0b,
    APIC_SPURIOUS = 0x0f,
    APIC_ISR = 0x10,
    APIC_ICR = 0x30,
    APIC_ICR_HIGH = 0x31,
    APIC_LVT_TIMER = 0x32,
    APIC_INITIAL_COUNT = 0x38,
    APIC_CURRENT_COUNT = 0x39,
    APIC_DIVIDE = 0x3e,
    APIC_SELF_IPI = 0x3f,
};

/* Value of APIC_SPURIOUS that enables the APIC. */
enum { SPURIOUS_VECTOR = 0xff, APIC_ENABLE = 1 << 8 | SPURIOUS_VECTOR };

/* Modes of APIC_LVT_TIMER. */
enum { TIMER_PERIODIC = 1 << 17, TIMER_TSC_DEADLINE = 2 << 17 };
