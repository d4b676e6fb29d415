/*
 * Every register of the APIC-access page and of the x2APIC range under each combination of controls
 * (SDM volume 3, "APIC Virtualization and Virtual Interrupts"), and virtual-interrupt delivery in its
 * corners.
 */
#include "rules.h"

static uint8_t virtual_page[4096] __attribute__((aligned(4096)));
uint8_t access_page[4096] __attribute__((aligned(4096)));
static uint64_t descriptor[8] __attribute__((aligned(64)));
static uint8_t bitmap[4096] __attribute__((aligned(4096)));
static volatile uint32_t *const backing = (uint32_t *)virtual_page;

#define GUEST_CODE(name, code) void name(void); __asm__(".globl " #name "\n" #name ": " code "; hlt\n")

GUEST_CODE(load32, "mov (%rcx), %eax");
GUEST_CODE(store32, "mov %ebx, (%rcx)");
GUEST_CODE(load64, "mov (%rcx), %rax");
GUEST_CODE(load8, "mov (%rcx), %al");
GUEST_CODE(store8, "mov %bl, (%rcx)");
GUEST_CODE(add32, "add %ebx, (%rcx)");
GUEST_CODE(read_msr, "rdmsr");
GUEST_CODE(write_msr, "wrmsr");
GUEST_CODE(wait, "sti; nop; nop");
GUEST_CODE(cr8_write, "mov %rbx, %cr8");
GUEST_CODE(spin, "1: pause; jmp 1b");

static volatile uint64_t taken, count;

static void note(struct frame *f)
{
    taken = f->vector;
    count++;
}

static void start(void (*code)(void))
{
    prepare_guest(code);
    vmwrite(VIRTUAL_APIC, (uint64_t)virtual_page);
    vmwrite(APIC_ACCESS, (uint64_t)access_page);
    vmwrite(TPR_THRESHOLD, 0);
    vmwrite(GUEST_STATUS, 0);
    for (uint64_t b = 0; b < 4; b++)
        vmwrite(EOI_BITMAP + 2 * b, 0);
    set_bits(PIN, PIN_INTERRUPT);
    set_bits(EXIT, EXIT_ACKNOWLEDGE);
    handler = note;
    count = 0;
}

static bool is_range(uint64_t r, uint64_t from, uint64_t to) { return r >= from && r <= to && !(r & 15); }

static bool readable(uint64_t r)
{
    return r == 0x20 || r == 0x30 || r == 0x80 || r == 0xb0 || r == 0xd0 || r == 0xe0 || r == 0xf0
           || is_range(r, 0x100, 0x280) || r == 0x300 || r == 0x310 || is_range(r, 0x320, 0x370) || r == 0x380
           || r == 0x3e0;
}

static bool writable(uint64_t r)
{
    return r == 0x20 || r == 0x80 || r == 0xb0 || r == 0xd0 || r == 0xe0 || r == 0xf0 || r == 0x280 || r == 0x300
           || r == 0x310 || is_range(r, 0x320, 0x370) || r == 0x380 || r == 0x3e0;
}

enum { SHADOW = 1, REGISTERS = 2, DELIVERY = 4 };

static void controls(uint64_t mask)
{
    set_bits(PROC, mask & SHADOW ? PROC_TPR_SHADOW : 0);
    set_bits(PROC2, PROC2_APIC_ACCESSES | (mask & REGISTERS ? PROC2_APIC_REGISTERS : 0)
                        | (mask & DELIVERY ? PROC2_DELIVERY : 0));
}

