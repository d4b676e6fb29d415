/* The local APIC in whichever mode the machine has it: registers in memory, or MSRs. */
#pragma once
#include <stdint.h>

enum {
    APIC_ID = 0x02,
    APIC_TPR = 0x08,
    APIC_PPR = 0x0a,
    APIC_EOI = 0x0b,
    APIC_SPURIOUS = 0x0f,
    APIC_ISR = 0x10,
    APIC_LVT_TIMER = 0x32,
    APIC_INITIAL_COUNT = 0x38,
    APIC_CURRENT_COUNT = 0x39,
    APIC_DIVIDE = 0x3e,
};

/* Finds the mode, and maps the register page if there is one. Once, before anything else. */
void apic_begin(void);

/* Enables the calling processor's local APIC. */
void apic_enable(void);

uint32_t apic_read(unsigned reg);
void apic_write(unsigned reg, uint32_t value);

/* The id of the calling processor. */
unsigned apic_id(void);

void apic_send(unsigned destination, uint8_t vector);
void apic_send_self(uint8_t vector);

/* INIT and a start-up message: the processor begins at page `page`, below 1 MiB. */
void apic_start(unsigned destination, uint8_t page);
