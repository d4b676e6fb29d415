/*
 * VMX operation in root-mode code: instructions and their errors, VM entries and exits, injection,
 * interruptibility, windows, timers, bitmaps, MSR lists (SDM volume 3, "VMX Instruction Reference",
 * "VM Entries", "VM Exits").
 */
#include "vmx.h"

static uint8_t bitmap[3][4096] __attribute__((aligned(4096)));
static uint8_t other[4096] __attribute__((aligned(4096)));

static void at_halt(void) { __asm__ volatile("hlt"); }
static void at_cpuid(void) { __asm__ volatile("mov $1, %%eax; cpuid; hlt" ::: "rax", "rbx", "rcx", "rdx"); }

static void test_instructions(void)
{
    expect("VMXON needs CR4.VMXE", (uint64_t)TRY("vmxon %0", "m"(other)), 6);
    write_cr4(read_cr4() | 1 << 13);
    expect("FEATURE_CONTROL resets to 0", rdmsr(0x3a), 0);
    expect("VMXON with FEATURE_CONTROL unlocked", (uint64_t)TRY("vmxon %0", "m"(other)), 13);
    write_cr4(read_cr4() & ~(1ull << 13));
    prepare_vmx();
    expect("FEATURE_CONTROL is locked", (uint64_t)TRY("mov $0x3a, %%ecx; xor %%eax, %%eax; xor %%edx, %%edx; wrmsr", "m"(other)), 13);
    expect("CR4.VMXE cannot be cleared", (uint64_t)TRY("mov %0, %%cr4", "r"(read_cr4() & ~(1ull << 13))), 13);
    expect("VMREAD without a VMCS", (uint64_t)vmread_outcome(GUEST_RIP), (uint64_t)-1);
    expect("VMXON in root without a VMCS", (uint64_t)vmxon((uint64_t)other), (uint64_t)-1);
    expect("VMCLEAR unaligned", (uint64_t)vmclear((uint64_t)vmcs + 8), (uint64_t)-1);
    expect("VMCLEAR", (uint64_t)vmclear((uint64_t)vmcs), 0);
    expect("VMPTRLD", (uint64_t)vmptrld((uint64_t)vmcs), 0);
    expect("VMXON in root operation", (uint64_t)vmxon((uint64_t)other), 15);
    expect("VMCLEAR unaligned", (uint64_t)vmclear((uint64_t)vmcs + 8), 2);
    expect("VMCLEAR beyond the width", (uint64_t)vmclear(1ull << 50), 2);
    expect("VMCLEAR of the VMXON region", (uint64_t)vmclear((uint64_t)vmxon_region), 3);
    expect("VMPTRLD unaligned", (uint64_t)vmptrld((uint64_t)vmcs + 8), 9);
    expect("VMPTRLD of the VMXON region", (uint64_t)vmptrld((uint64_t)vmxon_region), 10);
    expect("VMPTRLD of a wrong revision", (uint64_t)vmptrld((uint64_t)other), 11);
    expect("VMREAD of nothing", (uint64_t)vmread_outcome(0x3ffe), 12);
    expect("VMWRITE of nothing", (uint64_t)vmwrite(0x3ffe, 0), 12);
    expect("VMWRITE to read-only data", (uint64_t)vmwrite(REASON, 0), rdmsr(0x485) >> 29 & 1 ? 0 : 13);
    expect("INVEPT of type 0", (uint64_t)invept(0, 0, 0), 28);
    expect("INVVPID of VPID 0", (uint64_t)invvpid(1, 0, 0), 28);
    expect("INVVPID all", (uint64_t)invvpid(2, 0, 0), 0);
    vmwrite(GUEST_RSP, 0x123456789abcdef0);
    expect("VMWRITE and VMREAD", vmread(GUEST_RSP), 0x123456789abcdef0);
    vmwrite(GUEST_CS, 0xfffff);
    expect("a 16-bit field is truncated", vmread(GUEST_CS), 0xffff);
    vmwrite(EPTP + 1, 0x55);
    expect("the high half of a 64-bit field", vmread(EPTP), 0x55ull << 32);
    uint64_t pointer;
    __asm__ volatile("vmptrst %0" : "=m"(pointer));
    expect("VMPTRST", pointer, (uint64_t)vmcs);
}

