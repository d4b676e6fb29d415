/*
 * The devices of a bare machine: timers, interrupt controllers, serial port, firmware configuration,
 * ACPI tables, test device; and a second processor if there is one.
 */
#include "kernel64.h"

static volatile uint32_t *const lapic = (uint32_t *)0xfee00000;
static volatile uint32_t *const ioapic = (uint32_t *)0xfec00000;
static volatile int seen;
static volatile uint32_t count;

static void by_8259(struct frame *f)
{
    seen = (int)f->vector;
    count++;
    if (f->vector >= 0x28)
        out8(0xa0, 0x20);
    out8(0x20, 0x20);
}

static void by_apic(struct frame *f)
{
    seen = (int)f->vector;
    count++;
    if (f->vector == 0x7a && count == 3)
        out32(0x200e, 0);
    lapic[0xb0 / 4] = 0;
}

static void wait_for(int vector)
{
    for (int i = 0; i < 1000000 && seen != vector; i++)
        __asm__ volatile("sti; nop; cli");
}

static void set_up_8259(void)
{
    out8(0x20, 0x11);
    out8(0xa0, 0x11);
    out8(0x21, 0x20);
    out8(0xa1, 0x28);
    out8(0x21, 4);
    out8(0xa1, 2);
    out8(0x21, 1);
    out8(0xa1, 1);
}

static void test_8259(void)
{
    handler = by_8259;
    set_up_8259();
    out8(0x21, 0xfe);
    out8(0xa1, 0xff);
    out8(0x43, 0x34);
    out8(0x40, 0xa9);
    out8(0x40, 0x04);
    wait_for(0x20);
    expect("8254 through the 8259", (uint64_t)seen, 0x20);
    count = 0;
    uint64_t start = rdtsc();
    while (count < 10)
        __asm__ volatile("sti; hlt; cli");
    uint64_t ms = (rdtsc() - start) / 1000000;
    expect("ten periods of a millisecond", ms >= 9 && ms <= 11, 1);
    out8(0x21, 0xfb);
    out8(0xa1, 0xfd);
    seen = 0;
    out32(0x2009, 1);
    wait_for(0x29);
    expect("line 9 through the slave", (uint64_t)seen, 0x29);
    out32(0x2009, 0);
    out8(0x21, 0xef);
    seen = 0;
    out8(0x3fc, 8);
    out8(0x3f9, 2);
    wait_for(0x24);
    expect("transmitter interrupt of COM1", (uint64_t)seen, 0x24);
    out8(0x3f9, 0);
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
}

static uint8_t cmos(uint8_t index)
{
    out8(0x70, index);
    return in8(0x71);
}

static void set_cmos(uint8_t index, uint8_t value)
{
    out8(0x70, index);
    out8(0x71, value);
}

static uint8_t causes;

static void by_clock(struct frame *f)
{
    causes |= cmos(0x0c);
    by_8259(f);
}

/* Interrupts of the clock in so much time, which the TSC counts in nanoseconds. */
static uint64_t clock_rings(uint64_t ms, uint8_t enabled)
{
    handler = by_clock;
    count = 0;
    causes = 0;
    cmos(0x0c);
    set_cmos(0x0b, 2 | enabled);
    for (uint64_t start = rdtsc(); rdtsc() - start < ms * 1000000;)
        __asm__ volatile("sti; hlt; cli");
    set_cmos(0x0b, 2);
    return count;
}

static void test_clock(void)
{
    set_up_8259();
    out8(0x21, 0xfb);
    out8(0xa1, 0xfe);
    set_cmos(0x0a, 0x26);
    uint64_t rings = clock_rings(100, 0x40);
    expect("CMOS clock: 1024 periodic interrupts a second", rings >= 101 && rings <= 104, true);
    expect("CMOS clock: their vector", (uint64_t)seen, 0x28);
    expect("CMOS clock: periodic flag, interrupt flag", causes & 0xc0, 0xc0);
    set_cmos(0x0a, 0x2b);
    rings = clock_rings(1000, 0x40);
    expect("CMOS clock: 32 a second", rings >= 32 && rings <= 33, true);
    rings = clock_rings(3000, 0x10);
    expect("CMOS clock: an update ends every second", rings >= 3 && rings <= 4, true);
    expect("CMOS clock: update-ended flag", causes & 0x90, 0x90);
    for (uint8_t i = 1; i <= 5; i = (uint8_t)(i + 2))
        set_cmos(i, 0xff);
    rings = clock_rings(2000, 0x20);
    expect("CMOS clock: an alarm that always matches", rings >= 2 && rings <= 3, true);
    expect("CMOS clock: alarm flag", causes & 0xa0, 0xa0);
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
}

/* A handler that ends the interrupt, and lets its line down the third time. */
static void by_level(struct frame *f)
{
    if (count == 2)
        out32(0x200bu, 0);
    by_8259(f);
}

static void test_level(void)
{
    handler = by_level;
    set_up_8259();
    out8(0x4d0, 0);
    out8(0x4d1, 0x08);
    expect("ELCR", in8(0x4d1), 0x08);
    out8(0x21, 0xfb);
    out8(0xa1, 0xf7);
    count = 0;
    out32(0x200b, 1);
    __asm__ volatile("sti; nop; nop; nop; cli");
    expect("8259: level comes again while asserted", count, 3);
    out8(0x4d1, 0);
    count = 0;
    out32(0x200b, 1);
    __asm__ volatile("sti; nop; nop; nop; cli");
    expect("8259: edge comes once", count, 1);
    out32(0x200b, 0);
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
}

