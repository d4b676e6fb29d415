/*
 * Rules with many cases: a rule is one line of output, and each of its cases that fails is another.
 * The name of a rule ends with the SDM section (volume 3) that it is from.
 */
#ifndef RULES_H
#define RULES_H

#include "vmx.h"

/* Begins a rule, and ends the one before. */
void rule(const char *name);

/* A case of the present rule; the number tells which. */
void same(uint64_t number, uint64_t got, uint64_t wanted);

_Noreturn void finish_rules(void);

/* Outcomes of run_guest. */
enum { FAIL_CONTROLS = 0x10007, FAIL_HOST = 0x10008, FAIL_GUEST = 0x80000021, FAIL_MSRS = 0x80000022 };

/* Bits of the controls. */
enum {
    PIN_INTERRUPT = 1 << 0, PIN_NMI = 1 << 3, PIN_VIRTUAL_NMI = 1 << 5, PIN_TIMER = 1 << 6, PIN_POSTED = 1 << 7,
    PROC_INTERRUPT_WINDOW = 1 << 2, PROC_TSC_OFFSET = 1 << 3, PROC_HLT = 1 << 7, PROC_CR8_LOAD = 1 << 19,
    PROC_CR8_STORE = 1 << 20, PROC_TPR_SHADOW = 1 << 21, PROC_NMI_WINDOW = 1 << 22, PROC_IO = 1 << 24,
    PROC_IO_BITMAPS = 1 << 25, PROC_MTF = 1 << 27, PROC_MSR_BITMAPS = 1 << 28,
    PROC2_APIC_ACCESSES = 1 << 0, PROC2_EPT = 1 << 1, PROC2_TABLES = 1 << 2, PROC2_X2APIC = 1 << 4,
    PROC2_VPID = 1 << 5, PROC2_UNRESTRICTED = 1 << 7, PROC2_APIC_REGISTERS = 1 << 8, PROC2_DELIVERY = 1 << 9,
    PROC2_FUNCTIONS = 1 << 13, PROC2_SHADOWING = 1 << 14, PROC2_BY_MODE = 1 << 22, PROC2_PML = 1 << 17, PROC2_VE = 1 << 18,
    EXIT_HOST_64 = 1 << 9, EXIT_ACKNOWLEDGE = 1 << 15, EXIT_LOAD_PAT = 1 << 19, EXIT_LOAD_EFER = 1 << 21,
    EXIT_SAVE_TIMER = 1 << 22,
    ENTRY_DEBUG = 1 << 2, ENTRY_GUEST_64 = 1 << 9, ENTRY_LOAD_PAT = 1 << 14, ENTRY_LOAD_EFER = 1 << 15,
};
#define PROC_SECONDARY (1u << 31)

#endif
