/*
 * Events around VM entries and exits: what is pending, what is injected, which comes first (SDM
 * volume 3, "Event Injection", "Delivery of Pending Debug Exceptions after VM Entry", "Interrupt-
 * Window Exiting and Virtual-Interrupt Delivery", "NMI-Window Exiting", "VMX-Preemption Timer",
 * "Monitor Trap Flag", "Priority Among Simultaneous Exceptions and Interrupts").
 */
#include "rules.h"

static uint8_t bitmap[4096] __attribute__((aligned(4096)));
static volatile uint64_t taken[8], taken_rip[8];
static volatile uint64_t count;

static void note(struct frame *f)
{
    if (count < 8) {
        taken[count] = f->vector;
        taken_rip[count] = f->rip;
    }
    count++;
}

void mark(void);
__asm__(".globl mark\nmark: nop; sti; sti; nop; hlt; hlt\n");

static void stub(uint64_t number, uint64_t vector)
{
    extern uint8_t interrupt_stubs[];
    same(number, vmread(GUEST_RIP), (uint64_t)interrupt_stubs + 16 * vector);
}

static uint64_t base(void) { return (uint64_t)mark; }

static void start(void (*function)(void))
{
    prepare_guest(function);
    handler = note;
    count = 0;
}

static void test_windows(void)
{
    rule("NMI window: Other Causes of VM Exits");
    for (uint64_t halted = 0; halted < 2; halted++) {
        start(mark);
        set_bits(PIN, PIN_NMI | PIN_VIRTUAL_NMI);
        set_bits(PROC, PROC_NMI_WINDOW);
        vmwrite(ACTIVITY, halted);
        same(halted, run_guest(), 8);
        same(2 + halted, vmread(GUEST_RIP), base());
        same(4 + halted, vmread(ACTIVITY), halted);
        vmwrite(INJECT, 0x80000301);
        same(6 + halted, run_guest(), 8);
        stub(8 + halted, 1);
        same(10 + halted, vmread(ACTIVITY), 0);
    }
    start(mark);
    set_bits(PIN, PIN_NMI | PIN_VIRTUAL_NMI);
    set_bits(PROC, PROC_NMI_WINDOW);
    vmwrite(INTERRUPTIBILITY, 2);
    same(20, run_guest(), 8);
    same(21, vmread(GUEST_RIP), base() + 1);
    same(22, vmread(INTERRUPTIBILITY), 0);
    start(mark);
    set_bits(PIN, PIN_NMI | PIN_VIRTUAL_NMI);
    set_bits(PROC, PROC_NMI_WINDOW);
    vmwrite(INTERRUPTIBILITY, 8);
    vmwrite(INJECT, 0x80000301);
    same(23, run_guest(), 8);
    same(24, vmread(GUEST_RIP), base());
    same(25, count, 1);
    rule("interrupt window: Other Causes of VM Exits");
    for (uint64_t halted = 0; halted < 2; halted++) {
        start(mark);
        set_bits(PROC, PROC_INTERRUPT_WINDOW);
        vmwrite(GUEST_RFLAGS, 0x202);
        vmwrite(ACTIVITY, halted);
        same(halted, run_guest(), 7);
        same(2 + halted, vmread(GUEST_RIP), base());
    }
    for (uint64_t shadow = 1; shadow < 3; shadow++) {
        vmwrite(ACTIVITY, 0);
        vmwrite(GUEST_RIP, base());
        vmwrite(INTERRUPTIBILITY, shadow);
        same(4 + shadow, run_guest(), 7);
        same(8 + shadow, vmread(GUEST_RIP), base() + 1);
    }
    rule("only the STI that sets IF blocks: STI");
    start(mark);
    set_bits(PROC, PROC_INTERRUPT_WINDOW);
    same(0, run_guest(), 7);
    same(1, vmread(GUEST_RIP), base() + 3);
}

