/*
 * APIC virtualization in root-mode code (SDM volume 3, "APIC Virtualization and Virtual
 * Interrupts"), and the physical local APIC under it.
 */
#include "vmx.h"

static uint8_t virtual_page[4096] __attribute__((aligned(4096)));
static uint8_t access_page[4096] __attribute__((aligned(4096)));
static uint64_t descriptor[8] __attribute__((aligned(64)));
static uint8_t bitmap[4096] __attribute__((aligned(4096)));

static volatile uint32_t *const reg = (uint32_t *)access_page;
static volatile uint32_t *const backing = (uint32_t *)virtual_page;

#define ACCESS(code) __asm__ volatile(code "; hlt" ::: "rax", "rcx", "rdx", "memory")

uint32_t *the_page = (uint32_t *)access_page;

static void read_tpr(void) { ACCESS("mov the_page, %%rcx; mov 0x80(%%rcx), %%eax"); }
static void read_version(void) { ACCESS("mov the_page, %%rcx; mov 0x30(%%rcx), %%eax"); }
static void read_current(void) { ACCESS("mov the_page, %%rcx; mov 0x390(%%rcx), %%eax"); }
static void write_tpr(void) { ACCESS("mov the_page, %%rcx; movl $0x35, 0x80(%%rcx)"); }
static void write_lvt(void) { ACCESS("mov the_page, %%rcx; movl $0x10035, 0x350(%%rcx)"); }
static void write_eoi(void) { ACCESS("mov the_page, %%rcx; movl $0, 0xb0(%%rcx)"); }
static void write_icr(void) { ACCESS("mov the_page, %%rcx; movl $0x40061, 0x300(%%rcx)"); }
static void write_wide(void) { ACCESS("mov the_page, %%rcx; movq $0, 0x80(%%rcx)"); }
static void fetch_page(void) { ACCESS("mov the_page, %%rcx; call *%%rcx"); }
static void read_cr8(void) { ACCESS("mov %%cr8, %%rax"); }
static void write_cr8(void) { ACCESS("mov $2, %%eax; mov %%rax, %%cr8"); }
static void msr_tpr(void) { ACCESS("mov $0x808, %%ecx; rdmsr"); }
static void msr_eoi(void) { ACCESS("mov $0x80b, %%ecx; xor %%eax, %%eax; xor %%edx, %%edx; wrmsr"); }
static void msr_self(void) { ACCESS("mov $0x83f, %%ecx; mov $0x71, %%eax; xor %%edx, %%edx; wrmsr; nop"); }
static void wait(void) { ACCESS("sti; nop; nop"); }
static void spin(void) { for (;;) __asm__ volatile("pause"); }

static void start(void (*function)(void))
{
    prepare_guest(function);
    set_bits(PROC, 1 << 21);
    set_bits(PROC2, 1);
    vmwrite(VIRTUAL_APIC, (uint64_t)virtual_page);
    vmwrite(APIC_ACCESS, (uint64_t)access_page);
    vmwrite(TPR_THRESHOLD, 0);
}

static void test_accesses(void)
{
    backing[0x80 / 4] = 0x47;
    start(read_tpr);
    expect("read of TPR", run_guest(), 12);
    expect("read of TPR: value", guest_registers[0] & 0xffffffff, 0x47);
    start(read_version);
    expect("read of version", run_guest(), 44);
    expect("read of version: qualification", vmread(QUALIFICATION), 0x30);
    start(write_tpr);
    expect("write of TPR", run_guest(), 12);
    expect("write of TPR: value", backing[0x80 / 4], 0x35);
    start(write_lvt);
    expect("write of LINT0", run_guest(), 44);
    expect("write of LINT0: qualification", vmread(QUALIFICATION), 0x1350);
    start(write_wide);
    expect("write of 8 bytes", run_guest(), 44);
    start(fetch_page);
    expect("fetch", run_guest(), 44);
    expect("fetch: qualification", vmread(QUALIFICATION), 0x2000);
    start(write_tpr);
    vmwrite(TPR_THRESHOLD, 4);
    expect("TPR below threshold at entry", run_guest(), 43);
    backing[0x80 / 4] = 0x50;
    start(write_tpr);
    vmwrite(TPR_THRESHOLD, 4);
    expect("TPR below threshold", run_guest(), 43);
    expect("TPR below threshold is trap-like", *(uint8_t *)vmread(GUEST_RIP), 0xf4);
}

