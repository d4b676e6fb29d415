/*
 * Two processors in VMX operation: INIT and start-up IPIs (SDM volume 3, "Activity State", "Other
 * Causes of VM Exits", "Restrictions on VMX Operation"), NMIs and posted interrupts from the other
 * processor.
 */
#include "rules.h"

static volatile uint32_t *const lapic = (uint32_t *)0xfee00000;
static volatile uint64_t step, seen[8], passed;
static uint8_t second_region[4096] __attribute__((aligned(4096)));
static uint8_t second_stack[16384] __attribute__((aligned(16)));
void *second_stack_top = second_stack + sizeof second_stack;

/*
 * Copied to page 8. From real mode with the tables of the first processor, which are at 0x9000: GDTR,
 * IDTR, CR3, where to go on.
 */
__asm__(".code16\n.globl up, up_end\nup: cli; xor %ax, %ax; mov %ax, %ds; mov $0x6a0, %eax; mov %eax, %cr4\n"
        "mov 0x9020, %eax; mov %eax, %cr3; mov $0xc0000080, %ecx; mov $0xd01, %eax; xor %edx, %edx\n"
        "and $0x901, %ax; wrmsr; mov $0x80010021, %eax; mov %eax, %cr0; lgdtl 0x9000\n"
        "ljmpl *0x9030\nup_end: .code64\n"
        ".globl up64\nup64: mov $0x10, %eax; mov %eax, %ds; mov %eax, %es; mov %eax, %ss; mov second_stack_top, %rsp\n"
        "lidt 0x9010; call *0x9028; 1: cli; hlt; jmp 1b\n");
extern uint8_t up[], up_end[], up64[];

static void start_second(void (*function)(void))
{
    struct { uint16_t limit; uint64_t base; } __attribute__((packed)) g, i;
    __asm__ volatile("sgdt %0; sidt %1" : "=m"(g), "=m"(i));
    memcpy((void *)0x8000, up, (size_t)(up_end - up));
    memcpy((void *)0x9000, &g, sizeof g);
    memcpy((void *)0x9010, &i, sizeof i);
    *(uint64_t *)0x9020 = read_cr3();
    *(uint64_t *)0x9028 = (uint64_t)function;
    *(uint32_t *)0x9030 = (uint32_t)(uint64_t)up64;
    *(uint16_t *)0x9034 = 8;
    step = 0;
    lapic[0x300 / 4] = 0xc4500;
    for (int n = 0; n < 5000; n++)
        __asm__ volatile("pause");
    lapic[0x300 / 4] = 0xc4608;
}

static void wait_for(uint64_t value)
{
    for (int n = 0; n < 1000000 && step < value; n++)
        __asm__ volatile("pause");
}

static void a_while(void)
{
    for (int n = 0; n < 20000; n++)
        __asm__ volatile("pause");
}

static void to_second(uint32_t icr)
{
    lapic[0x310 / 4] = 1 << 24;
    lapic[0x300 / 4] = icr;
}

static void spin(void) { for (;;) __asm__ volatile("pause"); }

/* Guests run on the second processor alone, with the VMCS of vmx.c. */
static void second_on(void)
{
    *(uint32_t *)second_region = *(uint32_t *)vmcs = (uint32_t)rdmsr(0x480);
    if (!(rdmsr(0x3a) & 1))
        wrmsr(0x3a, 5);
    write_cr4(read_cr4() | 1 << 13);
    vmxon((uint64_t)second_region);
}

static void init_signals(void)
{
    second_on();
    step = 1;
    while (step < 2)
        __asm__ volatile("pause");
    passed = 1;
    prepare_guest(spin);
    seen[0] = run_guest();
    seen[1] = vmread(GUEST_RIP);
    step = 3;
    while (step < 4)
        __asm__ volatile("pause");
    vmxoff();
    step = 5;
    while (step < 6)
        __asm__ volatile("pause");
    vmxon((uint64_t)second_region);
    step = 7;
    while (step < 8)
        __asm__ volatile("pause");
    vmxoff();
    passed = 2;
    for (;;)
        __asm__ volatile("pause");
}

static void test_init(void)
{
    rule("INIT is blocked in root operation and exits in non-root operation: Other Causes of VM Exits");
    start_second(init_signals);
    wait_for(1);
    same(0, step, 1);
    to_second(0xc500);
    a_while();
    same(1, passed, 0);
    step = 2;
    wait_for(3);
    same(2, seen[0], 3);
    step = 4;
    wait_for(5);
    rule("an INIT that exited is gone: VMXOFF");
    same(0, step, 5);
    step = 6;
    wait_for(7);
    to_second(0xc500);
    a_while();
    step = 8;
    a_while();
    rule("an INIT that was blocked is taken at VMXOFF: VMXOFF");
    same(0, passed, 1);
}

