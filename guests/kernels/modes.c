/*
 * Modes, protection and debugging of the processor, each case by its own observation. Nothing here
 * needs VMX, so that other emulators and silicon can run it too.
 */
#include "kernel64.h"

extern uint8_t *volatile resume_at;

static uint64_t table[512] __attribute__((aligned(4096)));
static uint8_t page[4096] __attribute__((aligned(4096)));
static uint8_t code_page[4096] __attribute__((aligned(4096)));
static uint64_t *const window = (uint64_t *)0xffff800000000000ull;
static uint64_t upper_pdpt[512] __attribute__((aligned(4096)));
static uint64_t upper_directory[512] __attribute__((aligned(4096)));

/* Maps one page at a linear address of its own with the given flags. */
static void map(void *at, uint64_t flags)
{
    pml4[256] = (uint64_t)upper_pdpt | 7;
    upper_pdpt[0] = (uint64_t)upper_directory | 7;
    upper_directory[0] = (uint64_t)table | 7;
    table[0] = (uint64_t)at | flags;
    invlpg(window);
}

static int load_from(volatile void *p)
{
    return TRY("mov (%0), %%al", "r"(p));
}

static int store_to(volatile void *p)
{
    return TRY("movb $1, (%0)", "r"(p));
}

static void test_paging(void)
{
    map(page, 3);
    expect("read of a mapped page", (uint64_t)load_from(window), (uint64_t)-1);
    expect("accessed flag", table[0] & 0x60, 0x20);
    expect("write of a mapped page", (uint64_t)store_to(window), (uint64_t)-1);
    expect("dirty flag", table[0] & 0x60, 0x60);
    map(page, 0);
    expect("not present", (uint64_t)load_from(window), 14);
    expect("not present: error code", last_error, 0);
    expect("not present: CR2", read_cr2(), (uint64_t)window);
    map(page, 1);
    expect("read-only with CR0.WP", (uint64_t)store_to(window), 14);
    expect("read-only: error code", last_error, 3);
    write_cr0(read_cr0() & ~0x10000ull);
    expect("read-only without CR0.WP", (uint64_t)store_to(window), (uint64_t)-1);
    write_cr0(read_cr0() | 0x10000);
    map(page, 3 | 1ull << 51);
    expect("reserved bit", (uint64_t)load_from(window), 14);
    expect("reserved bit: error code", last_error, 9);
    map(page, 3);
    expect("non-canonical", (uint64_t)load_from((void *)0x0000800000000000ull), 13);
}

static void test_execute_disable(void)
{
    code_page[0] = 0xc3;
    map(code_page, 3);
    TRY("call *%0", "r"(window));
    expect("call to a page", (uint64_t)last_vector, (uint64_t)-1);
    map(code_page, 3 | 1ull << 63);
    expect("NX reserved without EFER.NXE", (uint64_t)load_from(window), 14);
    wrmsr(0xc0000080, rdmsr(0xc0000080) | 1 << 11);
    expect("NX data read", (uint64_t)load_from(window), (uint64_t)-1);
    uint64_t sp;
    __asm__ volatile("mov %%rsp, %0" : "=r"(sp));
    /* The call pushes before its target faults. */
    TRY("push %0; ret", "r"(window));
    expect("NX fetch", (uint64_t)last_vector, 14);
    expect("NX fetch: error code", last_error, 0x11);
    map(page, 3);
}

static bool has7(int reg, int bit)
{
    uint32_t r[4];
    cpuid(7, 0, r);
    return r[reg] >> bit & 1;
}