static void test_reads(void)
{
    rule("reads of every register: Virtualizing Reads from the APIC-Access Page");
    static const uint64_t masks[] = {0, SHADOW, SHADOW | REGISTERS, SHADOW | DELIVERY, 7};
    for (uint64_t m = 0; m < 5; m++)
        for (uint64_t r = 0; r < 0x1000; r += 16) {
            start(load32);
            controls(masks[m]);
            memset(virtual_page, 0, sizeof virtual_page);
            backing[r / 4] = r == 0x80 ? 0x31 : 0x31415926;
            guest_registers[1] = (uint64_t)access_page + r;
            bool read = masks[m] & SHADOW && (masks[m] & REGISTERS ? readable(r) : r == 0x80);
            uint64_t reason = run_guest();
            same(m << 16 | r, reason, read ? 12 : 44);
            if (read && r != 0xa0)
                same(1ull << 32 | m << 16 | r, guest_registers[0] & 0xffffffff, r == 0x80 ? 0x31 : 0x31415926);
            if (reason == 44) {
                same(2ull << 32 | m << 16 | r, vmread(QUALIFICATION), r);
                same(3ull << 32 | m << 16 | r, vmread(LENGTH), 2);
            }
        }
    rule("width and alignment of reads: Virtualizing Reads from the APIC-Access Page");
    for (uint64_t offset = 0; offset < 16; offset++) {
        start(load8);
        controls(SHADOW);
        backing[0x80 / 4] = 0x44332211;
        guest_registers[1] = (uint64_t)access_page + 0x80 + offset;
        same(offset, run_guest(), offset < 4 ? 12 : 44);
        if (offset < 4)
            same(16 + offset, guest_registers[0] & 0xff, 0x11 * (offset + 1));
        start(load32);
        controls(SHADOW);
        guest_registers[1] = (uint64_t)access_page + 0x80 + offset;
        same(32 + offset, run_guest(), offset ? 44 : 12);
    }
    start(load64);
    controls(SHADOW);
    guest_registers[1] = (uint64_t)access_page + 0x80;
    same(64, run_guest(), 44);
}

static void test_writes(void)
{
    rule("writes of every register: Virtualizing Writes to the APIC-Access Page");
    static const uint64_t masks[] = {0, SHADOW, SHADOW | REGISTERS, SHADOW | DELIVERY, 7};
    for (uint64_t m = 0; m < 5; m++)
        for (uint64_t r = 0; r < 0x1000; r += 16) {
            start(store32);
            controls(masks[m]);
            memset(virtual_page, 0, sizeof virtual_page);
            guest_registers[1] = (uint64_t)access_page + r;
            guest_registers[3] = 0x31415926;
            bool delivers = masks[m] & DELIVERY;
            bool write = masks[m] & SHADOW
                         && (masks[m] & REGISTERS ? writable(r)
                                                  : r == 0x80 || (delivers && (r == 0xb0 || r == 0x300)));
            bool quiet = r == 0x80 || r == 0x310 || (delivers && r == 0xb0);
            uint64_t reason = run_guest();
            same(m << 16 | r, reason, !write ? 44 : quiet ? 12 : 56);
            if (reason == 44)
                same(1ull << 32 | m << 16 | r, vmread(QUALIFICATION), 0x1000 | r);
            if (reason == 56) {
                same(2ull << 32 | m << 16 | r, vmread(QUALIFICATION), r);
                same(3ull << 32 | m << 16 | r, *(uint8_t *)vmread(GUEST_RIP), 0xf4);
            }
            uint32_t wanted = !write ? 0 : r == 0x80 ? 0x26 : r == 0x310 ? 0x31000000 : r == 0xb0 && delivers ? 0 : 0x31415926;
            same(4ull << 32 | m << 16 | r, backing[r / 4], wanted);
        }
    rule("a read-modify-write is a write: APIC-Access VM Exits");
    start(add32);
    controls(0);
    guest_registers[1] = (uint64_t)access_page + 0x80;
    same(0, run_guest(), 44);
    same(1, vmread(QUALIFICATION), 0x1080);
    rule("bytes of TPR can be written: Virtualizing Writes to the APIC-Access Page");
    start(store8);
    controls(SHADOW);
    backing[0x80 / 4] = 0;
    guest_registers[1] = (uint64_t)access_page + 0x80;
    guest_registers[3] = 0x5a;
    same(0, run_guest(), 12);
    same(1, backing[0x80 / 4], 0x5a);
    rule("self-IPIs by ICR: Virtualizing Writes to the APIC-Access Page");
    static const uint32_t icr[] = {0x40061, 0x4c061, 0x41061, 0x40161, 0x40861, 0x80061, 0x61, 0x4000f, 0x40010, 0x48061, 0x44061};
    static const bool self[] = {true, false, false, false, true, false, false, false, true, false, true};
    for (uint64_t i = 0; i < sizeof icr / sizeof *icr; i++) {
        start(store32);
        controls(7);
        memset(virtual_page, 0, sizeof virtual_page);
        guest_registers[1] = (uint64_t)access_page + 0x300;
        guest_registers[3] = icr[i];
        same(i, run_guest(), self[i] ? 12 : 56);
        same(0x10 | i, vmread(GUEST_STATUS), self[i] ? icr[i] & 0xff : 0);
    }
}

