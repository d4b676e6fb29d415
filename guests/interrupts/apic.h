/* The local APIC in whichever mode the machine has it: registers in memory, or MSRs. */
#pragma once
#include <stdint.h>

#include "apic_registers.h"

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
