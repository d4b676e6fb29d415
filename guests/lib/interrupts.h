/* Descriptor tables and interrupt handlers. */
#pragma once
#include <stdint.h>

struct interrupt_frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error_code;
    uint64_t rip, cs, rflags, rsp, ss;
};

typedef void interrupt_handler(struct interrupt_frame *frame);

/* Exceptions without a handler print an error line and end the guest. */
void interrupt_set_handler(uint8_t vector, interrupt_handler *handler);

/* GDT, IDT and TSS; called by the entry code. */
void descriptors_init(void);