static void x2apic(void (*code)(void), uint64_t mask)
{
    start(code);
    vmwrite(MSR_BITMAP, (uint64_t)bitmap);
    set_bits(PROC, PROC_MSR_BITMAPS | PROC_TPR_SHADOW);
    set_bits(PROC2, PROC2_X2APIC | (mask & REGISTERS ? PROC2_APIC_REGISTERS : 0) | (mask & DELIVERY ? PROC2_DELIVERY : 0));
    vmwrite(EXCEPTIONS, 1 << 13);
}

static bool exists(uint64_t r) /* for a read of the physical x2APIC */
{
    return r == 2 || r == 3 || r == 8 || r == 10 || r == 13 || r == 15 || (r >= 0x10 && r <= 0x28) || r == 0x2f
           || r == 0x30 || (r >= 0x32 && r <= 0x39) || r == 0x3e;
}

static void test_msrs(void)
{
    wrmsr(0x1b, rdmsr(0x1b) | 1 << 10);
    wrmsr(0x80f, 0x1ff);
    rule("reads of every x2APIC register: Virtualizing MSR-Based APIC Accesses");
    static const uint64_t masks[] = {0, REGISTERS, DELIVERY, REGISTERS | DELIVERY};
    for (uint64_t m = 0; m < 4; m++)
        for (uint64_t r = 0; r < 0x100; r++) {
            x2apic(read_msr, masks[m]);
            memset(virtual_page, 0, sizeof virtual_page);
            backing[r * 4] = r == 8 ? 0x31 : 0x31415926;
            backing[r * 4 + 1] = 0x27182818;
            guest_registers[1] = 0x800 + r;
            bool virtual = r == 8 || masks[m] & REGISTERS;
            uint64_t reason = run_guest();
            same(m << 8 | r, reason, virtual || exists(r) ? 12 : 0);
            if (virtual && !(r == 10 && masks[m] & DELIVERY)) {
                same(0x1000 | m << 8 | r, guest_registers[0], r == 8 ? 0x31 : 0x31415926);
                same(0x2000 | m << 8 | r, guest_registers[2], 0x27182818);
            }
        }
    rule("writes of x2APIC registers: Virtualizing MSR-Based APIC Accesses");
    for (uint64_t m = 0; m < 4; m++)
        for (uint64_t r = 0; r < 0x100; r++) {
            if (r == 15 || r == 0x30 || (r >= 0x32 && r <= 0x38) || r == 0x2f || r == 0x28 || r == 0x3e)
                continue;
            bool delivers = masks[m] & DELIVERY;
            bool virtual = r == 8 || (delivers && (r == 11 || r == 0x3f));
            bool physical = r == 11;
            x2apic(write_msr, masks[m]);
            memset(virtual_page, 0, sizeof virtual_page);
            guest_registers[1] = 0x800 + r;
            guest_registers[0] = r == 8 ? 0x45 : 0;
            guest_registers[2] = 0;
            if (r == 0x3f && !delivers)
                continue;
            same(m << 8 | r, run_guest(), r == 0x3f ? 56 : virtual || physical ? 12 : 0);
            if (r == 8)
                same(0x1000 | m, backing[0x80 / 4], 0x45);
            if (r == 0x3f)
                same(0x2000 | m, vmread(QUALIFICATION), 0x3f0);
        }
    rule("reserved bits of virtualized writes: Virtualizing MSR-Based APIC Accesses");
    static const uint64_t numbers[] = {8, 11, 0x3f};
    for (uint64_t i = 0; i < 3; i++)
        for (uint64_t bit = 0; bit < 64; bit++) {
            x2apic(write_msr, DELIVERY);
            guest_registers[1] = 0x800 + numbers[i];
            guest_registers[0] = (uint32_t)(1ull << bit);
            guest_registers[2] = 1ull << bit >> 32;
            bool valid = i == 1 ? false : bit < 8;
            uint64_t reason = run_guest();
            same(i << 8 | bit, reason, !valid ? 0 : i == 2 && bit < 4 ? 56 : 12);
        }
    rule("the MSR bitmap comes first: Virtualizing MSR-Based APIC Accesses");
    bitmap[0x808 / 8] = 1;
    bitmap[0x800 + 0x808 / 8] = 1;
    x2apic(read_msr, REGISTERS | DELIVERY);
    guest_registers[1] = 0x808;
    same(0, run_guest(), 31);
    x2apic(write_msr, REGISTERS | DELIVERY);
    guest_registers[1] = 0x808;
    same(1, run_guest(), 32);
    bitmap[0x808 / 8] = bitmap[0x800 + 0x808 / 8] = 0;
}