static void redirect(int input, uint64_t entry)
{
    ioapic[0] = 0x11u + 2u * (uint32_t)input;
    ioapic[4] = (uint32_t)(entry >> 32);
    ioapic[0] = 0x10u + 2u * (uint32_t)input;
    ioapic[4] = (uint32_t)entry;
}

static uint32_t entry_low(int input)
{
    ioapic[0] = 0x10u + 2u * (uint32_t)input;
    return ioapic[4];
}

static void test_ioapic(void)
{
    handler = by_apic;
    lapic[0xf0 / 4] = 0x1ff;
    ioapic[0] = 1;
    expect("I/O APIC version", ioapic[4], 0x170020);
    redirect(14, 0x78);
    seen = 0;
    out32(0x200e, 1);
    wait_for(0x78);
    expect("edge through the I/O APIC", (uint64_t)seen, 0x78);
    out32(0x200e, 0);
    redirect(14, 0x10079);
    seen = 0;
    out32(0x200e, 1);
    wait_for(0x79);
    expect("masked", (uint64_t)seen, 0);
    out32(0x200e, 0);
    redirect(14, 0x79);
    wait_for(0x79);
    expect("an edge of a masked input is lost", (uint64_t)seen, 0);
    redirect(14, 0x8000 | 0x7a);
    count = 0;
    out32(0x200e, 1);
    __asm__ volatile("sti; nop; nop; cli");
    expect("level comes again while asserted", count, 3);
    out32(0x200e, 0);
    __asm__ volatile("sti; nop; nop; cli");
    expect("remote IRR is clear", entry_low(14) >> 14 & 1, 0);
    redirect(14, 0x10000);
}

static uint16_t config(uint16_t item)
{
    out16(0x510, item);
    uint16_t low = in8(0x511);
    return (uint16_t)(low | in8(0x511) << 8);
}

static void test_firmware(void)
{
    expect("fw_cfg signature", config(0), 'Q' | 'E' << 8);
    uint32_t rsdp = 0;
    for (uint32_t at = 0xe0000; at < 0x100000 && !rsdp; at += 16)
        if (*(uint64_t *)(uint64_t)at == 0x2052545020445352ull)
            rsdp = at;
    expect("RSDP", rsdp != 0, 1);
    uint8_t sum = 0;
    for (int i = 0; i < 20; i++)
        sum = (uint8_t)(sum + *(uint8_t *)(uint64_t)(rsdp + (uint32_t)i));
    expect("RSDP checksum", sum, 0);
    out8(0x70, 0x0d);
    expect("CMOS is valid", in8(0x71) & 0x80, 0x80);
    out8(0x64, 0xaa);
    expect("i8042 self-test", in8(0x60), 0x55);
}

static void test_test_device(void)
{
    out32(0xe0, 0x12345678);
    expect("latch", in32(0xe0), 0x12345678);
    out8(0xe1, 0xab);
    expect("latch, a byte", in32(0xe0), 0x1234ab78);
    expect("latch, a word", in16(0xe2), 0x1234);
    volatile uint32_t *ram = (uint32_t *)0xff000000;
    ram[100] = 0x55aa1234;
    expect("test RAM", ram[100], 0x55aa1234);
    volatile uint16_t *screen = (uint16_t *)0xb8000;
    screen[5] = 0x0741;
    expect("RAM at B8000", screen[5], 0x0741);
    expect("no device reads ones", *(volatile uint32_t *)0xfd000000, 0xffffffff);
}

/* Copied to page 8: real mode; tells CR0, clears CD and NW, then a word that the first processor waits for. */
__asm__(".code16\ntrampoline: cli; xor %ax, %ax; mov %ax, %ds; mov %cr0, %eax; mov %eax, 0x9004\n"
        "mov $0x10, %eax; mov %eax, %cr0; lock incw 0x9000\n1: hlt; jmp 1b\ntrampoline_end: .code64\n");
extern uint8_t trampoline[], trampoline_end[];

static void test_processors(void)
{
    uint16_t processors = config(5);
    memcpy((void *)0x8000, trampoline, (size_t)(trampoline_end - trampoline));
    volatile uint16_t *started = (uint16_t *)0x9000;
    volatile uint32_t *cr0 = (uint32_t *)0x9004;
    for (int again = 0; again < 2; again++) {
        *started = 0;
        lapic[0x300 / 4] = 0xc4500;
        lapic[0x300 / 4] = 0xc4608;
        for (int i = 0; i < 100000 && *started != processors - 1; i++)
            __asm__ volatile("pause");
        expect("processors that a start-up IPI woke", *started, processors - 1u);
        if (processors > 1)
            expect(again ? "INIT keeps CR0.CD and CR0.NW" : "caches are off after RESET", *cr0, again ? 0x10 : 0x60000010);
    }
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    test_8259();
    test_clock();
    test_level();
    test_ioapic();
    test_firmware();
    test_test_device();
    test_processors();
    handler = 0;
    finish();
}
