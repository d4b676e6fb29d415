/*
 * Descriptor tables of this guest's own, as an operating system has them: the GDT on a page that holds
 * nothing else, the IDT on one that is mapped at a linear address of its own.
 */
#pragma once
#include <stdint.h>

#include "descriptors.h"

enum { TLS_FIRST = 6, TLS_SLOTS = 3, TRAP_VECTOR = 0x21 };

/* Moves GDT and IDT of the library to these pages and loads them. */
void tables_init(void);

/* Writes a thread's three slots of the GDT; the first is loaded into FS, which marks it accessed. */
void tables_set_thread(uint64_t thread);

/* Whether the slots hold what tables_set_thread wrote for this thread. */
int tables_hold_thread(uint64_t thread);

/* A top-level page table of its own with the same mappings as the one in use. */
uint64_t tables_clone_root(uint64_t *page);

/* The IDT as instructions see it, and the one page-table entry that maps it. */
struct gate *tables_idt(void);
volatile uint64_t *tables_idt_mapping(void);

uint64_t *tables_gdt(void);
void tables_load_idt(const void *at);