static void test_timer(void)
{
    rule("VMX-preemption timer of 0: VM Exits Induced by the VMX-Preemption Timer");
    for (uint64_t intercepted = 0; intercepted < 2; intercepted++) {
        start(mark);
        set_bits(PIN, PIN_TIMER);
        vmwrite(PREEMPTION, 0);
        vmwrite(EXCEPTIONS, intercepted ? 2 : 0);
        vmwrite(INJECT, 0x80000301);
        same(intercepted, run_guest(), 52);
        stub(2 + intercepted, 1);
        start(mark);
        set_bits(PIN, PIN_TIMER);
        vmwrite(PREEMPTION, 0);
        vmwrite(EXCEPTIONS, intercepted ? 2 : 0);
        vmwrite(PENDING_DEBUG, 1 << 12 | 2);
        same(4 + intercepted, run_guest(), intercepted ? 0 : 52);
        if (intercepted)
            same(6, vmread(QUALIFICATION), 2);
        else
            stub(7, 1);
    }
    start(mark);
    set_bits(PIN, PIN_TIMER | PIN_NMI | PIN_VIRTUAL_NMI);
    set_bits(PROC, PROC_NMI_WINDOW | PROC_INTERRUPT_WINDOW);
    vmwrite(GUEST_RFLAGS, 0x202);
    vmwrite(PREEMPTION, 0);
    same(8, run_guest(), 52);
    vmwrite(PREEMPTION, 1000000);
    same(9, run_guest(), 8);
    clear_bits(PROC, PROC_NMI_WINDOW);
    same(10, run_guest(), 7);
    rule("the timer is stored if asked, else kept: Saving Non-Register State");
    start(mark);
    set_bits(PIN, PIN_TIMER);
    vmwrite(PREEMPTION, 1000000);
    same(0, run_guest(), 12);
    same(1, vmread(PREEMPTION), 1000000);
    set_bits(EXIT, EXIT_SAVE_TIMER);
    vmwrite(GUEST_RIP, base());
    same(2, run_guest(), 12);
    same(3, vmread(PREEMPTION) < 1000000 && vmread(PREEMPTION) > 990000, 1);
}

static void test_pending_debug(void)
{
    static const struct { uint64_t pending; bool valid; } cases[] = {
        {1 << 14, true}, {1 << 12 | 1, true}, {1 << 14 | 1 << 12 | 5, true}, {1, false}, {0xf, false},
    };
    rule("which pending debug exceptions are valid: Delivery of Pending Debug Exceptions after VM Entry");
    for (uint64_t i = 0; i < 5; i++) {
        start(mark);
        vmwrite(EXCEPTIONS, 2);
        vmwrite(PENDING_DEBUG, cases[i].pending);
        same(i, run_guest(), cases[i].valid ? 0 : 12);
        if (cases[i].valid) {
            same(0x10 | i, vmread(QUALIFICATION), cases[i].pending & ~0x1000ull);
            same(0x20 | i, vmread(GUEST_RIP), base());
        }
        same(0x30 | i, vmread(PENDING_DEBUG), 0);
    }
    rule("which injected events drop them: Delivery of Pending Debug Exceptions after VM Entry");
    static const uint64_t events[] = {0x80000055, 0x80000202, 0x80000306, 0x80000501, 0x80000480, 0x80000603};
    for (uint64_t i = 0; i < 6; i++)
        for (uint64_t shadow = 0; shadow < 2; shadow++) {
            bool software = i >= 4;
            if (shadow && !software)
                continue;
            start(mark);
            vmwrite(GUEST_RFLAGS, shadow ? 0x302 : 0x202);
            vmwrite(INTERRUPTIBILITY, shadow * 2);
            vmwrite(PENDING_DEBUG, 1 << 14);
            vmwrite(EXCEPTIONS, 2);
            vmwrite(INJECT, events[i]);
            vmwrite(INJECT_LENGTH, 1);
            same(i << 4 | shadow, run_guest(), shadow ? 0 : 12);
            if (shadow)
                same(0x100 | i, vmread(QUALIFICATION), 1 << 14);
        }
    rule("a single step under blocking by MOV SS adds to them: Delivery of Pending Debug Exceptions after VM Entry");
    start(mark);
    uint64_t dr6 = 0xffff4ffa;
    __asm__ volatile("mov %0, %%dr6" : : "r"(dr6));
    vmwrite(GUEST_RFLAGS, 0x102);
    vmwrite(INTERRUPTIBILITY, 2);
    vmwrite(PENDING_DEBUG, 1 << 14 | 1 << 12 | 1);
    vmwrite(EXCEPTIONS, 2);
    same(0, run_guest(), 0);
    same(1, vmread(GUEST_RIP), base() + 1);
    same(2, vmread(QUALIFICATION), 1 << 14 | 1);
    same(3, vmread(PENDING_DEBUG), 0);
    __asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
    rule("a debug exception that exits leaves DR6: Exceptions and Non-Maskable Interrupts");
    same(0, dr6, 0xffff4ffa);
    dr6 = 0xffff0ff0;
    __asm__ volatile("mov %0, %%dr6" : : "r"(dr6));
}