static void deliver(void (*code)(void), uint64_t status)
{
    start(code);
    controls(7);
    clear_bits(PROC2, PROC2_APIC_ACCESSES);
    memset(virtual_page, 0, sizeof virtual_page);
    vmwrite(GUEST_STATUS, status);
}

static void test_delivery(void)
{
    rule("RVI above PPR is recognised at VM entry, by class: Evaluation of Pending Virtual Interrupts");
    for (uint64_t rvi = 0x2f; rvi < 0x100; rvi += 0x23)
        for (uint64_t tpr = 0; tpr < 0x100; tpr += 0x0f) {
            deliver(wait, rvi);
            backing[(0x200 + (rvi >> 5) * 16) / 4] = 1u << (rvi & 31);
            backing[0x80 / 4] = (uint32_t)tpr;
            same(rvi << 8 | tpr, run_guest(), 12);
            same(0x10000 | rvi << 8 | tpr, count, rvi >> 4 > tpr >> 4 ? 1 : 0);
        }
    rule("it wakes HLT: Virtual-Interrupt Delivery");
    deliver(spin, 0xf1);
    backing[0x270 / 4] = 1 << 17;
    vmwrite(GUEST_RIP, (uint64_t)wait + 3);
    vmwrite(GUEST_RFLAGS, 0x202);
    vmwrite(ACTIVITY, 1);
    same(0, run_guest(), 12);
    same(1, taken, 0xf1);
    same(2, vmread(GUEST_STATUS), 0xf100);
    rule("interrupt-window exiting holds it back: Virtual-Interrupt Delivery");
    deliver(wait, 0xf1);
    set_bits(PROC, PROC_INTERRUPT_WINDOW);
    same(0, run_guest(), 7);
    same(1, count, 0);
    rule("STI blocks it for one instruction: Virtual-Interrupt Delivery");
    deliver(wait, 0xf1);
    set_bits(PROC, PROC_MTF);
    same(0, run_guest(), 37);
    same(1, count, 0);
    same(2, run_guest(), 37);
    same(3, *(uint8_t *)vmread(GUEST_RIP), 0x90);
    same(4, run_guest(), 37);
    extern uint8_t interrupt_stubs[];
    same(5, vmread(GUEST_RIP), (uint64_t)interrupt_stubs + 16 * 0xf1);
    rule("MOV to CR8 lets it through: TPR Virtualization");
    deliver(cr8_write, 0x51);
    backing[0x240 / 4] = 1 << 17;
    backing[0x80 / 4] = 0xf0;
    vmwrite(GUEST_RFLAGS, 0x202);
    guest_registers[3] = 4;
    same(0, run_guest(), 12);
    same(1, taken, 0x51);
    rule("the processor priority follows TPR and SVI: PPR Virtualization");
    for (uint64_t svi = 0; svi < 0x100; svi += 0x33)
        for (uint64_t tpr = 0; tpr < 0x100; tpr += 0x1d) {
            deliver(wait, svi << 8);
            backing[0x80 / 4] = (uint32_t)tpr;
            run_guest();
            same(svi << 8 | tpr, backing[0xa0 / 4], tpr >> 4 >= svi >> 4 ? tpr : svi & 0xf0);
        }
    rule("EOI goes down to the next in service, and exits by the bitmap: EOI Virtualization");
    for (uint64_t exits = 0; exits < 2; exits++) {
        start(store32);
        controls(7);
        memset(virtual_page, 0, sizeof virtual_page);
        vmwrite(GUEST_STATUS, 0x8500);
        backing[0x140 / 4] = 1 << 5;
        backing[0x120 / 4] = 1 << 2;
        vmwrite(EOI_BITMAP + 4, exits << 5);
        guest_registers[1] = (uint64_t)access_page + 0xb0;
        same(exits, run_guest(), exits ? 45 : 12);
        same(2 + exits, vmread(GUEST_STATUS), 0x4200);
        same(4 + exits, backing[0x140 / 4], 0);
        same(6 + exits, backing[0xa0 / 4], 0x40);
        if (exits)
            same(8, vmread(QUALIFICATION), 0x85);
    }
}

