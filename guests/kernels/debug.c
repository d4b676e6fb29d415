/*
 * Debug exceptions where several meet: what MOV SS and STI hold back, what INT1, INT n, INT3, faults
 * and HLT make of it, SYSCALL and SYSRET with RFLAGS.TF, and what DR6 tells. Nothing here needs VMX.
 */
#include "kernel64.h"

enum { LOG = 12, ACTIVE_LOW = 0xffff0ff0, BS = 0x4000, BD = 0x2000, TIMER = 0x40 };

static volatile uint32_t *const lapic = (uint32_t *)0xfee00000;

/* The exceptions and interrupts so far. */
static volatile struct { uint64_t vector, rip, dr6; } entries[LOG];
static volatile uint64_t count;

static uint64_t read_dr6(void) { uint64_t v; __asm__ volatile("mov %%dr6, %0" : "=r"(v)); return v; }
static void write_dr6(uint64_t v) { __asm__ volatile("mov %0, %%dr6" : : "r"(v)); }
static void write_dr7(uint64_t v) { __asm__ volatile("mov %0, %%dr7" : : "r"(v)); }

static void note(struct frame *f)
{
    if (count < LOG) {
        entries[count].vector = f->vector;
        entries[count].rip = f->rip;
        entries[count].dr6 = read_dr6();
    }
    count++;
    if (f->vector == TIMER)
        lapic[0xb0 / 4] = 0;
}

static void begin(void)
{
    count = 0;
    write_dr6(0);
}

/* Entry number i: a debug exception at an address, with DR6 as given. */
static void debug_at(const char *name, int i, const void *rip, uint64_t dr6)
{
    bool as_wanted = (uint64_t)i < count && entries[i].vector == 1 && entries[i].rip == (uint64_t)rip
                     && entries[i].dr6 == (ACTIVE_LOW | dr6);
    if (!as_wanted) {
        print("  vector ");
        print_hex(entries[i].vector);
        print(" at ");
        print_hex(entries[i].rip);
        print(" wanted ");
        print_hex((uint64_t)rip);
        print(" DR6 ");
        print_hex(entries[i].dr6);
        print("\n");
    }
    expect(name, as_wanted, true);
}

/* Single-steps from behind the POPFQ of BEGIN to behind that of END; RAX holds the flags between. */
#define STEP_BEGIN "pushfq; pop %%rax; or $0x100, %%rax; mov %%ss, %%ecx; push %%rax; popfq;"
#define STEP_END(l) #l "_1: and $~0x100, %%rax;" #l "_2: push %%rax;" #l "_3: popfq;" #l "_4:"
#define LABELS(l) \
    extern uint8_t l##_1[], l##_2[], l##_3[], l##_4[]; \
    (void)l##_1

