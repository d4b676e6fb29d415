#include "tables.h"

#include "cpu.h"

enum { PAGE_BYTES = 4096, PAGE_WORDS = PAGE_BYTES / 8, PRESENT_WRITABLE = 3 };
enum { TSS_INDEX = 3, GDT_ENTRIES = 16, IDT_GATES = 256 };
#define IDT_LINEAR (2ull << 39) /* the third entry of the PML4 */
#define TSS_BUSY (1ull << 41)
#define ACCESSED (1ull << 40)

#define PAGE __attribute__((aligned(PAGE_BYTES)))
static uint64_t gdt[PAGE_WORDS] PAGE;
static uint64_t idt_page[PAGE_WORDS] PAGE;
static uint64_t pointers[PAGE_WORDS] PAGE;
static uint64_t directory[PAGE_WORDS] PAGE;
static volatile uint64_t page_table[PAGE_WORDS] PAGE;

static void copy_words(uint64_t *to, const uint64_t *from, unsigned words)
{
    for (unsigned i = 0; i < words; i++)
        to[i] = from[i];
}

void tables_load_idt(const void *at)
{
    struct table_pointer pointer = {IDT_GATES * sizeof(struct gate) - 1, (uint64_t)at};
    __asm__ volatile("lidt %0" : : "m"(pointer) : "memory");
}

void tables_init(void)
{
    struct table_pointer old;
    __asm__ volatile("sgdt %0" : "=m"(old));
    copy_words(gdt, (const uint64_t *)old.base, (old.limit + 1u) / 8);
    gdt[TSS_INDEX] &= ~TSS_BUSY;
    __asm__ volatile("sidt %0" : "=m"(old));
    copy_words(idt_page, (const uint64_t *)old.base, (old.limit + 1u) / 8);

    uint64_t *root = (uint64_t *)(read_cr3() & ~0xfffull);
    page_table[0] = (uint64_t)idt_page | PRESENT_WRITABLE;
    directory[0] = (uint64_t)page_table | PRESENT_WRITABLE;
    pointers[0] = (uint64_t)directory | PRESENT_WRITABLE;
    root[IDT_LINEAR >> 39] = (uint64_t)pointers | PRESENT_WRITABLE;

    struct table_pointer mine = {GDT_ENTRIES * 8 - 1, (uint64_t)gdt};
    __asm__ volatile("lgdt %0" : : "m"(mine) : "memory");
    __asm__ volatile("ltr %w0" : : "r"(TSS_INDEX * 8) : "memory");
    tables_load_idt((const void *)IDT_LINEAR);
}

/* A user data segment, base by thread and slot, not accessed yet. */
static uint64_t thread_slot(uint64_t thread, unsigned slot)
{
    uint64_t base = 0x1000 * (thread + 1) + 0x100 * slot;
    return 0x00cff2000000ffffull | (base & 0xffffff) << 16;
}

void tables_set_thread(uint64_t thread)
{
    for (unsigned slot = 0; slot < TLS_SLOTS; slot++)
        *(volatile uint64_t *)&gdt[TLS_FIRST + slot] = thread_slot(thread, slot);
    __asm__ volatile("mov %w0, %%fs" : : "r"(TLS_FIRST * 8 | 3) : "memory");
}

int tables_hold_thread(uint64_t thread)
{
    for (unsigned slot = 0; slot < TLS_SLOTS; slot++) {
        uint64_t marked = slot == 0 ? ACCESSED : 0;
        if (*(volatile uint64_t *)&gdt[TLS_FIRST + slot] != (thread_slot(thread, slot) | marked))
            return 0;
    }
    return 1;
}

uint64_t tables_clone_root(uint64_t *page)
{
    copy_words(page, (const uint64_t *)(read_cr3() & ~0xfffull), PAGE_WORDS);
    return (uint64_t)page;
}

struct gate *tables_idt(void)
{
    return (struct gate *)IDT_LINEAR;
}

volatile uint64_t *tables_idt_mapping(void)
{
    return &page_table[0];
}

uint64_t *tables_gdt(void)
{
    return gdt;
}
