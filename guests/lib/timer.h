/* Periodic tick from the local APIC in x2APIC mode, by TSC deadlines. */
#pragma once
#include <stdint.h>

/* Starts ticking every `period` TSC ticks, the first time one period from now. */
void timer_start(uint64_t period);

/* Waits until the tick count passes `seen` and returns it; sleeps in HLT. */
uint64_t timer_wait(uint64_t seen);