static void test_posted(void)
{
    rule("posted requests of every word, and ON: Posted-Interrupt Processing");
    for (uint64_t vector = 0x20; vector < 0x100; vector += 0x1b) {
        deliver(spin, 0);
        set_bits(PIN, PIN_POSTED);
        vmwrite(NOTIFICATION_VECTOR, 0xf2);
        vmwrite(POSTED_DESCRIPTOR, (uint64_t)descriptor);
        memset(descriptor, 0, sizeof descriptor);
        descriptor[vector >> 6] = 1ull << (vector & 63);
        descriptor[4] = 1;
        backing[0x80 / 4] = 0xff;
        set_bits(PIN, PIN_TIMER);
        vmwrite(PREEMPTION, 10000);
        wrmsr(0x83f, 0xf2);
        same(vector, run_guest(), 52);
        same(0x100 | vector, vmread(GUEST_STATUS), vector);
        same(0x200 | vector, backing[(0x200 + (vector >> 5) * 16) / 4], 1u << (vector & 31));
        same(0x300 | vector, descriptor[vector >> 6] | (descriptor[4] & 1), 0);
    }
    rule("RVI never falls: Posted-Interrupt Processing");
    deliver(spin, 0x99);
    set_bits(PIN, PIN_POSTED | PIN_TIMER);
    vmwrite(PREEMPTION, 10000);
    backing[0x80 / 4] = 0xff;
    descriptor[0] = 1ull << 0x31;
    descriptor[4] = 1;
    wrmsr(0x83f, 0xf2);
    same(0, run_guest(), 52);
    same(1, vmread(GUEST_STATUS), 0x99);
}

GUEST_CODE(far_load, "movabs $0x40000000000, %rcx; mov (%rcx), %eax");
GUEST_CODE(event, "nop");

/* Accesses of page walks and of event delivery, with the access page mapped by an EPT PTE. */
static void test_other_accesses(void)
{
    static uint64_t far_pdpt[512] __attribute__((aligned(4096)));
    static uint64_t far_directory[512] __attribute__((aligned(4096)));
    static uint64_t leaves[512] __attribute__((aligned(4096)));
    enum { VECTOR = 0x51, FAR_SLOT = 8 };
    const uint64_t far = 0x40000000000, injected = 0x80000000 | VECTOR;
    pml4[FAR_SLOT] = (uint64_t)far_pdpt | 3;
    far_pdpt[0] = (uint64_t)far_directory | 3;
    far_directory[0] = (uint64_t)access_page | 3;
    start(far_load);
    use_ept();
    ept_split(access_page, leaves);
    for (uint64_t m = 0; m < 2; m++) {
        rule(m ? "of page walks and event delivery, with everything virtualized: APIC-Access VM Exits"
               : "of page walks and event delivery: APIC-Access VM Exits");
        for (uint64_t n = 0; n < 3; n++) {
            start(n ? event : far_load);
            use_ept();
            ept_split(access_page, leaves);
            controls(m ? 7 : 0);
            if (n) {
                vmwrite(GUEST_RFLAGS, 0x202);
                vmwrite(INJECT, injected);
                vmwrite(GUEST_IDTR_LIMIT, 0xffff);
                vmwrite(GUEST_IDTR_BASE, n == 1 ? far : (uint64_t)access_page);
            }
            same(n, run_guest(), 44);
            /* Of a guest-physical access the offset is undefined. */
            static const uint64_t types[] = {15, 10, 3};
            same(0x10 | n, vmread(QUALIFICATION) >> 12, types[n]);
            if (n == 2)
                same(0x20, vmread(QUALIFICATION) & 0xfff, VECTOR * 16);
            same(0x30 | n, vmread(VECTORING), n ? injected : 0);
        }
    }
    pml4[FAR_SLOT] = 0;
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    prepare_vmx();
    test_reads();
    test_writes();
    test_msrs();
    test_delivery();
    test_posted();
    test_other_accesses();
    finish_rules();
}