static void test_supervisor_protection(void)
{
    pml4[256] |= 4;
    if (has7(1, 7)) {
        map(code_page, 7);
        write_cr4(read_cr4() | 1 << 20);
        TRY("call *%0", "r"(window));
        expect("SMEP fetch", (uint64_t)last_vector, 14);
        expect("SMEP: error code", last_error, 0x11);
        write_cr4(read_cr4() & ~(1ull << 20));
        TRY("call *%0", "r"(window));
        expect("without SMEP", (uint64_t)last_vector, (uint64_t)-1);
    }
    if (has7(1, 20)) {
        map(page, 7);
        write_cr4(read_cr4() | 1 << 21);
        expect("SMAP read", (uint64_t)load_from(window), 14);
        expect("SMAP: error code", last_error, 1);
        __asm__ volatile("stac");
        expect("SMAP with AC", (uint64_t)load_from(window), (uint64_t)-1);
        __asm__ volatile("clac");
        write_cr4(read_cr4() & ~(1ull << 21));
    }
    if (has7(2, 3)) {
        map(page, 7 | 5ull << 59);
        write_cr4(read_cr4() | 1 << 22);
        __asm__ volatile("wrpkru" : : "a"(1 << 10), "c"(0), "d"(0));
        expect("protection key denies access", (uint64_t)load_from(window), 14);
        expect("protection key: error code", last_error, 0x21);
        __asm__ volatile("wrpkru" : : "a"(2 << 10), "c"(0), "d"(0));
        expect("protection key allows reads", (uint64_t)load_from(window), (uint64_t)-1);
        expect("protection key denies writes", (uint64_t)store_to(window), 14);
        write_cr4(read_cr4() & ~(1ull << 22));
    }
}

static uint8_t area[4096] __attribute__((aligned(64)));

static int write_xcr0(uint64_t value)
{
    return TRY("mov %0, %%rax; mov %0, %%rdx; shr $32, %%rdx; xor %%ecx, %%ecx; xsetbv", "r"(value));
}

static int xsave(uint64_t mask)
{
    return TRY("mov %0, %%rax; mov %0, %%rdx; shr $32, %%rdx; xsave64 (%1)", "r"(mask), "r"(area));
}

static int xrstor(uint64_t mask)
{
    return TRY("mov %0, %%rax; mov %0, %%rdx; shr $32, %%rdx; xrstor64 (%1)", "r"(mask), "r"(area));
}

static uint32_t read_pkru(void)
{
    uint32_t v;
    __asm__ volatile("rdpkru" : "=a"(v) : "c"(0) : "edx");
    return v;
}

static void write_pkru(uint32_t v) { __asm__ volatile("wrpkru" : : "a"(v), "c"(0), "d"(0)); }

/* SDM volume 1, "Managing State Using the XSAVE Feature Set", of PKRU, component 9 ("PKRU State"). */
static void test_pkru_state(void)
{
    uint32_t all[4], component[4], sizes[4];
    cpuid(1, 0, all);
    if (!(all[2] >> 26 & 1))
        return;
    bool keys = has7(2, 3);
    cpuid(0xd, 0, all);
    cpuid(0xd, 9, component);
    expect("XCR0 has PKRU if and only if there are protection keys", all[0] >> 9 & 1, keys);
    expect("component 9: size", component[0], keys ? 8 : 0);
    write_cr4(read_cr4() | 1 << 18);
    if (!keys) {
        expect("XCR0 without protection keys", (uint64_t)write_xcr0(0x203), 13);
        write_cr4(read_cr4() & ~(1ull << 18));
        return;
    }
    uint64_t *header = (uint64_t *)(area + 512), *pkru = (uint64_t *)(area + component[1]);
    expect("component 9: place", component[1] >= 576 && all[2] >= component[1] + 8, true);
    expect("XCR0 without x87", (uint64_t)write_xcr0(0x200), 13);
    write_xcr0(3);
    cpuid(0xd, 0, sizes);
    expect("size of an area without PKRU", sizes[1], 576);
    expect("XCR0 with PKRU", (uint64_t)write_xcr0(0x203), (uint64_t)-1);
    cpuid(0xd, 0, sizes);
    expect("size of an area with it", sizes[1], component[1] + 8);
    write_cr4(read_cr4() | 1 << 22);
    write_pkru(0x12345670);
    memset(area, 0xee, sizeof area);
    memset(header, 0, 64);
    expect("XSAVE of PKRU", (uint64_t)xsave(0x200), (uint64_t)-1);
    expect("XSTATE_BV", header[0], 0x200);
    expect("PKRU, zero-extended", *pkru, 0x12345670);
    expect("nothing else", area[0] == 0xee && area[component[1] - 1] == 0xee && area[component[1] + 8] == 0xee, true);
    *pkru = 0xffffffff00000004;
    expect("XRSTOR of another component", (uint64_t)xrstor(1), (uint64_t)-1);
    expect("leaves PKRU alone", read_pkru(), 0x12345670);
    expect("XRSTOR of PKRU", (uint64_t)xrstor(0x200), (uint64_t)-1);
    expect("loads 32 bits", read_pkru(), 4);
    map(page, 7 | 1ull << 59);
    pml4[256] |= 4;
    expect("rights that XRSTOR loads are in force", (uint64_t)load_from(window), 14);
    header[0] = 0;
    expect("XRSTOR of PKRU that the area lacks", (uint64_t)xrstor(0x200), (uint64_t)-1);
    expect("initialises PKRU", read_pkru(), 0);
    expect("and rights, at once", (uint64_t)load_from(window), (uint64_t)-1);
    header[0] = 0x200;
    *pkru = 4;
    xrstor(0x200);
    expect("rights taken away, at once", (uint64_t)load_from(window), 14);
    header[0] = 0x400;
    expect("a component that XCR0 lacks", (uint64_t)xrstor(0x200), 13);
    header[0] = 0x200;
    write_xcr0(3);
    expect("XRSTOR while XCR0 lacks PKRU", (uint64_t)xrstor(0x203), 13);
    write_pkru(0);
    write_cr4(read_cr4() & ~(1ull << 22 | 1 << 18));
    map(page, 3);
}