static void test_entries(void)
{
    prepare_guest(at_halt);
    expect("VMLAUNCH", run_guest(), 12);
    expect("exit instruction length", vmread(LENGTH), 1);
    expect("RIP of the exit", vmread(GUEST_RIP), (uint64_t)at_halt + (vmread(GUEST_RIP) - (uint64_t)at_halt));
    skip_instruction();
    vmwrite(GUEST_RIP, (uint64_t)at_cpuid);
    expect("VMRESUME", run_guest(), 10);
    prepare_guest(at_halt);
    vmwrite(PIN, 0);
    expect("invalid control field", run_guest(), 0x10007);
    prepare_guest(at_halt);
    vmwrite(HOST_TR, 0);
    expect("invalid host state", run_guest(), 0x10008);
    prepare_guest(at_halt);
    vmwrite(GUEST_RFLAGS, 0);
    expect("invalid guest state", run_guest(), 0x80000021);
    expect("invalid guest state: qualification", vmread(QUALIFICATION), 0);
    prepare_guest(at_halt);
    vmwrite(LINK, (uint64_t)vmcs);
    run_guest();
    expect("link pointer: qualification", vmread(QUALIFICATION), 4);
    prepare_guest(at_halt);
    vmwrite(INJECT, 0x80000603);
    vmwrite(INJECT_LENGTH, 0);
    expect("injected software exception of length 0", run_guest(), 0x10007);
}

static void test_msr_lists(void)
{
    static uint64_t list[4] __attribute__((aligned(16)));
    prepare_guest(at_halt);
    list[0] = 0xc0000102;
    list[1] = 0x1234;
    vmwrite(ENTRY_LOAD, (uint64_t)list);
    vmwrite(ENTRY_LOAD_COUNT, 1);
    run_guest();
    expect("MSR loaded at entry", rdmsr(0xc0000102), 0x1234);
    list[1] = 1ull << 63;
    expect("MSR that cannot be loaded", run_guest(), 0x80000022);
    expect("MSR that cannot be loaded: number", vmread(QUALIFICATION), 1);
    list[0] = 0xc0000100;
    expect("FS base in an entry list", run_guest(), 0x80000022);
    vmwrite(ENTRY_LOAD_COUNT, 0);
    list[0] = 0xc0000102;
    list[1] = 0;
    vmwrite(EXIT_STORE, (uint64_t)list);
    vmwrite(EXIT_STORE_COUNT, 1);
    vmwrite(GUEST_RIP, (uint64_t)at_halt);
    run_guest();
    expect("MSR stored at exit", list[1], 0x1234);
    list[2] = 0xc0000102;
    list[3] = 0x77;
    vmwrite(EXIT_LOAD, (uint64_t)(list + 2));
    vmwrite(EXIT_LOAD_COUNT, 1);
    vmwrite(GUEST_RIP, (uint64_t)at_halt);
    run_guest();
    expect("MSR loaded at exit", rdmsr(0xc0000102), 0x77);
}

static void in_port(void) { __asm__ volatile("mov $0x5000, %%dx; inw %%dx, %%ax; hlt" ::: "rax", "rdx"); }
static void read_msr(void) { __asm__ volatile("mov $0xc0000082, %%ecx; rdmsr; hlt" ::: "rax", "rcx", "rdx"); }
static void write_cr3_twice(void) { __asm__ volatile("mov %%cr3, %%rax; mov %%rax, %%cr3; hlt" ::: "rax"); }
static void load_gdt(void) { __asm__ volatile("sgdt 16(%%rsp,%%rbx,4); hlt" ::: "memory"); }
static void vm_call(void) { __asm__ volatile("vmcall"); }
static void two_nops(void) { __asm__ volatile("nop; nop; hlt"); }
static void enable_interrupts(void) { __asm__ volatile("nop; sti; nop; hlt"); }
static void undefined(void) { __asm__ volatile("ud2; hlt"); }
static void spin(void) { for (;;) __asm__ volatile("pause"); }

static void test_bitmaps(void)
{
    prepare_guest(in_port);
    vmwrite(IO_A, (uint64_t)bitmap[0]);
    vmwrite(IO_B, (uint64_t)bitmap[1]);
    set_bits(PROC, 1 << 25);
    expect("port without a bit", run_guest(), 12);
    bitmap[0][0x5001 / 8] |= 1 << (0x5001 & 7);
    vmwrite(GUEST_RIP, (uint64_t)in_port);
    expect("port with a bit of its second byte", run_guest(), 30);
    expect("I/O qualification", vmread(QUALIFICATION), 0x50000009);
    prepare_guest(read_msr);
    vmwrite(MSR_BITMAP, (uint64_t)bitmap[2]);
    set_bits(PROC, 1 << 28);
    expect("MSR without a bit", run_guest(), 12);
    bitmap[2][0x400 + 0x82 / 8] |= 1 << (0x82 & 7);
    vmwrite(GUEST_RIP, (uint64_t)read_msr);
    expect("MSR with a bit", run_guest(), 31);
}