static void test_register_virtualization(void)
{
    start(read_version);
    set_bits(PROC2, 1 << 8);
    backing[0x30 / 4] = 0x50015;
    expect("read of version, virtualized", run_guest(), 12);
    expect("its value", guest_registers[0] & 0xffffffff, 0x50015);
    start(read_current);
    set_bits(PROC2, 1 << 8);
    expect("read of the current count", run_guest(), 44);
    start(write_lvt);
    set_bits(PROC2, 1 << 8);
    expect("write of LINT0", run_guest(), 56);
    expect("write of LINT0: qualification", vmread(QUALIFICATION), 0x350);
    expect("write of LINT0 is in the page", backing[0x350 / 4], 0x10035);
    expect("write of LINT0 is trap-like", *(uint8_t *)vmread(GUEST_RIP), 0xf4);
}

static void test_cr8(void)
{
    backing[0x80 / 4] = 0x70;
    start(read_cr8);
    run_guest();
    expect("CR8 reads VTPR", guest_registers[0], 7);
    start(write_cr8);
    run_guest();
    expect("CR8 writes VTPR", backing[0x80 / 4], 0x20);
}

static volatile uint64_t handled;

static void in_guest(struct frame *f) { handled = f->vector; }

static void deliver(void (*function)(void))
{
    start(function);
    set_bits(PIN, 1);
    set_bits(EXIT, 1 << 15);
    set_bits(PROC2, 1 << 8 | 1 << 9);
    vmwrite(GUEST_STATUS, 0);
    vmwrite(GUEST_RFLAGS, 0x202);
    for (uint64_t b = 0; b < 4; b++)
        vmwrite(EOI_BITMAP + 2 * b, 0);
    memset(virtual_page, 0, sizeof virtual_page);
    handled = 0;
}

static void test_delivery(void)
{
    handler = in_guest;
    deliver(wait);
    backing[(0x200 + 0x20) / 4] = 1 << 0x12;
    vmwrite(GUEST_STATUS, 0x52);
    expect("virtual interrupt", run_guest(), 12);
    expect("it arrived", handled, 0x52);
    expect("it is in service", vmread(GUEST_STATUS), 0x5200);
    expect("VISR", backing[(0x100 + 0x20) / 4], 1 << 0x12);
    expect("VIRR", backing[(0x200 + 0x20) / 4], 0);
    expect("VPPR", backing[0xa0 / 4], 0x50);
    deliver(wait);
    backing[0x80 / 4] = 0x50;
    vmwrite(GUEST_STATUS, 0x52);
    run_guest();
    expect("masked by its own class", handled, 0);
    deliver(write_icr);
    run_guest();
    expect("self-IPI through ICR", handled, 0x61);
    deliver(write_eoi);
    backing[(0x100 + 0x30) / 4] = 2;
    vmwrite(GUEST_STATUS, 0x6100);
    expect("EOI", run_guest(), 12);
    expect("EOI ends the service", vmread(GUEST_STATUS), 0);
    expect("EOI clears VISR", backing[(0x100 + 0x30) / 4], 0);
    deliver(write_eoi);
    vmwrite(GUEST_STATUS, 0x6100);
    vmwrite(EOI_BITMAP + 2, 1ull << (0x61 - 64));
    expect("EOI with an exit", run_guest(), 45);
    expect("EOI exit vector", vmread(QUALIFICATION), 0x61);
    handler = 0;
}