/* Runs a function at CPL 3; INT 80H comes back. */
static uint64_t user_result;

static void return_from_user(struct frame *f)
{
    f->rflags &= ~(1ull << 19);
    if (f->vector == 0x80) {
        f->cs = 8;
        f->ss = 0x10;
        user_result = f->rax;
        f->rip = (uint64_t)resume_at;
        f->rsp = f->r12;
        return;
    }
    user_result = 0x100 + f->vector;
    f->cs = 8;
    f->ss = 0x10;
    f->rip = (uint64_t)resume_at;
    f->rsp = f->r12;
}

static uint64_t in_user_mode(void *function, uint64_t code, uint64_t argument)
{
    handler = return_from_user;
    uint64_t stack = (uint64_t)stack_top - 32768;
    __asm__ volatile("push %%rbx; push %%rbp; mov %%rsp, %%r12; lea 1f(%%rip), %%rax;"
                     "mov %%rax, resume_at(%%rip);"
                     "pushq $0x2b; push %%rdx; pushq $2; push %%rsi; push %%rcx; iretq;"
                     "1: pop %%rbp; pop %%rbx"
                     : "+c"(function), "+S"(code), "+d"(stack), "+D"(argument)
                     :
                     : "rax", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
    handler = 0;
    resume_at = 0;
    return user_result;
}

__asm__(".globl user_sti\nuser_sti: sti; mov $5, %eax; int $0x80\n");
extern uint8_t user_sti[];

__asm__(".globl user_plain, user_cli, user_sgdt, user_compat, user_out\n"
        "user_plain: mov $7, %eax; int $0x80\n"
        "user_cli: cli; int $0x80\n"
        "user_sgdt: sub $16, %rsp; sgdt (%rsp); mov $9, %eax; int $0x80\n"
        "user_out: mov $1, %al; out %al, $0xe0; mov $11, %eax; int $0x80\n"
        ".code32\n"
        "user_compat: mov $0x12345678, %eax; inc %eax; push %eax; pop %ebx; mov %ebx, %eax; int $0x80\n"
        ".code64\n");
extern uint8_t user_plain[], user_cli[], user_sgdt[], user_compat[], user_out[];

static void test_rings(void)
{
    for (int i = 0; i < 4; i++)
        pdpt[i] |= 4;
    pml4[0] |= 4;
    for (int i = 0; i < 2048; i++)
        page_directory[i] |= 4;
    write_cr3(read_cr3());
    expect("ring 3", in_user_mode(user_plain, 0x33, 0), 7);
    expect("CLI in ring 3", in_user_mode(user_cli, 0x33, 0), 0x10d);
    uint32_t r[4];
    cpuid(1, 0, r);
    if (r[3] & 2) {
        write_cr4(read_cr4() | 2);
        expect("CR4.PVI: STI in ring 3", in_user_mode(user_sti, 0x33, 0), 5);
        expect("CR4.PVI: STI sets VIF, and not IF", last_rflags & 0x80200, 0x80000);
        write_cr4(read_cr4() & ~2ull);
    }
    expect("STI in ring 3", in_user_mode(user_sti, 0x33, 0), 0x10d);
    expect("OUT in ring 3", in_user_mode(user_out, 0x33, 0), 0x10d);
    expect("SGDT in ring 3", in_user_mode(user_sgdt, 0x33, 0), 9);
    if (has7(2, 2)) {
        write_cr4(read_cr4() | 1 << 11);
        expect("SGDT in ring 3 under UMIP", in_user_mode(user_sgdt, 0x33, 0), 0x10d);
        write_cr4(read_cr4() & ~(1ull << 11));
    }
    expect("compatibility mode", in_user_mode(user_compat, 0x23, 0), 0x12345679);
}

static void test_syscall(void)
{
    extern uint8_t syscall_target[];
    __asm__ volatile("jmp 1f; .globl syscall_target; syscall_target: mov $21, %eax; int $0x80; 1:");
    wrmsr(0xc0000081, 8ull << 32 | 0x23ull << 48);
    wrmsr(0xc0000082, (uint64_t)syscall_target);
    wrmsr(0xc0000084, 0x200);
    __asm__ volatile("jmp 1f; .globl user_syscall; user_syscall: syscall; 1:");
    extern uint8_t user_syscall[];
    expect("SYSCALL", in_user_mode(user_syscall, 0x33, 0), 21);
    expect("SYSCALL without EFER.SCE",
           ({
               wrmsr(0xc0000080, rdmsr(0xc0000080) & ~1ull);
               uint64_t v = in_user_mode(user_syscall, 0x33, 0);
               wrmsr(0xc0000080, rdmsr(0xc0000080) | 1);
               v;
           }),
           0x106);
}

/*
 * SDM volume 2, "SYSENTER" and "SYSEXIT", in IA-32e mode: the target is always 64-bit code, and REX.W says what
 * SYSEXIT returns to.
 */
__asm__(".globl fast_target, user_sysenter, user_sysexit, compat_sysenter, fast_user, fast_compat\n"
        "fast_target: mov %cs, fast_cs; mov %ss, fast_ss; mov %rsp, fast_rsp; pushfq; popq fast_flags\n"
        "mov $31, %eax; int $0x80\n"
        "user_sysenter: sysenter\n"
        "user_sysexit: sysexitq\n"
        /* Long mode's registers are whole where SYSEXIT goes with REX.W. */
        "fast_user: mov %cs, fast_cs; mov %ss, fast_ss; mov %rsp, fast_rsp; movabs $0x123456789a, %rax; int $0x80\n"
        ".code32\n"
        "compat_sysenter: sysenter\n"
        /* 48 is a prefix in 64-bit mode and DEC EAX here. */
        "fast_compat: mov %cs, fast_cs; mov %ss, fast_ss; mov %esp, fast_rsp; mov $7, %eax; .byte 0x48; int $0x80\n"
        ".code64\n");
extern uint8_t fast_target[], user_sysenter[], user_sysexit[], compat_sysenter[], fast_user[], fast_compat[];
volatile uint64_t fast_cs, fast_ss, fast_rsp, fast_flags;

/* SYSEXIT to ring 3, which comes back by INT 80H; gives RAX there, or the vector above 256. */
static uint64_t sysexit(bool wide, uint64_t rip, uint64_t rsp)
{
    handler = return_from_user;
    fast_cs = fast_ss = fast_rsp = 0;
    __asm__ volatile("mov %0, %%ds" :: "r"(0x2b));
    if (wide)
        __asm__ volatile("push %%rbx; push %%rbp; mov %%rsp, %%r12; lea 1f(%%rip), %%rax; mov %%rax, resume_at(%%rip);"
                         "sysexitq; 1: pop %%rbp; pop %%rbx" : "+d"(rip), "+c"(rsp)
                         :: "rax", "rdi", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
    else
        __asm__ volatile("push %%rbx; push %%rbp; mov %%rsp, %%r12; lea 1f(%%rip), %%rax; mov %%rax, resume_at(%%rip);"
                         "sysexitl; 1: pop %%rbp; pop %%rbx" : "+d"(rip), "+c"(rsp)
                         :: "rax", "rdi", "rsi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
    handler = 0;
    resume_at = 0;
    return user_result;
}

static int write_msr(uint32_t number, uint64_t value)
{
    return TRY("mov %0, %%ecx; mov %1, %%rax; mov %1, %%rdx; shr $32, %%rdx; wrmsr", "r"(number), "r"(value));
}

static void test_sysenter(void)
{
    enum { CS = 0x174, ESP = 0x175, EIP = 0x176 };
    uint64_t stack = (uint64_t)stack_top - 49152;
    expect("SYSENTER: IA32_SYSENTER_ESP must be canonical", (uint64_t)write_msr(ESP, 1ull << 47), 13);
    expect("SYSENTER: IA32_SYSENTER_EIP must be canonical", (uint64_t)write_msr(EIP, 1ull << 63), 13);
    wrmsr(ESP, stack);
    wrmsr(EIP, (uint64_t)fast_target);
    wrmsr(CS, 3);
    expect("SYSENTER: IA32_SYSENTER_CS null", in_user_mode(user_sysenter, 0x33, 0), 0x10d);
    expect("SYSENTER: error code", last_error, 0);
    expect("SYSEXIT: IA32_SYSENTER_CS null", sysexit(true, (uint64_t)fast_user, stack), 0x10d);
    wrmsr(CS, 8 | 3);
    expect("SYSENTER: from 64-bit mode", in_user_mode(user_sysenter, 0x33, 0), 31);
    expect("SYSENTER: CS", fast_cs & 0xffff, 8);
    expect("SYSENTER: SS", fast_ss & 0xffff, 0x10);
    expect("SYSENTER: RSP", fast_rsp, stack);
    expect("SYSENTER: RF and IF", fast_flags & 0x10200, 0);
    expect("SYSENTER: from compatibility mode", in_user_mode(compat_sysenter, 0x23, 0), 31);
    expect("SYSENTER: RSP, of compatibility mode", fast_rsp, stack);
    expect("SYSEXIT: ring 3 may not", in_user_mode(user_sysexit, 0x33, 0), 0x10d);
    expect("SYSEXIT with REX.W: 64-bit code", sysexit(true, (uint64_t)fast_user, stack), 0x123456789aull);
    expect("SYSEXIT with REX.W: CS", fast_cs & 0xffff, (8 + 32) | 3);
    expect("SYSEXIT with REX.W: SS", fast_ss & 0xffff, (8 + 40) | 3);
    expect("SYSEXIT with REX.W: RSP", fast_rsp, stack);
    expect("SYSEXIT with REX.W: RIP not canonical", sysexit(true, 1ull << 47, stack), 0x10d);
    expect("SYSEXIT with REX.W: RSP not canonical", sysexit(true, (uint64_t)fast_user, 1ull << 47), 0x10d);
    uint64_t high = 1ull << 47;
    expect("SYSEXIT: compatibility mode", sysexit(false, (uint64_t)fast_compat | high, stack | high), 6);
    expect("SYSEXIT: CS", fast_cs & 0xffff, (8 + 16) | 3);
    expect("SYSEXIT: SS", fast_ss & 0xffff, (8 + 24) | 3);
    expect("SYSEXIT: ESP", fast_rsp, stack);
}

static volatile uint64_t steps, step_rip, dr6;

static void count_steps(struct frame *f)
{
    steps++;
    step_rip = f->rip;
    uint64_t v;
    __asm__ volatile("mov %%dr6, %0" : "=r"(v));
    dr6 = v;
    __asm__ volatile("mov %0, %%dr6" : : "r"(0xffff0ff0ull));
    if (f->vector == 1 && (v & 0xf) && !(v & 0x4000))
        f->rflags |= 0x10000;
}

static void test_debugging(void)
{
    handler = count_steps;
    steps = 0;
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; nop; nop; pushfq; andq $~0x100, (%%rsp); popfq"
                     : : : "memory", "cc");
    expect("single steps", steps, 5);
    expect("DR6.BS", dr6 & 0x400f, 0x4000);
    steps = 0;
    extern uint8_t breakpoint_here[];
    __asm__ volatile("mov %0, %%dr0" : : "r"((uint64_t)breakpoint_here));
    __asm__ volatile("mov %0, %%dr7" : : "r"(0x402ull));
    __asm__ volatile(".globl breakpoint_here; breakpoint_here: nop");
    expect("instruction breakpoint, once with RF", steps, 1);
    expect("instruction breakpoint is a fault", step_rip, (uint64_t)breakpoint_here);
    expect("DR6.B0", dr6 & 0xf, 1);
    steps = 0;
    static volatile uint32_t watched;
    __asm__ volatile("mov %0, %%dr1" : : "r"((uint64_t)&watched));
    __asm__ volatile("mov %0, %%dr7" : : "r"(0x400ull | 8 | 0xd00000));
    watched = 5;
    expect("data breakpoint on a write", steps, 1);
    expect("DR6.B1", dr6 & 0xf, 2);
    uint32_t v = watched;
    (void)v;
    expect("no data breakpoint on a read", steps, 1);
    __asm__ volatile("mov %0, %%dr7" : : "r"(0x400ull | 8 | 0xf00000));
    v = watched;
    expect("data breakpoint on a read", steps, 2);
    __asm__ volatile("mov %0, %%dr7" : : "r"(0x2400ull));
    steps = 0;
    __asm__ volatile("mov %%dr3, %%rax" : : : "rax");
    expect("general detect", steps, 1);
    expect("DR6.BD", dr6 & 0x2000, 0x2000);
    __asm__ volatile("mov %0, %%dr7" : : "r"(0x400ull));
    steps = 0;
    __asm__ volatile("int3");
    expect("INT3", (uint64_t)last_vector, 3);
    __asm__ volatile("pushfq; orq $0x100, (%%rsp); popfq; int3; pushfq; andq $~0x100, (%%rsp); popfq"
                     : : : "memory", "cc");
    expect("single step does not survive INT3", steps, 1 + 1 + 3);
    handler = 0;
}

static void test_faults(void)
{
    expect("#UD", (uint64_t)TRY("ud2"), 6);
    expect("CLFLUSHOPT, which CPUID lacks", (uint64_t)TRY(".byte 0x66, 0x0f, 0xae, 0x3b", "b"(page)), 6);
    expect("CLWB, which CPUID lacks", (uint64_t)TRY(".byte 0x66, 0x0f, 0xae, 0x33", "b"(page)), 6);
    expect("66 before MFENCE", (uint64_t)TRY(".byte 0x66, 0x0f, 0xae, 0xf0"), 6);
    expect("66 before SFENCE", (uint64_t)TRY(".byte 0x66, 0x0f, 0xae, 0xf8"), 6);
    expect("LEA of a register", (uint64_t)TRY(".byte 0x8d, 0xc0"), 6);
    expect("RDPRU", (uint64_t)TRY(".byte 0x0f, 0x01, 0xfd"), 6);
    expect("MOVBE of a register", (uint64_t)TRY(".byte 0x0f, 0x38, 0xf0, 0xc0"), 6);
    expect("#DE", (uint64_t)TRY("xor %%ecx, %%ecx; div %%ecx", "m"(page)), 0);
    expect("LTR of a busy TSS", (uint64_t)TRY("mov $0x40, %%ax; ltr %%ax", "m"(page)), 13);
    expect("LTR: error code", last_error, 0x40);
    expect("load of a selector beyond the GDT", (uint64_t)TRY("mov $0x1000, %%ax; mov %%ax, %%ds", "m"(page)), 13);
    expect("RDMSR of nothing", (uint64_t)TRY("mov $0x12345, %%ecx; rdmsr", "m"(page)), 13);
    expect("CR4 reserved bit", (uint64_t)TRY("mov %0, %%cr4", "r"(read_cr4() | 1ull << 31)), 13);
    expect("CR0.PG off in 64-bit mode", (uint64_t)TRY("mov %0, %%cr0", "r"(read_cr0() & 0x7fffffff)), 13);
    expect("EFER.LME while paging",
           (uint64_t)TRY("mov $0xc0000080, %%ecx; xor %%eax, %%eax; xor %%edx, %%edx; wrmsr", "m"(page)), 13);
    expect("PAT type 2", (uint64_t)TRY("mov $0x277, %%ecx; mov $2, %%eax; xor %%edx, %%edx; wrmsr", "m"(page)), 13);
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    test_paging();
    test_execute_disable();
    test_supervisor_protection();
    test_pkru_state();
    test_rings();
    test_syscall();
    test_sysenter();
    test_debugging();
    test_faults();
    finish();
}
