/*
 * Every combination of flags in a page-directory entry and a page-table entry against every access,
 * under CR0.WP, EFER.NXE, CR4.SMEP, SMAP and protection keys: whether it faults, the error code, CR2,
 * and which accessed and dirty flags it sets. What is right is computed from the rules of the SDM.
 * A word "long" on the command line tries the two entries in full against each other.
 */
#include "rules.h"

enum { P = 1, W = 2, U = 4, A = 0x20, D = 0x40, LARGE = 0x80 };
#define NX (1ull << 63)
#define RESERVED (1ull << 50)
#define RESERVED_LARGE (1ull << 13)
#define KEY 1
enum { WRITE = 1, USER = 2, FETCH = 4 };
enum { WP = 1, NXE = 2, SMEP = 4, SMAP = 8, PKE = 16, AC = 32, AD = 64, WD = 128 };

static uint64_t *const window = (uint64_t *)0xffff800000000000ull;
static uint64_t upper_pdpt[512] __attribute__((aligned(4096)));
static uint64_t upper_directory[512] __attribute__((aligned(4096)));
static uint64_t table[512] __attribute__((aligned(4096)));
static uint8_t page[1 << 21] __attribute__((aligned(1 << 21)));
static uint32_t has;

/* Makes one access; the number of the exception, or -1. Its error code is in access_error. */
int do_access(int kind);
volatile uint64_t access_error, access_stack;

__asm__(".globl do_access, access_fault, access_back\n"
        "do_access:\n"
        "push %rbx; push %rbp; mov %rsp, access_stack(%rip)\n"
        "mov $0xffff800000000000, %rcx\n"
        "mov $-1, %ebx\n"
        "test $2, %edi; jz access_now\n"
        "pushq $0x2b; push %rsp; pushfq; pushq $0x33; lea access_now(%rip), %rax; push %rax; iretq\n"
        "access_now:\n"
        "test $4, %edi; jnz 2f\n"
        "test $1, %edi; jnz 1f\n"
        "mov (%rcx), %eax; jmp access_done\n"
        "1: movl $0xc3c3c3c3, (%rcx); jmp access_done\n"
        "2: call *%rcx\n"
        "access_done: int $0x80\n"
        "access_back:\n"
        "mov access_stack(%rip), %rsp; mov %ebx, %eax; pop %rbp; pop %rbx; ret\n"
        "access_fault:\n"
        "pop %rbx; mov %rbx, access_error(%rip); mov $14, %ebx\n"
        "lea access_done(%rip), %rax; mov %rax, (%rsp); iretq\n");
extern uint8_t access_fault[], access_back[];

static bool has7(int reg, int bit)
{
    uint32_t r[4];
    cpuid(7, 0, r);
    return r[reg] >> bit & 1;
}

static void set_mode(uint32_t m)
{
    uint64_t cr0 = (read_cr0() & ~0x10000ull) | (m & WP ? 0x10000 : 0);
    uint64_t cr4 = (read_cr4() & ~(7ull << 20)) | (m & SMEP ? 1 << 20 : 0) | (m & SMAP ? 1 << 21 : 0)
                   | (m & PKE ? 1 << 22 : 0);
    wrmsr(0xc0000080, (rdmsr(0xc0000080) & ~0x800ull) | (m & NXE ? 0x800 : 0));
    write_cr0(cr0);
    write_cr4(cr4);
    if (m & PKE)
        __asm__ volatile("wrpkru" : : "a"(3u << 4 | (m & AD ? 4 : 0) | (m & WD ? 8 : 0)), "c"(0), "d"(0));
}

/* The error code that an access must raise, or -1. */
static int64_t expected(uint32_t m, int access, uint64_t pde, uint64_t pte)
{
    bool large = pde & LARGE;
    bool user = access & USER, write = access & WRITE, fetch = access & FETCH;
    uint64_t reserved = RESERVED | (m & NXE ? 0 : NX);
    int64_t code = (write ? 2 : 0) | (user ? 4 : 0) | (fetch && m & (NXE | SMEP) ? 16 : 0);
    if (!(pde & P))
        return code;
    if (pde & (reserved | (large ? RESERVED_LARGE : 0)))
        return code | 9;
    if (!large && !(pte & P))
        return code;
    if (!large && pte & reserved)
        return code | 9;
    uint64_t both = large ? pde : pde & pte, any = large ? pde : pde | pte;
    bool for_user = both & U, writable = both & W;
    bool denied = (user && !for_user) || (write && !writable && (user || m & WP)) || (fetch && any & NX)
                  || (fetch && !user && for_user && m & SMEP)
                  || (!fetch && !user && for_user && m & SMAP && !(m & AC));
    bool keyed = m & PKE && for_user && !fetch && ((large ? pde : pte) >> 59 & 15) == KEY
                 && (m & AD || (write && m & WD && (user || m & WP)));
    return denied || keyed ? code | 1 | (keyed ? 32 : 0) : -1;
}

