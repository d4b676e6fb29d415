/*
 * Start-up as test suites and hypervisors of others do it: application processors from page 0 to
 * 64-bit mode by INIT and start-up IPIs to all but self, every transition of the local APIC's modes,
 * messages between processors that spin without PAUSE, timers. Runs on one processor, too.
 */
#include "kernel64.h"

#define APIC_BASE 0x1b
#define TSC_DEADLINE 0x6e0
#define ENABLED (1ull << 11)
#define X2APIC (1ull << 10)

static volatile uint32_t *const lapic = (uint32_t *)0xfee00000;
static volatile int received[256];
static volatile uint32_t online, turns;
static volatile int nmis;
static bool x2apic;

static void end_of_interrupt(void)
{
    if (x2apic)
        wrmsr(0x80b, 0);
    else
        lapic[0xb0 / 4] = 0;
}

static void on_message(struct frame *f)
{
    if (f->vector == 2) {
        nmis++;
        return;
    }
    received[f->vector]++;
    end_of_interrupt();
}

static void send(uint32_t command, uint32_t to)
{
    if (x2apic) {
        wrmsr(0x830, (uint64_t)to << 32 | command);
    } else {
        lapic[0x310 / 4] = to << 24;
        lapic[0x300 / 4] = command;
    }
}

static void let_interrupts_in(void) { __asm__ volatile("sti; nop; nop; cli"); }

static uint64_t set_base(uint64_t value)
{
    return (uint64_t)TRY("mov %0, %%rax; mov %%rax, %%rdx; shr $32, %%rdx; mov $0x1b, %%ecx; wrmsr", "r"(value));
}

static void test_modes(void)
{
    uint64_t base = rdmsr(APIC_BASE) & ~(ENABLED | X2APIC);
    uint32_t version = lapic[0x30 / 4], r[4];
    expect("version of an integrated local APIC", (version & 0xff) >= 0x10 && (version & 0xff) <= 0x15, 1);
    expect("xAPIC to x2APIC without enable", set_base(base | X2APIC), 13);
    wrmsr(APIC_BASE, base);
    expect("registers of a disabled APIC", lapic[0x30 / 4], 0xffffffff);
    cpuid(1, 0, r);
    expect("CPUID of a disabled APIC", r[3] >> 9 & 1, 0);
    expect("disabled to x2APIC", set_base(base | ENABLED | X2APIC), 13);
    wrmsr(APIC_BASE, 0xfed40000 | (base & 0x100) | ENABLED);
    expect("relocated", *(volatile uint32_t *)0xfed40030, version);
    expect("reserved bit of the base", set_base(base | ENABLED | 1), 13);
    expect("base beyond physical addresses", set_base(base | ENABLED | 1ull << 46), 13);
    wrmsr(APIC_BASE, base | ENABLED);
    expect("xAPIC again", lapic[0x30 / 4], version);
    wrmsr(APIC_BASE, base | ENABLED | X2APIC);
    expect("registers in x2APIC mode are no memory", lapic[0x30 / 4], 0xffffffff);
    expect("version by MSR", rdmsr(0x803), version);
    expect("x2APIC to xAPIC", set_base(base | ENABLED), 13);
    expect("write of the x2APIC id", (uint64_t)TRY("mov $0x802, %%ecx; xor %%eax, %%eax; xor %%edx, %%edx; wrmsr", "i"(0)), 13);
    wrmsr(APIC_BASE, base);
    wrmsr(APIC_BASE, base | ENABLED);
    lapic[0xf0 / 4] = 0x1ff;
    __asm__ volatile("mov %0, %%cr8" : : "r"(5ull));
    expect("CR8 is the task priority", lapic[0x80 / 4], 0x50);
    __asm__ volatile("mov %0, %%cr8" : : "r"(0ull));
}