static void test_intercepts(void)
{
    prepare_guest(write_cr3_twice);
    set_bits(PROC, 1 << 15);
    expect("CR3-load exiting", run_guest(), 28);
    expect("CR3-load qualification", vmread(QUALIFICATION), 3);
    vmwrite(CR3_TARGETS, 1);
    vmwrite(CR3_TARGET, read_cr3());
    expect("CR3 target", run_guest(), 12);
    prepare_guest(load_gdt);
    set_bits(PROC2, 1 << 2);
    guest_registers[3] = 2;
    expect("SGDT", run_guest(), 46);
    expect("SGDT displacement", vmread(QUALIFICATION), 16);
    expect("SGDT identity, base, index, scale", vmread(INSTRUCTION) & 0x3bfc0383, 0x020c0102);
    prepare_guest(vm_call);
    expect("VMCALL", run_guest(), 18);
    expect("VMCALL length", vmread(LENGTH), 3);
    prepare_guest(undefined);
    vmwrite(EXCEPTIONS, 1 << 6);
    expect("exception bitmap", run_guest(), 0);
    expect("interruption information", vmread(INTERRUPTION), 0x80000306);
    prepare_guest(undefined);
    guest_registers[0] = 0;
    vmwrite(GUEST_IDTR_LIMIT, 0);
    expect("triple fault", run_guest(), 2);
}

static volatile uint64_t handled, handled_error;

static void count_in_guest(struct frame *f)
{
    handled = f->vector;
    handled_error = f->error;
}

static void test_injection(void)
{
    handler = count_in_guest;
    prepare_guest(two_nops);
    handled = 0;
    vmwrite(INJECT, 0x80000b0d);
    vmwrite(INJECT_ERROR, 0x1234);
    expect("injected #GP", run_guest(), 12);
    expect("injected #GP arrives", handled, 13);
    expect("injected #GP: error code", handled_error, 0x1234);
    expect("the valid bit is cleared", vmread(INJECT) >> 31, 0);
    prepare_guest(two_nops);
    vmwrite(GUEST_RFLAGS, 0x202);
    vmwrite(INJECT, 0x80000055);
    run_guest();
    expect("injected interrupt", handled, 0x55);
    prepare_guest(two_nops);
    vmwrite(INJECT, 0x80000480);
    vmwrite(INJECT_LENGTH, 2);
    run_guest();
    expect("injected INT n", handled, 0x80);
    prepare_guest(two_nops);
    vmwrite(INJECT, 0x80000306);
    vmwrite(GUEST_IDTR_LIMIT, 0x5f);
    vmwrite(EXCEPTIONS, 1 << 13);
    expect("fault during delivery", run_guest(), 0);
    expect("IDT-vectoring information", vmread(VECTORING), 0x80000306);
    expect("interruption information of it", vmread(INTERRUPTION), 0x80000b0d);
    expect("its error code", vmread(INTERRUPTION_ERROR), 6 * 8 + 3);
    handler = 0;
}

static void test_boundaries(void)
{
    prepare_guest(two_nops);
    uint64_t start = vmread(GUEST_RIP);
    set_bits(PROC, 1 << 27);
    expect("monitor trap flag", run_guest(), 37);
    uint64_t first = vmread(GUEST_RIP);
    expect("monitor trap flag moved", first > start, 1);
    expect("monitor trap flag again", run_guest(), 37);
    prepare_guest(two_nops);
    vmwrite(INJECT, 0x80000700);
    expect("injected monitor trap", run_guest(), 37);
    expect("before the first instruction", vmread(GUEST_RIP), start);
    prepare_guest(enable_interrupts);
    set_bits(PROC, 1 << 2);
    expect("interrupt window", run_guest(), 7);
    expect("interrupt window after the STI shadow", *(uint8_t *)vmread(GUEST_RIP), 0xf4);
    prepare_guest(spin);
    set_bits(PIN, 1 << 6);
    vmwrite(PREEMPTION, 10000);
    set_bits(EXIT, 1 << 22);
    expect("preemption timer", run_guest(), 52);
    expect("preemption timer at its end", vmread(PREEMPTION), 0);
    expect("preemption timer of 0", run_guest(), 52);
    prepare_guest(two_nops);
    set_bits(PIN, 1 << 3 | 1 << 5);
    set_bits(PROC, 1 << 22);
    expect("NMI window", run_guest(), 8);
    prepare_guest(two_nops);
    vmwrite(ACTIVITY, 1);
    set_bits(PIN, 1 << 6);
    vmwrite(PREEMPTION, 5000);
    expect("halted guest, timer", run_guest(), 52);
    expect("halted guest stays halted", vmread(ACTIVITY), 1);
    prepare_guest(two_nops);
    vmwrite(PENDING_DEBUG, 1 << 14);
    vmwrite(EXCEPTIONS, 1 << 1);
    expect("pending debug exception", run_guest(), 0);
    expect("pending debug exception: BS", vmread(QUALIFICATION), 1 << 14);
}