static void test_x2apic(void)
{
    handler = in_guest;
    deliver(msr_tpr);
    clear_bits(PROC2, 1);
    set_bits(PROC2, 1 << 4);
    vmwrite(MSR_BITMAP, (uint64_t)bitmap);
    set_bits(PROC, 1 << 28);
    backing[0x80 / 4] = 0x33;
    expect("RDMSR of TPR", run_guest(), 12);
    expect("its value", guest_registers[0], 0x33);
    deliver(msr_eoi);
    clear_bits(PROC2, 1);
    set_bits(PROC2, 1 << 4);
    vmwrite(MSR_BITMAP, (uint64_t)bitmap);
    set_bits(PROC, 1 << 28);
    vmwrite(GUEST_STATUS, 0x6100);
    expect("WRMSR of EOI", run_guest(), 12);
    expect("EOI ends the service", vmread(GUEST_STATUS), 0);
    deliver(msr_self);
    clear_bits(PROC2, 1);
    set_bits(PROC2, 1 << 4);
    vmwrite(MSR_BITMAP, (uint64_t)bitmap);
    set_bits(PROC, 1 << 28);
    run_guest();
    expect("WRMSR of self-IPI", handled, 0x71);
    handler = 0;
}

static void leave_guest(struct frame *f)
{
    handled = f->vector;
    if (f->vector == 0x83)
        __asm__ volatile("vmcall");
}

static void test_posted(void)
{
    wrmsr(0x1b, rdmsr(0x1b) | 1 << 10);
    wrmsr(0x80f, 0x1ff);
    handler = leave_guest;
    deliver(spin);
    set_bits(PIN, 1 << 7);
    vmwrite(NOTIFICATION_VECTOR, 0xf2);
    vmwrite(POSTED_DESCRIPTOR, (uint64_t)descriptor);
    descriptor[2] = 1ull << (0x83 - 128);
    descriptor[4] = 1;
    wrmsr(0x83f, 0xf2);
    expect("posted interrupt", run_guest(), 18);
    expect("it arrived", handled, 0x83);
    expect("PIR is empty", descriptor[2], 0);
    expect("ON is clear", descriptor[4] & 1, 0);
    wrmsr(0x83f, 0xf3);
    expect("another vector exits", run_guest(), 1);
    expect("and is acknowledged", vmread(INTERRUPTION), 0x800000f3);
    wrmsr(0x80b, 0);
    handler = 0;
}

static volatile uint32_t *const lapic = (uint32_t *)0xfee00000;
static volatile uint32_t ticks;

static void tick(struct frame *f)
{
    handled = f->vector;
    ticks++;
    lapic[0xb0 / 4] = 0;
}

static void test_local_apic(void)
{
    handler = tick;
    expect("APIC base", rdmsr(0x1b) & 0xfffffffffffffd00ull, 0xfee00900);
    expect("xAPIC version", lapic[0x30 / 4] & 0xff, 0x15);
    lapic[0xf0 / 4] = 0x1ff;
    __asm__ volatile("sti");
    lapic[0x310 / 4] = 0;
    lapic[0x300 / 4] = 0x40055;
    __asm__ volatile("nop");
    expect("self-IPI of the xAPIC", handled, 0x55);
    lapic[0x3e0 / 4] = 0xb;
    lapic[0x320 / 4] = 0x66;
    lapic[0x380 / 4] = 10000;
    for (int i = 0; i < 100000 && !ticks; i++)
        __asm__ volatile("pause");
    while (handled != 0x66)
        __asm__ volatile("sti; hlt; cli");
    expect("APIC timer", handled, 0x66);
    lapic[0x320 / 4] = 0x40067;
    wrmsr(0x6e0, rdtsc() + 20000);
    while (handled != 0x67)
        __asm__ volatile("sti; hlt; cli");
    expect("TSC deadline", rdmsr(0x6e0), 0);
    wrmsr(0x1b, rdmsr(0x1b) & ~(1ull << 11));
    uint32_t r[4];
    cpuid(1, 0, r);
    expect("CPUID without APIC", r[3] >> 9 & 1, 0);
    wrmsr(0x1b, rdmsr(0x1b) | 1 << 11);
    cpuid(1, 0, r);
    expect("CPUID with APIC", r[3] >> 9 & 1, 1);
    handler = 0;
    expect("x2APIC registers are no MSRs yet", (uint64_t)TRY("mov $0x802, %%ecx; rdmsr", "m"(ticks)), 13);
    handler = 0;
}

void kernel_main(uint32_t information)
{
    (void)information;
    (void)reg;
    set_up_interrupts();
    test_local_apic();
    prepare_vmx();
    test_accesses();
    test_register_virtualization();
    test_cr8();
    test_delivery();
    test_x2apic();
    test_posted();
    finish();
}