static void test_timers(void)
{
    lapic[0x3e0 / 4] = 0xb;
    lapic[0x320 / 4] = 0xee;
    uint64_t start = rdtsc();
    lapic[0x380 / 4] = 0x10000;
    while (!received[0xee])
        let_interrupts_in();
    expect("one shot is not early", rdtsc() - start >= 0x10000, 1);
    expect("one shot", (uint64_t)received[0xee], 1);
    lapic[0x380 / 4] = 0x999999;
    while (lapic[0x390 / 4] > 0x999999 / 2)
        ;
    lapic[0x320 / 4] = 0x200ee;
    expect("periodic keeps the initial count", lapic[0x380 / 4], 0x999999);
    expect("and goes on counting where it was", lapic[0x390 / 4] != 0 && lapic[0x390 / 4] <= 0x999999 / 2, 1);
    lapic[0x380 / 4] = 0;
    lapic[0x320 / 4] = 0x400ef;
    wrmsr(TSC_DEADLINE, rdtsc());
    let_interrupts_in();
    expect("deadline in the past", (uint64_t)received[0xef], 1);
    expect("deadline is cleared", rdmsr(TSC_DEADLINE), 0);
    uint32_t before = in32(0x608);
    start = rdtsc();
    while (rdtsc() - start < 1000000)
        ;
    uint32_t ticks = (in32(0x608) - before) & 0xffffff;
    expect("PM timer counts 3.58 MHz", ticks >= 3570 && ticks <= 3600, 1);
}

static void test_messages(void)
{
    send(0x4000 | 0x80000 | 0x41, 0);
    send(0x40000 | 0x42, 0);
    let_interrupts_in();
    expect("message to all", (uint64_t)received[0x41], 1);
    expect("message to self", (uint64_t)received[0x42], 1);
    send(0x4400, x2apic ? (uint32_t)rdmsr(0x802) : lapic[0x20 / 4] >> 24);
    expect("NMI to self", (uint64_t)nmis, 1);
}

/* Copied to page 0: real mode, 32-bit mode, and the way that the first processor went. */
__asm__(".code16\n"
        "ap_start: cli; xor %ax, %ax; mov %ax, %ds\n"
        "lgdtl ap_gdt_pointer - ap_start\n"
        "mov %cr0, %eax; or $1, %al; mov %eax, %cr0; ljmpl $0x18, $ap_start32\n"
        "ap_gdt_pointer: .word 0x3f; .long gdt\n"
        "ap_end: .code32\n"
        "ap_start32: mov $0x10, %ax; mov %ax, %ds; mov %ax, %es; mov %ax, %ss\n"
        "mov %cr4, %eax; bts $5, %eax; mov %eax, %cr4; mov $pml4, %eax; mov %eax, %cr3\n"
        "mov $0xc0000080, %ecx; rdmsr; bts $8, %eax; wrmsr\n"
        "mov %cr0, %eax; or $0x80000001, %eax; mov %eax, %cr0; ljmp $8, $ap_start64\n"
        ".code64\n"
        "ap_start64: mov $ap_stack + 8192, %rsp; lidt ap_idt; call ap_main; 1: hlt; jmp 1b\n");
extern uint8_t ap_start[], ap_end[];
uint8_t ap_stack[8192] __attribute__((aligned(16)));
struct {
    uint16_t limit;
    uint64_t base;
} __attribute__((packed)) ap_idt;

void ap_main(void)
{
    lapic[0xf0 / 4] = 0x1ff;
    online++;
    while (turns < 1000) {
        while ((turns & 1) == 0)
            __asm__ volatile("pause");
        turns++;
    }
    __asm__ volatile("sti");
    for (;;)
        __asm__ volatile("hlt");
}

static void test_processors(void)
{
    out16(0x510, 5);
    uint32_t processors = in8(0x511);
    processors |= (uint32_t)in8(0x511) << 8;
    if (processors < 2)
        return;
    __asm__ volatile("sidt %0" : "=m"(ap_idt));
    memcpy((void *)0, ap_start, (size_t)(ap_end - ap_start));
    send(0xc4500, 0);
    send(0xc4600, 0);
    while (online != processors - 1)
        ;
    expect("a processor came from page 0 to 64-bit mode", online, 1);
    while (turns < 1000) {
        while (turns & 1)
            ;
        turns++;
    }
    expect("processors take turns", turns >= 1000, 1);
    int before = received[0x51];
    for (int i = 0; i < 100; i++) {
        send(0x4000 | 0x51, 1);
        while (received[0x51] == before + i)
            __asm__ volatile("pause");
    }
    expect("messages to the other", (uint64_t)(received[0x51] - before), 100);
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
    test_modes();
    handler = on_message;
    test_timers();
    test_messages();
    test_processors();
    handler = 0;
    finish();
}