void stepped(void);
__asm__(".globl stepped\nstepped: out %al, $0x80; .byte 0xf1; nop; ud2; nop; hlt\n");

static void skip_undefined(struct frame *f)
{
    note(f);
    if (f->vector == 6)
        f->rip += 2;
}

static void test_monitor_trap(void)
{
    uint64_t at = (uint64_t)stepped;
    rule("monitor trap flag: Monitor Trap Flag");
    start(stepped);
    handler = skip_undefined;
    set_bits(PROC, PROC_MTF);
    vmwrite(GUEST_RFLAGS, 0x102);
    same(0, run_guest(), 37);
    same(1, vmread(GUEST_RIP), at + 2);
    same(2, vmread(PENDING_DEBUG), 1 << 14);
    vmwrite(PENDING_DEBUG, 0);
    vmwrite(GUEST_RFLAGS, 2);
    same(3, run_guest(), 37);
    stub(4, 1);
    clear_bits(PROC, PROC_MTF);
    vmwrite(GUEST_RIP, at + 4);
    vmwrite(GUEST_RSP, vmread(GUEST_RSP) + 40);
    set_bits(PROC, PROC_MTF);
    same(5, run_guest(), 37);
    stub(6, 6);
    rule("a fault is trapped at the handler: Monitor Trap Flag");
    same(0, vmread(VECTORING) >> 31, 0);
    same(1, vmread(INTERRUPTION) >> 31, 0);
    rule("injected and pending events come before the trap: Monitor Trap Flag");
    start(stepped);
    set_bits(PROC, PROC_MTF);
    vmwrite(INJECT, 0x80000306);
    same(0, run_guest(), 37);
    stub(1, 6);
    start(stepped);
    vmwrite(INJECT, 0x80000700);
    vmwrite(PENDING_DEBUG, 1 << 14);
    same(2, run_guest(), 37);
    same(3, vmread(GUEST_RIP), at);
    same(4, vmread(PENDING_DEBUG), 1 << 14);
    rule("the flag does not count what exits: Monitor Trap Flag");
    start(stepped);
    set_bits(PROC, PROC_MTF);
    vmwrite(GUEST_RIP, at + 4);
    vmwrite(EXCEPTIONS, 1 << 6);
    same(0, run_guest(), 0);
}

void push_flags(void);
__asm__(".globl push_flags\npush_flags: int3; hlt\n int_n: int $0x80; hlt\n");

