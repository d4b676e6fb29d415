/* What the parts of kernel `legacy` share: descriptors, and code that may fault. */
#ifndef LEGACY_H
#define LEGACY_H

#include "kernel32.h"
#include <stdbool.h>

typedef uint64_t u64;

struct tss {
    uint32_t link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags;
    uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi;
    uint32_t es, cs, ss, ds, fs, gs, ldt, trap;
};

enum { CODE = 0x08, DATA = 0x10, SMALL = 0x18, READ_ONLY = 0x20, DOWN = 0x28, CODE_ONLY = 0x30,
       USER_CODE = 0x38, USER_DATA = 0x40, TSS1 = 0x48, TSS2 = 0x50, CALL_GATE = 0x58, ABSENT = 0x60,
       CODE16 = 0x68, TASK_GATE = 0x70, TSS_VME = 0x78 };

extern u64 gdt[32], idt[256];
extern struct tss first, second;
extern uint8_t stubs[], data[64], stack1[4096];

/* Of the last event; resume_eip is where its handler goes on, with the stack pointer for vector 32. */
extern volatile uint32_t vector_seen, error_seen, eip_seen, cs_seen, eflags_seen, resume_eip, saved_esp;
/* What an event of virtual-8086 mode pushes first, and the data segments of its handler. */
extern volatile uint32_t paragraphs_seen[4], handler_ds;

u64 segment(uint32_t base, uint32_t limit, uint32_t rights);
u64 gate(uint32_t selector, uint32_t offset, uint32_t rights, uint32_t parameters);

/* Runs code that may fault; gives the vector, or NONE. */
#define TRY(code, ...)                                                                   \
    ({                                                                                   \
        vector_seen = 0xffffffff;                                                        \
        __asm__ volatile("movl $1f, resume_eip; " code "; 1: mov $0x10, %%ax; mov %%ax, %%ds; mov %%ax, %%es" \
                         ::__VA_ARGS__ : "eax", "memory", "cc");                         \
        resume_eip = 0;                                                                  \
        vector_seen;                                                                     \
    })

#define NONE 0xffffffffu

/* The other parts. */
void test_virtual_8086(void);
void test_virtual_8086_task(void);
void test_virtual_interrupts(void);
void test_fast_calls(void);

#endif