/* The steps of END, from entry i on. */
#define ENDED(name, l, i) \
    debug_at(name ": the step behind", i, l##_2, BS); \
    debug_at(name ": a further step", (i) + 1, l##_3, BS); \
    debug_at(name ": POPF that ends it", (i) + 2, l##_4, BS); \
    expect(name ": no more than that", count, (i) + 3)

static void test_shadows(void)
{
    LABELS(plain);
    begin();
    __asm__ volatile(STEP_BEGIN STEP_END(plain) : : : "rax", "rcx", "memory", "cc");
    ENDED("POPF", plain, 0);

    LABELS(stack);
    begin();
    __asm__ volatile(STEP_BEGIN "mov %%ecx, %%ss;" STEP_END(stack) : : : "rax", "rcx", "memory", "cc");
    ENDED("MOV SS holds a step back", stack, 0);

    LABELS(open);
    begin();
    __asm__ volatile("cli;" STEP_BEGIN "sti;" STEP_END(open) "cli" : : : "rax", "rcx", "memory", "cc");
    debug_at("STI holds no step back", 0, open_1, BS);
    ENDED("STI", open, 1);
}

static void test_lost_steps(void)
{
    LABELS(one);
    begin();
    __asm__ volatile(STEP_BEGIN "mov %%ecx, %%ss; .byte 0xf1;" STEP_END(one) : : : "rax", "rcx", "memory", "cc");
    debug_at("INT1 loses the step of MOV SS", 0, one_1, 0);
    ENDED("INT1", one, 1);

    LABELS(fault);
    extern uint8_t fault_0[];
    begin();
    write_dr7(0x2400);
    __asm__ volatile("xor %%edx, %%edx;" STEP_BEGIN "mov %%ecx, %%ss; fault_0: mov %%rdx, %%dr6;" STEP_END(fault)
                     : : : "rax", "rcx", "rdx", "memory", "cc");
    debug_at("general detect loses the step of MOV SS", 0, fault_0, BD);
    debug_at("the instruction again", 1, fault_1, BS);
    ENDED("general detect", fault, 2);

    LABELS(soft);
    begin();
    __asm__ volatile(STEP_BEGIN "mov %%ecx, %%ss; int $0x81;" STEP_END(soft) : : : "rax", "rcx", "memory", "cc");
    expect("INT n behind MOV SS comes first", entries[0].vector, 0x81);
    ENDED("INT n loses the step of MOV SS", soft, 1);
}

static void test_halt(void)
{
    LABELS(halt);
    extern uint8_t halt_0[];
    lapic[0xf0 / 4] = 0x1ff;
    lapic[0x3e0 / 4] = 0xb;
    lapic[0x320 / 4] = TIMER;
    begin();
    __asm__ volatile("cli" : : : "cc");
    lapic[0x380 / 4] = 1000000;
    __asm__ volatile(STEP_BEGIN "sti; halt_0: hlt;" STEP_END(halt) "cli" : : : "rax", "rcx", "memory", "cc");
    lapic[0x380 / 4] = 0;
    debug_at("a step behind STI", 0, halt_0, BS);
    debug_at("a step ends HLT", 1, halt_1, BS);
    ENDED("HLT", halt, 2);
}

static volatile uint32_t watched = 0x10;

static void test_held_breakpoints(void)
{
    extern uint8_t interrupt_stubs[], held_b[];
    __asm__ volatile("mov %0, %%dr0" : : "r"((uint64_t)&watched));
    write_dr7(0xf0402);
    begin();
    __asm__ volatile("mov %0, %%ss; .byte 0x2e, 0xf1; held_b:" : : "m"(watched) : "memory");
    expect("INT1 takes a breakpoint of MOV SS along", count, 1);
    expect("INT1: where", entries[0].rip, (uint64_t)held_b);
    begin();
    __asm__ volatile("mov %0, %%ss; int $0x81" : : "m"(watched) : "memory");
    expect("INT n leaves it to its handler", count, 2);
    debug_at("INT n: before the first instruction of the handler", 0, interrupt_stubs + 16 * 0x81, 1);
    expect("INT n: the handler goes on", entries[1].vector, 0x81);
    begin();
    __asm__ volatile("mov %0, %%ss; int3" : : "m"(watched) : "memory");
    debug_at("INT3 leaves it to its handler", 0, interrupt_stubs + 16 * 3, 1);
    expect("INT3: the handler goes on", entries[1].vector, 3);
    begin();
    extern uint8_t held_c[];
    __asm__ volatile("mov %0, %%ss; nop; held_c:" : : "m"(watched) : "memory");
    debug_at("held back by one instruction", 0, held_c, 1);
    expect("held back: once", count, 1);
    write_dr7(0x400);
}

static void test_status(void)
{
    extern uint8_t status_a[], status_b[];
    __asm__ volatile("mov %0, %%dr1" : : "r"((uint64_t)&watched));
    write_dr7(0xd00408);
    begin();
    write_dr6(BS | 4);
    __asm__ volatile("movl $0x10, %0; status_a:" : "=m"(watched));
    debug_at("DR6: breakpoints are those of now, BS stays", 0, status_a, BS | 2);
    begin();
    __asm__ volatile("movl $0x10, %0; status_b:" : "=m"(watched));
    debug_at("DR6: BS is not set without a step", 0, status_b, 2);
    write_dr7(0x400);
    write_cr4(read_cr4() & ~8ull);
    uint64_t alias;
    write_dr6(BS | 2);
    __asm__ volatile(".byte 0x0f, 0x21, 0xe0" : "=a"(alias)); /* mov dr4, rax */
    expect("DR4 is DR6", alias, ACTIVE_LOW | BS | 2);
    write_cr4(read_cr4() | 8);
    handler = 0;
    expect("DR4 under CR4.DE", (uint64_t)TRY(".byte 0x0f, 0x21, 0xe0", "m"(watched)), 6);
    handler = note;
    write_cr4(read_cr4() & ~8ull);
}

/* SYSCALL at CPL 0, with TF set before it, and a target that jumps back. */
static void test_syscall(void)
{
    extern uint8_t call_target[];
    __asm__ volatile("jmp 1f; .globl call_target; call_target: pushfq; pop %%rdx; jmp *%%rcx; 1:" : : : "memory");
    wrmsr(0xc0000080, rdmsr(0xc0000080) | 1);
    wrmsr(0xc0000081, 8ull << 32 | 0x1bull << 48);
    wrmsr(0xc0000082, (uint64_t)call_target);
    for (int masked = 1; masked >= 0; masked--) {
        wrmsr(0xc0000084, masked ? 0x100 : 0);
        begin();
        __asm__ volatile(STEP_BEGIN "syscall; pushfq; andq $~0x100, (%%rsp); popfq"
                         : : : "rax", "rcx", "rdx", "r11", "memory", "cc");
        if (masked)
            expect("SYSCALL that clears TF is not stepped", count, 0);
        else
            debug_at("SYSCALL that keeps TF is", 0, call_target, BS);
    }
}

/* SYSRET to CPL 3 with TF in R11; INT 80H comes back. */
static uint8_t *volatile back;
static volatile uint64_t kernel_stack;

static void from_user(struct frame *f)
{
    note(f);
    f->rflags &= ~0x100ull;
    if (f->vector == 0x80) {
        f->cs = 8;
        f->ss = 0x10;
        f->rip = (uint64_t)back;
        f->rsp = kernel_stack;
    }
}

static void test_sysret(void)
{
    extern uint8_t user_code[];
    __asm__ volatile("jmp 1f; .globl user_code; user_code: nop; int $0x80; 1:" : : : "memory");
    pml4[0] |= 4;
    for (int i = 0; i < 4; i++)
        pdpt[i] |= 4;
    for (int i = 0; i < 2048; i++)
        page_directory[i] |= 4;
    write_cr3(read_cr3());
    wrmsr(0xc0000081, 8ull << 32 | 0x23ull << 48);
    handler = from_user;
    begin();
    uint64_t rip = (uint64_t)user_code;
    __asm__ volatile("push %%rbx; push %%rbp; mov %%rsp, %1; lea 1f(%%rip), %%rax; mov %%rax, %2;"
                     "mov $0x102, %%r11d; sysretq; 1: pop %%rbp; pop %%rbx"
                     : "+c"(rip), "=m"(kernel_stack), "=m"(back)
                     : : "rax", "rdx", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12", "r13", "r14", "r15", "memory", "cc");
    debug_at("SYSRET that sets TF traps at once", 0, user_code, BS);
    expect("and goes on", entries[1].vector, 0x80);
    expect("SYSRET: nothing else", count, 2);
    handler = note;
}

static int trap_branches(void)
{
    return TRY("mov $0x1d9, %%ecx; mov $2, %%eax; xor %%edx, %%edx; wrmsr", "m"(watched));
}

/*
 * SDM volume 3, "Single-Stepping on Branches": RFLAGS.TF traps taken branches alone while IA32_DEBUGCTL.BTF is
 * set, which the debug exception clears.
 */
static void test_branch_steps(void)
{
    enum { BTF = 2 };
    handler = 0;
    expect("IA32_DEBUGCTL.BTF can be set", (uint64_t)trap_branches(), (uint64_t)-1);
    expect("and is kept", rdmsr(0x1d9), BTF);
    handler = note;
#define BRANCH(name, label, set_up, code, trapped) \
    do { \
        extern uint8_t label##_to[], label##_1[]; \
        begin(); \
        wrmsr(0x1d9, BTF); \
        __asm__ volatile("xor %%edx, %%edx;" set_up STEP_BEGIN "nop; test %%edx, %%edx;" code \
                         "nop;" #label "_to: nop;" STEP_END(label) \
                         : : : "rax", "rcx", "rdx", "r8", "memory", "cc"); \
        if (trapped) { \
            debug_at(name ": traps at its target", 0, label##_to, BS); \
            debug_at(name ": then every instruction traps", 1, label##_1, BS); \
            expect(name ": BTF is clear", rdmsr(0x1d9), 0); \
        } else { \
            expect(name ": no trap at all", count, 0); \
            expect(name ": BTF is kept", rdmsr(0x1d9), BTF); \
        } \
    } while (0)
    BRANCH("no branch", straight, "", "mov %%rdx, %%r8;", false);
    BRANCH("JMP", jump, "", "jmp jump_to;", true);
    BRANCH("JZ that is taken", zero, "", "jz zero_to;", true);
    BRANCH("JNZ that is not taken", not_zero, "", "jnz not_zero_to;", false);
    BRANCH("JMP through a register", indirect, "lea indirect_to(%%rip), %%r8;", "jmp *%%r8;", true);
    BRANCH("RET", ret, "lea ret_to(%%rip), %%r8;", "push %%r8; ret;", true);
    BRANCH("LOOP that goes round", loops, "", "mov $2, %%ecx; loop loops_to;", true);
    BRANCH("LOOP that ends", ends, "", "mov $1, %%ecx; loop ends_to;", false);
    BRANCH("LOOPNE that Z ends", loopne, "", "mov $2, %%ecx; loopne loopne_to;", false);
    BRANCH("LOOPE that Z lets go round", loope, "", "mov $2, %%ecx; loope loope_to;", true);
    BRANCH("JRCXZ that is taken", count_zero, "", "xor %%ecx, %%ecx; jrcxz count_zero_to;", true);
    BRANCH("JRCXZ that is not taken", count_one, "", "mov $1, %%ecx; jrcxz count_one_to;", false);
    BRANCH("JMP to what follows", follows, "", ".byte 0xeb, 1;", true);
    BRANCH("REP STOSB", repeated, "", "xor %%ecx, %%ecx; rep stosb;", false);
    begin();
    wrmsr(0x1d9, BTF);
    extern uint8_t branch_target[], branch_behind[];
    __asm__ volatile(STEP_BEGIN "call branch_target; branch_behind: jmp 1f; branch_target: ret; 1: and $~0x100, %%rax;"
                     "push %%rax; popfq" : : : "rax", "rcx", "memory", "cc");
    debug_at("CALL", 0, branch_target, BS);
    debug_at("without BTF, its RET too", 1, branch_behind, BS);
    expect("a jump without RFLAGS.TF", ({
               wrmsr(0x1d9, BTF);
               begin();
               __asm__ volatile("jmp 1f; 1:");
               count;
           }), 0);
    wrmsr(0x1d9, 0);
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    handler = note;
    test_shadows();
    test_lost_steps();
    test_halt();
    test_held_breakpoints();
    test_status();
    test_syscall();
    test_sysret();
    test_branch_steps();
    finish();
}