static void test_injection(void)
{
    rule("the pushed RIP: Details of Vectored-Event Injection");
    static const uint64_t events[] = {0x80000055, 0x80000202, 0x80000306, 0x80000501, 0x80000480, 0x80000603};
    for (uint64_t i = 0; i < 6; i++) {
        start(mark);
        vmwrite(GUEST_RFLAGS, 0x202);
        vmwrite(INJECT, events[i]);
        vmwrite(INJECT_LENGTH, 3);
        vmwrite(GUEST_RIP, base() - 3 * (i >= 3));
        same(i, run_guest(), 12);
        same(0x10 | i, taken[0], events[i] & 0xff);
        same(0x20 | i, taken_rip[0], base());
        same(0x30 | i, vmread(INJECT) >> 31, 0);
    }
    rule("the gate's DPL counts for software events alone: Details of Vectored-Event Injection");
    static const uint64_t user_events[] = {0x80000055, 0x80000501, 0x80000481, 0x80000480};
    for (uint64_t i = 0; i < 4; i++) {
        start(mark);
        vmwrite(GUEST_RFLAGS, 0x202);
        vmwrite(GUEST_CS, 0x33);
        vmwrite(GUEST_SS, 0x2b);
        vmwrite(GUEST_RIGHTS + 2, 0xa0fb);
        vmwrite(GUEST_RIGHTS + 4, 0xc0f3);
        vmwrite(EXCEPTIONS, 1 << 13 | 1 << 14);
        vmwrite(INJECT, user_events[i]);
        vmwrite(INJECT_LENGTH, 2);
        set_bits(PROC, PROC_MTF);
        uint64_t reason = run_guest();
        same(i, reason, i == 2 ? 0 : 37);
        if (reason == 0) {
            same(0x10, vmread(INTERRUPTION), 0x80000b0d);
            same(0x11, vmread(INTERRUPTION_ERROR), 0x81 * 8 + 2);
            same(0x12, vmread(VECTORING), user_events[i]);
            same(0x13, vmread(LENGTH), 2);
        }
    }
    rule("an injected #DB leaves DR6, an injected #PF CR2: Details of Vectored-Event Injection");
    uint64_t dr6, cr2 = read_cr2();
    start(mark);
    vmwrite(INJECT, 0x80000301);
    run_guest();
    __asm__ volatile("mov %%dr6, %0" : "=r"(dr6));
    same(0, dr6, 0xffff0ff0);
    start(mark);
    vmwrite(INJECT, 0x80000b0e);
    vmwrite(INJECT_ERROR, 2);
    run_guest();
    same(1, taken[0], 14);
    same(2, read_cr2(), cr2);
    rule("an injected NMI blocks NMIs: Details of Vectored-Event Injection");
    start(mark);
    set_bits(PROC, PROC_MTF);
    vmwrite(INJECT, 0x80000202);
    run_guest();
    same(0, vmread(INTERRUPTIBILITY), 8);
    rule("software exceptions exit with their type and length: Exceptions and Non-Maskable Interrupts");
    start(push_flags);
    vmwrite(EXCEPTIONS, 0xffffffff);
    same(0, run_guest(), 0);
    same(1, vmread(INTERRUPTION), 0x80000603);
    same(2, vmread(LENGTH), 1);
    vmwrite(GUEST_RIP, (uint64_t)push_flags + 2);
    same(3, run_guest(), 12);
    same(4, taken[0], 0x80);
}

static void test_double_faults(void)
{
    rule("faults of delivery: Exceptions and Non-Maskable Interrupts");
    static const struct { uint64_t event, error; uint32_t bitmap; uint64_t reason, information, vectoring; } cases[] = {
        {0x80000b0d, 0, 1 << 8, 0, 0x80000b08, 0},          /* #GP then #GP: a double fault */
        {0x80000306, 0, 1 << 13, 0, 0x80000b0d, 0x80000306}, /* #UD then #GP */
        {0x80000b08, 0, 0, 2, 0, 0},                        /* #DF then #GP: a triple fault */
        {0x80000055, 0, 1 << 13, 0, 0x80000b0d, 0x80000055},
        {0x80000b0e, 0, 1 << 8, 0, 0x80000b08, 0},
    };
    for (uint64_t i = 0; i < 5; i++) {
        start(mark);
        vmwrite(GUEST_RFLAGS, 0x202);
        vmwrite(GUEST_IDTR_LIMIT, 0x5);
        vmwrite(EXCEPTIONS, cases[i].bitmap);
        vmwrite(INJECT, cases[i].event);
        vmwrite(INJECT_ERROR, 0);
        same(i, run_guest(), cases[i].reason);
        same(0x10 | i, vmread(INTERRUPTION), cases[i].information);
        same(0x20 | i, vmread(VECTORING), cases[i].vectoring);
    }
}

static void spin(void) { for (;;) __asm__ volatile("pause"); }

