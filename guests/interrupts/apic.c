#include "apic.h"

#include "cpu.h"

enum { MSR_APIC_BASE = 0x1b, BASE_X2APIC = 1 << 10, DIVIDE_BY_1 = 0xb };
enum { SHORTHAND_SELF = 1 << 18, PENDING = 1 << 12, INIT = 0x4500, START_UP = 0x4600 };

#define REGISTER_PAGE 0xfee00000ull
#define DIRECTORY_OF_LAST_GIB 0x7000ull /* of the boot page tables, docs/formats/boot-info.md */
#define POINTER_TABLE 0x3000ull
enum { PRESENT_WRITABLE = 3, CACHE_DISABLE = 1 << 4, ACCESSED_DIRTY = 3 << 5, LARGE = 1 << 7 };

static int is_x2apic;

void apic_begin(void)
{
    is_x2apic = (rdmsr(MSR_APIC_BASE) & BASE_X2APIC) != 0;
    if (is_x2apic)
        return;
    volatile uint64_t *directory = (volatile uint64_t *)DIRECTORY_OF_LAST_GIB;
    volatile uint64_t *pointers = (volatile uint64_t *)POINTER_TABLE;
    /* Accessed and dirty from the start: whether an access that exits sets them is nobody's concern. */
    directory[REGISTER_PAGE >> 21 & 511] =
        REGISTER_PAGE | LARGE | ACCESSED_DIRTY | CACHE_DISABLE | PRESENT_WRITABLE;
    pointers[3] = DIRECTORY_OF_LAST_GIB | ACCESSED_DIRTY | PRESENT_WRITABLE;
}

uint32_t apic_read(unsigned reg)
{
    if (is_x2apic)
        return (uint32_t)rdmsr(MSR_X2APIC + reg);
    uint32_t value;
    __asm__ volatile("movl (%1), %0" : "=r"(value) : "r"(REGISTER_PAGE + 16 * reg) : "memory");
    return value;
}

void apic_write(unsigned reg, uint32_t value)
{
    if (is_x2apic)
        wrmsr(MSR_X2APIC + reg, value);
    else
        __asm__ volatile("movl %0, (%1)" : : "r"(value), "r"(REGISTER_PAGE + 16 * reg) : "memory");
}

unsigned apic_id(void)
{
    uint32_t id = apic_read(APIC_ID);
    return is_x2apic ? id : id >> 24;
}

void apic_enable(void)
{
    apic_write(APIC_SPURIOUS, APIC_ENABLE);
    apic_write(APIC_TPR, 0);
    apic_write(APIC_DIVIDE, DIVIDE_BY_1);
}

static void command(unsigned destination, uint32_t low)
{
    if (is_x2apic) {
        wrmsr(MSR_X2APIC + APIC_ICR, (uint64_t)destination << 32 | low);
        return;
    }
    apic_write(APIC_ICR_HIGH, destination << 24);
    apic_write(APIC_ICR, low);
    while (apic_read(APIC_ICR) & PENDING) {
    }
}

void apic_send(unsigned destination, uint8_t vector)
{
    command(destination, vector);
}

void apic_send_self(uint8_t vector)
{
    if (is_x2apic)
        wrmsr(MSR_X2APIC + APIC_SELF_IPI, vector);
    else
        apic_write(APIC_ICR, SHORTHAND_SELF | vector);
}

void apic_start(unsigned destination, uint8_t page)
{
    command(destination, INIT);
    command(destination, START_UP | page);
}