static void start_up_signals(void)
{
    second_on();
    prepare_guest(spin);
    vmwrite(ACTIVITY, 3);
    set_bits(PIN, PIN_NMI | PIN_VIRTUAL_NMI | PIN_TIMER);
    set_bits(PROC, PROC_NMI_WINDOW);
    vmwrite(PREEMPTION, 0);
    vmwrite(PENDING_DEBUG, 1 << 14);
    vmwrite(EXCEPTIONS, 2);
    step = 1;
    seen[0] = run_guest();
    seen[1] = vmread(QUALIFICATION);
    seen[2] = vmread(ACTIVITY);
    vmwrite(ACTIVITY, 0);
    clear_bits(PROC, PROC_NMI_WINDOW);
    vmwrite(PENDING_DEBUG, 0);
    vmwrite(PREEMPTION, 2000000);
    step = 2;
    seen[3] = run_guest();
    vmwrite(ACTIVITY, 3);
    step = 4;
    seen[4] = run_guest();
    seen[5] = vmread(QUALIFICATION);
    vmxoff();
    step = 6;
    for (;;)
        __asm__ volatile("pause");
}

static void test_start_up(void)
{
    rule("nothing but a start-up IPI leaves wait-for-SIPI: Activity State");
    start_second(start_up_signals);
    wait_for(1);
    a_while();
    same(0, step, 1);
    to_second(0x400);
    a_while();
    same(1, step, 1);
    to_second(0x4655);
    wait_for(2);
    same(2, seen[0], 4);
    same(3, seen[1], 0x55);
    same(4, seen[2], 3);
    rule("a start-up IPI that nobody waits for is lost: Activity State");
    to_second(0x4666);
    wait_for(4);
    same(0, seen[3], 52);
    a_while();
    same(1, step, 4);
    to_second(0x4677);
    wait_for(6);
    same(2, seen[4], 4);
    same(3, seen[5], 0x77);
}

static volatile uint64_t nmis;

static void on_nmi(struct frame *f)
{
    if (f->vector == 2)
        nmis++;
}

static void nmi_signals(void)
{
    second_on();
    prepare_guest(spin);
    set_bits(PIN, PIN_NMI | PIN_VIRTUAL_NMI);
    step = 1;
    seen[0] = run_guest();
    seen[1] = vmread(INTERRUPTION);
    seen[2] = vmread(INTERRUPTIBILITY);
    vmwrite(ACTIVITY, 1);
    vmwrite(INTERRUPTIBILITY, 8);
    step = 2;
    seen[3] = run_guest();
    seen[4] = vmread(ACTIVITY);
    vmxoff();
    step = 3;
    for (;;)
        __asm__ volatile("pause");
}

static void test_nmi(void)
{
    rule("an NMI of the other processor exits, halted and under virtual-NMI blocking too: NMI-Exiting");
    handler = on_nmi;
    start_second(nmi_signals);
    wait_for(1);
    a_while();
    to_second(0x400);
    wait_for(2);
    same(0, seen[0], 0);
    same(1, seen[1], 0x80000202);
    same(2, seen[2], 0);
    a_while();
    to_second(0x400);
    wait_for(3);
    same(3, seen[3], 0);
    same(4, seen[4], 1);
    same(5, nmis, 0);
    handler = 0;
}

static void at_halt(void) { __asm__ volatile("hlt"); }

static void abort_signals(void)
{
    static uint64_t list[2] __attribute__((aligned(16))) = {0x12345678, 0};
    second_on();
    prepare_guest(at_halt);
    vmwrite(EXIT_LOAD, (uint64_t)list);
    vmwrite(EXIT_LOAD_COUNT, 1);
    *(volatile uint32_t *)(vmcs + 4) = 0;
    step = 1;
    run_guest();
    step = 2;
    for (;;)
        __asm__ volatile("pause");
}

static void came_back(void) { step = 100; }

/* The last test: the processor does not come back. */
static void test_abort(void)
{
    rule("an MSR that an exit cannot load is a VMX abort, which the region tells: VMX Aborts");
    start_second(abort_signals);
    wait_for(2);
    same(0, step, 1);
    same(1, *(volatile uint32_t *)(vmcs + 4), 4);
    rule("nothing but RESET ends the shutdown of a VMX abort: VMX Aborts");
    static const uint32_t signals[] = {0xc500, 0xc608, 0xc400, 0xc040}; /* INIT, SIPI, NMI, an interrupt */
    for (uint64_t i = 0; i < 4; i++) {
        *(uint64_t *)0x9028 = (uint64_t)came_back;
        to_second(signals[i]);
        a_while();
        same(i, step, 1);
    }
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    lapic[0xf0 / 4] = 0x1ff;
    test_init();
    test_start_up();
    test_nmi();
    test_abort();
    finish_rules();
}