static void test_interrupts(void)
{
    wrmsr(0x1b, rdmsr(0x1b) | 1 << 10);
    wrmsr(0x80f, 0x1ff);
    rule("an interrupt that is pending at entry exits first: Other Causes of VM Exits");
    for (uint64_t halted = 0; halted < 2; halted++) {
        start(mark);
        set_bits(PIN, PIN_INTERRUPT);
        vmwrite(ACTIVITY, halted);
        wrmsr(0x83f, 0x61);
        same(halted, run_guest(), 1);
        same(2 + halted, vmread(GUEST_RIP), base());
        same(4 + halted, vmread(ACTIVITY), halted);
        same(6 + halted, vmread(INTERRUPTION) >> 31, 0);
        count = 0;
        __asm__ volatile("sti; nop; cli");
        same(8 + halted, taken[0], 0x61);
        wrmsr(0x80b, 0);
    }
    rule("the interrupt flag of the guest does not hold it: Other Causes of VM Exits");
    start(spin);
    set_bits(PIN, PIN_INTERRUPT);
    set_bits(EXIT, EXIT_ACKNOWLEDGE);
    wrmsr(0x83f, 0x62);
    same(0, run_guest(), 1);
    same(1, vmread(INTERRUPTION), 0x80000062);
    wrmsr(0x80b, 0);
    rule("without the control the guest takes it: External Interrupts");
    start(mark);
    vmwrite(MSR_BITMAP, (uint64_t)bitmap);
    set_bits(PROC, PROC_MSR_BITMAPS);
    vmwrite(GUEST_RFLAGS, 0x202);
    wrmsr(0x83f, 0x63);
    same(0, run_guest(), 12);
    same(1, taken[0], 0x63);
    wrmsr(0x80b, 0);
    rule("NMIs after an exit: Updating Non-Register State");
    start(mark);
    set_bits(PIN, PIN_NMI | PIN_VIRTUAL_NMI);
    vmwrite(INTERRUPTIBILITY, 8);
    same(1, run_guest(), 12);
    count = 0;
    wrmsr(0x830, 0x400 | 1 << 18);
    __asm__ volatile("nop");
    same(2, count, 1);
    same(3, taken[0], 2);
}

static void test_nmi_exit(void)
{
    rule("an NMI that exits blocks NMIs until IRET: Updating Non-Register State");
    start(mark);
    set_bits(PIN, PIN_NMI);
    vmwrite(MSR_BITMAP, (uint64_t)bitmap);
    set_bits(PROC, PROC_MSR_BITMAPS);
    static uint8_t code[] = {0xb9, 0x30, 8, 0, 0, 0xb8, 0, 4, 4, 0, 0x31, 0xd2, 0x0f, 0x30, 0x90, 0xf4};
    vmwrite(GUEST_RIP, (uint64_t)code);
    same(0, run_guest(), 0);
    same(1, vmread(INTERRUPTION), 0x80000202);
    count = 0;
    wrmsr(0x830, 0x400 | 1 << 18);
    __asm__ volatile("nop");
    same(2, count, 0);
    __asm__ volatile("int $0x80; nop");
    same(3, count, 2);
    same(4, taken[1], 2);
}

void branches(void);
__asm__(".globl branches\nbranches: nop; jmp 1f; nop; 1: nop; hlt\n");

/* The single step on branches of a guest is its own: IA32_DEBUGCTL comes with VM entry and goes with the exit. */
static void test_branch_steps(void)
{
    rule("IA32_DEBUGCTL.BTF of a guest: Single-Stepping on Branches");
    for (uint64_t btf = 0; btf < 2; btf++) {
        start(branches);
        vmwrite(EXCEPTIONS, 1 << 1);
        vmwrite(GUEST_RFLAGS, 0x102);
        vmwrite(GUEST_DEBUGCTL, btf << 1);
        same(btf, run_guest(), 0);
        same(2 | btf, vmread(QUALIFICATION), 1 << 14);
        same(4 | btf, vmread(GUEST_RIP) - (uint64_t)branches, btf ? 4 : 1);
        same(6 | btf, rdmsr(0x1d9), 0);
    }
    rule("IA32_DEBUGCTL without the control to load it: Loading Guest Control Registers, Debug Registers, and MSRs");
    start(branches);
    clear_bits(ENTRY, ENTRY_DEBUG);
    vmwrite(EXCEPTIONS, 1 << 1);
    vmwrite(GUEST_RFLAGS, 0x102);
    vmwrite(GUEST_DEBUGCTL, 0);
    wrmsr(0x1d9, 2);
    same(0, run_guest(), 0);
    same(1, vmread(GUEST_RIP) - (uint64_t)branches, 4);
    rule("a guest's IA32_DEBUGCTL is saved: Saving Control Registers, Debug Registers, and MSRs");
    start(branches);
    vmwrite(GUEST_DEBUGCTL, 2);
    same(0, run_guest(), 12);
    same(1, vmread(GUEST_DEBUGCTL), 2);
    same(2, rdmsr(0x1d9), 0);
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    prepare_vmx();
    test_windows();
    test_timer();
    test_pending_debug();
    test_monitor_trap();
    test_injection();
    test_double_faults();
    test_interrupts();
    test_nmi_exit();
    test_branch_steps();
    finish_rules();
}