static void read_tsc(void) { __asm__ volatile("rdtsc; hlt" ::: "rax", "rdx"); }

static void test_tsc(void)
{
    prepare_guest(read_tsc);
    set_bits(PROC, 1 << 3);
    vmwrite(TSC_OFFSET, 1ull << 40);
    run_guest();
    expect("TSC offset", (guest_registers[2] & 0xffffffff) >> 8, 1);
    set_bits(PROC2, 1 << 25);
    vmwrite(TSC_OFFSET, 0);
    vmwrite(TSC_MULTIPLIER, 2ull << 48);
    vmwrite(GUEST_RIP, (uint64_t)read_tsc);
    uint64_t before = rdtsc();
    run_guest();
    uint64_t seen = guest_registers[0] | guest_registers[2] << 32;
    uint64_t after = rdtsc();
    expect("TSC scaling", seen >= 2 * before && seen <= 2 * after, 1);
}

static void send_nmi(void)
{
    __asm__ volatile("mov $0x830, %%ecx; mov $0x400, %%eax; xor %%edx, %%edx; wrmsr; nop; hlt"
                     ::: "rax", "rcx", "rdx");
}

static void test_external_interrupts(void)
{
    prepare_guest(spin);
    set_bits(PIN, 1);
    set_bits(EXIT, 1 << 15);
    wrmsr(0x1b, rdmsr(0x1b) | 1 << 10);
    wrmsr(0x80f, 0x1ff);
    wrmsr(0x83f, 0x61);
    expect("external interrupt", run_guest(), 1);
    expect("external interrupt acknowledged", vmread(INTERRUPTION), 0x80000061);
    wrmsr(0x80b, 0);
    prepare_guest(send_nmi);
    vmwrite(MSR_BITMAP, (uint64_t)bitmap[2]);
    set_bits(PROC, 1 << 28);
    set_bits(PIN, 1 << 3);
    expect("NMI", run_guest(), 0);
    expect("NMI: information", vmread(INTERRUPTION), 0x80000202);
}

/* A guest in real mode, which unrestricted guest allows. */
__asm__(".code16\nreal_mode: mov $0x1234, %ax\n push %ax\n pop %bx\n inc %bx\n hlt\nreal_mode_end: .code64\n");
extern uint8_t real_mode[], real_mode_end[];

static void test_unrestricted(void)
{
    memcpy((void *)0x8000, real_mode, (size_t)(real_mode_end - real_mode));
    prepare_guest(at_halt);
    use_ept();
    set_bits(PROC2, 1 << 7);
    clear_bits(ENTRY, 1 << 9);
    vmwrite(GUEST_CR0, 0x20);
    vmwrite(GUEST_CR4, 0x2000);
    vmwrite(GUEST_EFER, 0);
    for (int s = 0; s < 6; s++) {
        vmwrite(GUEST_ES + 2 * (uint64_t)s, s == 1 ? 0x800 : 0);
        vmwrite(GUEST_BASE + 2 * (uint64_t)s, s == 1 ? 0x8000 : 0);
        vmwrite(GUEST_LIMIT + 2 * (uint64_t)s, 0xffff);
        vmwrite(GUEST_RIGHTS + 2 * (uint64_t)s, s == 1 ? 0x9b : 0x93);
    }
    vmwrite(GUEST_RIP, 0);
    vmwrite(GUEST_RSP, 0x7ffe);
    guest_registers[3] = 0;
    expect("real mode", run_guest(), 12);
    expect("real mode: BX", guest_registers[3] & 0xffff, 0x1235);
    expect("real mode: RIP", vmread(GUEST_RIP), 6);
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    test_instructions();
    test_entries();
    test_msr_lists();
    test_bitmaps();
    test_intercepts();
    test_injection();
    test_boundaries();
    test_tsc();
    test_external_interrupts();
    test_unrestricted();
    expect("VMXOFF", (uint64_t)vmxoff(), 0);
    finish();
}