static void try(uint32_t m, int access, uint64_t pde_flags, uint64_t pte_flags)
{
    bool large = pde_flags & LARGE;
    uint64_t pde = (large ? (uint64_t)page : (uint64_t)table) | pde_flags;
    uint64_t pte = (uint64_t)page | pte_flags;
    upper_directory[0] = pde;
    table[0] = pte;
    invlpg(window);
    int64_t wanted = expected(m, access, pde, pte);
    if (m & AC && !(access & USER))
        __asm__ volatile("stac");
    int vector = do_access(access);
    if (m & AC && !(access & USER))
        __asm__ volatile("clac");
    uint64_t number = (uint64_t)m << 32 | (uint64_t)access << 24 | (pde_flags & 0xff) << 8 | (pte_flags & 0xff);
    same(number, vector == 14 ? access_error : (uint64_t)-1, (uint64_t)wanted);
    uint64_t flags = wanted >= 0 ? 0 : access & WRITE ? A | D : A;
    if (wanted >= 0)
        same(number, read_cr2(), (uint64_t)window);
    /* Silicon may set the accessed flag of a directory entry even if the access faults further on. */
    uint64_t ignored = wanted >= 0 && !large ? A : 0;
    same(number, upper_directory[0] & ~ignored, (pde | (large ? flags : flags & A)) & ~ignored);
    same(number, table[0], large ? pte : pte | flags);
}

/* Flag combinations by number, 32 of them. */
static uint64_t flags_of(unsigned n)
{
    return (n & 1 ? P : 0) | (n & 2 ? W : 0) | (n & 4 ? U : 0) | (n & 8 ? NX : 0) | (n & 16 ? RESERVED : 0);
}

/* Where the kernel lies in supervisor pages, CPL 3 has no code. */
static bool supervisor_only;

static void all_accesses(uint32_t m, uint64_t pde, uint64_t pte)
{
    static const int kinds[] = {0, WRITE, FETCH, USER, USER | WRITE, USER | FETCH};
    for (int i = 0; i < (supervisor_only ? 3 : 6); i++)
        try(m, kinds[i], pde, pte);
}

static void matrix(uint32_t m, bool full)
{
    set_mode(m);
    for (unsigned e = 0; e < 32; e++)
        for (unsigned t = 0; t < 32; t++)
            if (full || e == t || e == 7 || t == 7)
                all_accesses(m, flags_of(e), flags_of(t));
    for (unsigned e = 0; e < 64; e++)
        all_accesses(m, LARGE | flags_of(e & 31) | (e & 32 ? RESERVED_LARGE : 0), 0);
}

static void keys(uint32_t m)
{
    set_mode(m);
    for (unsigned n = 0; n < 16; n++) {
        all_accesses(m, P | W | U, flags_of(n) | (uint64_t)KEY << 59);
        all_accesses(m, P | W | U | 2ull << 59, flags_of(n));
        all_accesses(m, LARGE | flags_of(n) | (uint64_t)KEY << 59, 0);
    }
}

void kernel_main(uint32_t information)
{
    const uint32_t *multiboot = (uint32_t *)(uint64_t)information;
    bool full = false;
    for (const char *c = multiboot[0] & 4 ? (const char *)(uint64_t)multiboot[4] : ""; *c; c++)
        full |= c[0] == 'l' && c[1] == 'o' && c[2] == 'n' && c[3] == 'g';
    has = (has7(1, 7) ? SMEP : 0) | (has7(1, 20) ? SMAP | AC : 0) | (has7(2, 3) ? PKE : 0);
    set_up_interrupts();
    set_gate(14, access_fault, 0, 0);
    set_gate(0x80, access_back, 3, 0);
    for (int i = 0; i < 2048; i++)
        page_directory[i] |= U;
    for (int i = 0; i < 4; i++)
        pdpt[i] |= U;
    pml4[0] |= U;
    pml4[256] = (uint64_t)upper_pdpt | P | W | U;
    upper_pdpt[0] = (uint64_t)upper_directory | P | W | U;
    write_cr3(read_cr3());
    page[0] = 0xc3;
    rule("page tables against accesses, SDM \"Determination of Access Rights\"");
    for (uint32_t m = 0; m < 4; m++)
        matrix(m, full);
    if (has & PKE) {
        rule("protection keys, SDM \"Protection Keys\"");
        for (uint32_t m = 0; m < 4; m++)
            keys(NXE | PKE | (m & 1 ? WP : 0) | (m & 2 ? AD : 0));
        keys(NXE | PKE | WD);
        keys(NXE | PKE | WD | WP);
        keys(NXE | AD | WD);
    }
    set_mode(0);
    for (int i = 0; i < 2048; i++)
        page_directory[i] &= ~(uint64_t)U;
    write_cr3(read_cr3());
    supervisor_only = true;
    if (has & SMEP) {
        rule("SMEP, SDM \"Determination of Access Rights\"");
        for (uint32_t m = 0; m < 4; m++)
            matrix(m | SMEP, full);
    }
    if (has & SMAP) {
        rule("SMAP, SDM \"Determination of Access Rights\"");
        for (uint32_t m = 0; m < 16; m++)
            matrix((m & 3) | SMAP | (m & 4 ? SMEP : 0) | (m & 8 ? AC : 0), full);
        rule("SMAP and protection keys, SDM \"Protection Keys\"");
        for (uint32_t m = 0; m < 4; m++)
            keys(NXE | SMAP | (has & PKE) | (m & 1 ? AD : 0) | (m & 2 ? AC : 0));
    }
    finish_rules();
}
