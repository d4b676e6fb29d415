#include "attack.h"

#include "cpu.h"
#include "interrupts.h"
#include "tables.h"

enum { PAGE_BYTES = 4096, PAGE_WORDS = PAGE_BYTES / 8, PRESENT_WRITABLE = 3, FREE_SEGMENT = 12 };
#define CONFORMING_RING_0_CODE 0x00af9f000000ffffull

static volatile uint64_t served;
static uint64_t copy[PAGE_WORDS] __attribute__((aligned(PAGE_BYTES)));

volatile uint64_t hooked;
void hook(void);
__asm__(".text\nhook: incq hooked(%rip)\niretq\n");

static void on_trap(struct interrupt_frame *frame)
{
    (void)frame;
    served++;
}

void attack_prepare(void)
{
    interrupt_set_handler(TRAP_VECTOR, on_trap);
}

static void trap(void)
{
    __asm__ volatile("int %0" : : "i"(TRAP_VECTOR) : "memory");
}

static void patch(volatile struct gate *idt)
{
    uint64_t handler = (uint64_t)hook;
    volatile struct gate *gate = idt + TRAP_VECTOR;
    gate->offset_low = (uint16_t)handler;
    gate->offset_middle = (uint16_t)(handler >> 16);
    gate->offset_high = (uint32_t)(handler >> 32);
}

static void make_copy(void)
{
    const volatile uint64_t *idt = (const volatile uint64_t *)tables_idt();
    for (unsigned i = 0; i < PAGE_WORDS; i++)
        copy[i] = idt[i];
    patch((struct gate *)copy);
}

static void remap(uint64_t entry)
{
    *tables_idt_mapping() = entry;
    invlpg((uint64_t)tables_idt());
}

int attack_run(enum attack attack)
{
    uint64_t before = hooked;
    uint64_t mapping = *tables_idt_mapping();
    switch (attack) {
    case ATTACK_GATE:
        patch(tables_idt());
        break;
    case ATTACK_COPY:
        make_copy();
        tables_load_idt(copy);
        break;
    case ATTACK_REMAP:
    case ATTACK_BLINK:
        make_copy();
        remap((uint64_t)copy | PRESENT_WRITABLE);
        break;
    case ATTACK_SEGMENT:
        *(volatile uint64_t *)&tables_gdt()[FREE_SEGMENT] = CONFORMING_RING_0_CODE;
        break;
    default:
        break;
    }
    trap();
    if (attack == ATTACK_BLINK)
        remap(mapping);
    return hooked != before;
}
