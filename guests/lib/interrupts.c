#include "interrupts.h"

#include "console.h"
#include "cpu.h"
#include "descriptors.h"

enum { CODE_SELECTOR = 0x08, TSS_SELECTOR = 0x18, INTERRUPT_GATE = 0x8e, DOUBLE_FAULT = 8 };

struct __attribute__((packed)) task_state {
    uint32_t reserved0;
    uint64_t rsp[3], reserved1, stack[7], reserved2;
    uint16_t reserved3, io_map;
};

extern char interrupt_stubs[];
void load_descriptors(const struct table_pointer *gdt, const struct table_pointer *idt,
                      uint16_t tss);
void interrupt_dispatch(struct interrupt_frame *frame);

static struct task_state task;
static uint64_t gdt[5];
static struct gate idt[256];
static interrupt_handler *handlers[256];
static char fault_stack[4096] __attribute__((aligned(16)));

void interrupt_set_handler(uint8_t vector, interrupt_handler *handler)
{
    handlers[vector] = handler;
}

void descriptors_init(void)
{
    uint64_t base = (uint64_t)&task;
    uint64_t limit = sizeof task - 1;
    task.stack[0] = (uint64_t)(fault_stack + sizeof fault_stack);
    task.io_map = sizeof task;
    gdt[1] = 0x00af9b000000ffff; /* 64-bit code */
    gdt[2] = 0x00cf93000000ffff; /* data */
    gdt[3] = limit | (base & 0xffffff) << 16 | 0x89ull << 40 | (base >> 24 & 0xff) << 56;
    gdt[4] = base >> 32;
    for (unsigned v = 0; v < 256; v++) {
        uint64_t stub = (uint64_t)interrupt_stubs + 16 * v;
        idt[v] = (struct gate){
            .offset_low = (uint16_t)stub,
            .selector = CODE_SELECTOR,
            .stack = v == DOUBLE_FAULT,
            .type = INTERRUPT_GATE,
            .offset_middle = (uint16_t)(stub >> 16),
            .offset_high = (uint32_t)(stub >> 32),
        };
    }
    struct table_pointer g = {sizeof gdt - 1, (uint64_t)gdt};
    struct table_pointer i = {sizeof idt - 1, (uint64_t)idt};
    load_descriptors(&g, &i, TSS_SELECTOR);
}

void interrupt_dispatch(struct interrupt_frame *frame)
{
    interrupt_handler *handler = handlers[frame->vector];
    if (handler) {
        handler(frame);
        return;
    }
    console_text("error interrupt ");
    console_decimal(frame->vector);
    console_text(" code ");
    console_hex(frame->error_code, 8);
    console_text(" rip ");
    console_hex(frame->rip, 16);
    console_text(" cr2 ");
    console_hex(read_cr2(), 16);
    console_text("\n");
    guest_exit(3);
}
