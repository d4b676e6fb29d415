/*
 * VMX instructions, and the instructions that exit (SDM volume 3, "VMX Instruction Reference",
 * "Instructions That Cause VM Exits", "Information for VM Exits Due to Instruction Execution").
 */
#include "rules.h"

static uint8_t regions[2][4096] __attribute__((aligned(4096)));
static uint8_t bitmap[3][4096] __attribute__((aligned(4096)));
static uint8_t absent_page[4096] __attribute__((aligned(4096)));

static void at_halt(void) { __asm__ volatile("hlt"); }

/* The fields that exist, by trying every encoding. */
static uint64_t encodings[1024], fields;

static uint64_t encoding(uint64_t width, uint64_t type, uint64_t index) { return width << 13 | type << 10 | index << 1; }

static void find_fields(void)
{
    rule("the highest index is that of IA32_VMX_VMCS_ENUM: VMCS Enumeration");
    uint64_t highest = 0;
    for (uint64_t index = 0; index < 512; index++)
        for (uint64_t width = 0; width < 4; width++)
            for (uint64_t type = 0; type < 4; type++)
                if (vmread_outcome(encoding(width, type, index)) == 0) {
                    highest = index;
                    if (fields < 1024)
                        encodings[fields++] = encoding(width, type, index);
                }
    same(0, rdmsr(0x48a), highest << 1);
    rule("reserved bits of an encoding: VMREAD, VMWRITE");
    for (uint64_t bit = 12; bit < 64; bit++) {
        if (bit == 13 || bit == 14)
            continue;
        same(bit, (uint64_t)vmread_outcome(GUEST_RIP | 1ull << bit), 12);
        same(64 + bit, (uint64_t)vmwrite(GUEST_RIP | 1ull << bit, 0), 12);
    }
    rule("access to high halves: Field Encoding in VMCS");
    for (uint64_t i = 0; i < fields; i++)
        same(encodings[i], (uint64_t)vmread_outcome(encodings[i] | 1), (encodings[i] >> 13 & 3) == 1 ? 0 : 12);
}

static uint64_t mask_of(uint64_t field)
{
    static const uint64_t masks[] = {0xffff, ~0ull, 0xffffffff, ~0ull};
    return masks[field >> 13 & 3];
}

static bool read_only(uint64_t field) { return (field >> 10 & 3) == 1; }

static void fill(uint64_t cookie)
{
    for (uint64_t i = 0; i < fields; i++)
        if (!read_only(encodings[i]))
            vmwrite(encodings[i], cookie * 0x0123456789abcdefull + encodings[i]);
}

static void holds(uint64_t number, uint64_t cookie)
{
    for (uint64_t i = 0; i < fields; i++)
        if (!read_only(encodings[i]))
            same(number << 32 | encodings[i], vmread(encodings[i]),
                 (cookie * 0x0123456789abcdefull + encodings[i]) & mask_of(encodings[i]));
}

static void test_regions(void)
{
    uint64_t a = (uint64_t)regions[0], b = (uint64_t)regions[1];
    *(uint32_t *)regions[0] = *(uint32_t *)regions[1] = (uint32_t)rdmsr(0x480);
    vmclear(a);
    vmptrld(a);
    find_fields();
    rule("fields keep what is written, truncated: VMWRITE");
    fill(3);
    holds(0, 3);
    rule("VMWRITE to read-only fields, as IA32_VMX_MISC says: VMWRITE");
    for (uint64_t i = 0; i < fields; i++)
        if (read_only(encodings[i]))
            same(encodings[i], (uint64_t)vmwrite(encodings[i], 0), rdmsr(0x485) >> 29 & 1 ? 0 : 13);
    rule("high halves: Field Encoding in VMCS");
    vmwrite(TSC_OFFSET, 0x0123456789abcdefull);
    same(0, vmread(TSC_OFFSET + 1), 0x01234567);
    vmwrite(TSC_OFFSET + 1, 0xffffffff76543210ull);
    same(1, vmread(TSC_OFFSET), 0x7654321089abcdefull);
    same(2, vmread(TSC_OFFSET + 1), 0x76543210);
    fill(3);
    rule("VMCSs are kept apart: VMCLEAR, VMPTRLD");
    vmclear(b);
    holds(1, 3);
    vmptrld(b);
    fill(5);
    vmptrld(a);
    holds(2, 3);
    vmptrld(b);
    holds(3, 5);
    vmclear(a);
    holds(4, 5);
    vmptrld(b);
    holds(5, 5);
    vmclear(b);
    rule("nothing is current after VMCLEAR of the current VMCS: VMCLEAR");
    same(0, (uint64_t)vmread_outcome(GUEST_RIP), (uint64_t)-1);
    same(1, (uint64_t)vmwrite(GUEST_RIP, 0), (uint64_t)-1);
    uint64_t pointer;
    __asm__ volatile("vmptrst %0" : "=m"(pointer));
    same(2, pointer, ~0ull);
    same(3, run_guest(), 0x1ffff);
    vmptrld(a);
    holds(6, 3);
    rule("the revision, and no shadow VMCS without shadowing: VMPTRLD");
    *(uint32_t *)regions[1] |= 1u << 31;
    if (!(rdmsr(0x48b) >> (32 + 14) & 1))
        same(0, (uint64_t)vmptrld(b), 11);
    *(uint32_t *)regions[1] = 0xba9da9;
    same(1, (uint64_t)vmptrld(b), 11);
    uint32_t r[4];
    cpuid(0x80000008, 0, r);
    for (uint64_t bit = r[0] & 0xff; bit < 64; bit++) {
        same(bit, (uint64_t)vmptrld(a | 1ull << bit), 9);
        same(64 + bit, (uint64_t)vmclear(a | 1ull << bit), 2);
    }
    for (uint64_t bit = 0; bit < 12; bit++) {
        same(128 + bit, (uint64_t)vmptrld(a | 1ull << bit), 9);
        same(192 + bit, (uint64_t)vmclear(a | 1ull << bit), 2);
    }
    same(256, vmread(INSTRUCTION_ERROR), 2);
}

static void launch_states(void)
{
    rule("launch state: VMLAUNCH/VMRESUME");
    prepare_guest(at_halt);
    uint8_t zero;
    __asm__ volatile("vmresume; setz %0" : "=q"(zero) : : "memory", "cc");
    same(0, zero ? vmread(INSTRUCTION_ERROR) : 0, 5);
    same(1, run_guest(), 12);
    __asm__ volatile("vmlaunch; setz %0" : "=q"(zero) : : "memory", "cc");
    same(2, zero ? vmread(INSTRUCTION_ERROR) : 0, 4);
    rule("blocking by MOV SS comes before the launch state: VMLAUNCH/VMRESUME");
    uint8_t carry;
    __asm__ volatile("mov %%ss, %%eax; mov %%eax, %%ss; vmlaunch; setz %0; setc %1"
                     : "=q"(zero), "=q"(carry) : : "rax", "memory", "cc");
    same(0, zero ? vmread(INSTRUCTION_ERROR) : 0, 26);
    vmclear((uint64_t)vmcs);
    __asm__ volatile("mov %%ss, %%eax; mov %%eax, %%ss; vmlaunch; setz %0; setc %1"
                     : "=q"(zero), "=q"(carry) : : "rax", "memory", "cc");
    same(1, carry, 1);
    vmptrld((uint64_t)vmcs);
}

extern uint8_t *volatile resume_at;

/* Back behind the far call, which pushed 8 bytes. */
static void leave_compatibility_mode(struct frame *f)
{
    f->rip = (uint64_t)resume_at;
    f->cs = 8;
    f->rsp += 8;
}

static void test_operands(void)
{
    uint64_t *entry = &page_directory[(uint64_t)absent_page >> 21];
    static uint64_t table[512] __attribute__((aligned(4096)));
    uint64_t from = *entry & ~0xfffull;
    for (uint64_t i = 0; i < 512; i++)
        table[i] = (from + (i << 12)) | 7;
    table[(uint64_t)absent_page >> 12 & 511] = 0;
    *entry = (uint64_t)table | 3;
    write_cr3(read_cr3());
    prepare_guest(at_halt);
    rule("a page fault of the operand leaves the flags: VMREAD, VMWRITE");
    for (uint64_t flags = 0x45; flags <= 0x91; flags += 0x91 - 0x45) {
        uint64_t after;
        __asm__ volatile("lea 1f(%%rip), %%rcx; mov %%rcx, resume_at(%%rip); mov %1, %%rax; mov %%al, %%ah; sahf;"
                         "mov $0x681e, %%ecx; vmread %%rcx, absent_page(%%rip); 1: lahf; movzbl %%ah, %%eax; mov %%rax, %0"
                         : "=r"(after) : "r"(flags) : "rax", "rcx", "memory", "cc");
        same(flags, after, flags | 2);
        same(flags << 8, (uint64_t)last_vector, 14);
        __asm__ volatile("lea 1f(%%rip), %%rcx; mov %%rcx, resume_at(%%rip); mov %1, %%rax; mov %%al, %%ah; sahf;"
                         "mov $0x681e, %%ecx; vmwrite absent_page(%%rip), %%rcx; 1: lahf; movzbl %%ah, %%eax; mov %%rax, %0"
                         : "=r"(after) : "r"(flags) : "rax", "rcx", "memory", "cc");
        same(flags << 16, after, flags | 2);
        resume_at = 0;
    }
    rule("faults of INVVPID and INVEPT operands: INVEPT, INVVPID");
    uint64_t far_away = 0xaaaaaaaaaaaaaaaaull;
    same(0, (uint64_t)TRY("mov $2, %%ecx; invvpid (%0), %%rcx", "r"(far_away)), 13);
    same(1, (uint64_t)TRY("mov $2, %%ecx; mov %0, %%rdx; sub %%rsp, %%rdx; invvpid (%%rsp,%%rdx,1), %%rcx", "r"(far_away)), 12);
    same(2, (uint64_t)TRY("mov $2, %%ecx; invept absent_page(%%rip), %%rcx", "r"(far_away)), 14);
    rule("INVVPID descriptors: INVVPID");
    for (int64_t type = -127; type < 128; type++)
        same((uint64_t)type & 0xffff, (uint64_t)invvpid((uint64_t)type, 0xffff, 0), type >= 0 && type < 4 ? 0 : 28);
    for (uint64_t type = 0; type < 4; type++) {
        for (uint64_t bit = 0; bit < 64; bit++)
            same(type << 16 | bit, (uint64_t)invvpid(type, 1ull << bit, 0), bit < 16 ? 0 : 28);
        same(type << 24, (uint64_t)invvpid(type, 0, 0), type == 2 ? 0 : 28);
        same(type << 25, (uint64_t)invvpid(type, 1, far_away), type == 0 ? 28 : 0);
    }
    rule("INVEPT descriptors: INVEPT");
    for (uint64_t type = 0; type < 4; type++) {
        same(type, (uint64_t)invept(type, 0x1e, 0), type == 1 || type == 2 ? 0 : 28);
        same(0x10 | type, (uint64_t)invept(type, 0x1f, 0), type == 2 ? 0 : 28);
        same(0x20 | type, (uint64_t)invept(type, 0x1e, 1), 28);
    }
    rule("VMX instructions in compatibility mode: VMX Instruction Reference");
    static struct { uint32_t offset; uint16_t selector; } far_pointer;
    extern uint8_t narrow_invvpid[];
    far_pointer.offset = (uint32_t)(uint64_t)narrow_invvpid;
    far_pointer.selector = 0x18;
    handler = leave_compatibility_mode;
    same(0, (uint64_t)TRY("lcall *%0", "m"(far_pointer)), 6);
    handler = 0;
    rule("VMX instructions outside VMX operation: VMX Instruction Reference");
    vmclear((uint64_t)vmcs);
    vmxoff();
    same(0, (uint64_t)TRY("vmxoff", "r"(far_away)), 6);
    same(1, (uint64_t)TRY("vmptrst absent_page(%%rip)", "r"(far_away)), 6);
    same(2, (uint64_t)TRY("vmcall", "r"(far_away)), 6);
    same(3, (uint64_t)TRY("mov $2, %%ecx; invvpid (%0), %%rcx", "r"(far_away)), 6);
    same(4, (uint64_t)TRY("xor %%eax, %%eax; vmfunc", "r"(far_away)), 6);
    vmxon((uint64_t)vmxon_region);
    prepare_guest(at_halt);
}
__asm__(".code32\n.globl narrow_invvpid\nnarrow_invvpid: invvpid (%eax), %eax; lret\n.code64\n");

static void test_vmxon(void)
{
    rule("VMXON and the fixed bits: VMXON");
    vmclear((uint64_t)vmcs);
    vmxoff();
    write_cr0(read_cr0() & ~0x20ull);
    same(0, (uint64_t)TRY("vmxon %0", "m"(*(uint64_t *)regions)), 13);
    write_cr0(read_cr0() | 0x20);
    write_cr4(read_cr4() & ~(1ull << 13));
    same(1, (uint64_t)TRY("vmxon %0", "m"(*(uint64_t *)regions)), 6);
    write_cr4(read_cr4() | 1 << 13);
    rule("VMXON region: VMXON");
    same(0, (uint64_t)vmxon((uint64_t)vmxon_region + 1), (uint64_t)-1);
    same(1, (uint64_t)vmxon((uint64_t)vmxon_region | 1ull << 50), (uint64_t)-1);
    same(2, (uint64_t)vmxon((uint64_t)absent_page), (uint64_t)-1);
    same(3, (uint64_t)vmxon((uint64_t)vmxon_region), 0);
    rule("fixed bits in VMX operation: Restrictions on VMX Operation");
    same(0, (uint64_t)TRY("mov %0, %%cr0", "r"(read_cr0() & ~0x20ull)), 13);
    same(1, (uint64_t)TRY("mov %0, %%cr4", "r"(read_cr4() & ~(1ull << 13))), 13);
    prepare_guest(at_halt);
}

#define GUEST_CODE(name, code) void name(void); __asm__(".globl " #name "\n" #name ": " code "; hlt\n")

GUEST_CODE(g_hlt, "hlt");
GUEST_CODE(g_invlpg, "invlpg 0x12345678");
GUEST_CODE(g_mwait, "xor %eax, %eax; xor %ecx, %ecx; mwait");
GUEST_CODE(g_rdpmc, "xor %ecx, %ecx; rdpmc");
GUEST_CODE(g_rdtsc, "rdtsc");
GUEST_CODE(g_cr3_load, "mov %cr3, %rax; mov %rax, %cr3");
GUEST_CODE(g_cr3_store, "mov %cr3, %r9");
GUEST_CODE(g_cr8_load, "xor %eax, %eax; mov %rax, %cr8");
GUEST_CODE(g_cr8_store, "mov %cr8, %rax");
GUEST_CODE(g_dr, "mov %dr6, %r11");
GUEST_CODE(g_dr_to, "mov $0xffff0ff0, %edx; mov %rdx, %dr6");
GUEST_CODE(g_monitor, "lea g_hlt(%rip), %rax; xor %ecx, %ecx; xor %edx, %edx; monitor");
GUEST_CODE(g_pause, "pause");
GUEST_CODE(g_wbinvd, "wbinvd");
GUEST_CODE(g_rdrand, "rdrand %r10w");
GUEST_CODE(g_rdseed, "rdseed %ebx");
GUEST_CODE(g_rdtscp, "rdtscp");
GUEST_CODE(g_invpcid, "mov $2, %eax; sub $16, %rsp; movq $0, (%rsp); movq $0, 8(%rsp); invpcid (%rsp), %rax");
GUEST_CODE(g_cpuid, "mov $10, %eax; cpuid");
GUEST_CODE(g_invd, "invd");
GUEST_CODE(g_vmcall, "vmcall");
GUEST_CODE(g_vmclear, "vmclear 8(%rbx,%rcx,2)");
GUEST_CODE(g_vmread, "vmread %rdx, 16(%rsp)");
GUEST_CODE(g_vmread_register, "vmread %rdx, %r12");
GUEST_CODE(g_vmwrite, "vmwrite (%r8), %r13");
GUEST_CODE(g_vmxoff, "vmxoff");
GUEST_CODE(g_vmlaunch, "vmlaunch");
GUEST_CODE(g_invept, "invept %fs:0x40, %r9");
GUEST_CODE(g_xsetbv, "mov %cr4, %rax; or $0x40000, %rax; mov %rax, %cr4; xor %ecx, %ecx; mov $1, %eax; xor %edx, %edx; xsetbv");

static const struct {
    void (*code)(void);
    uint64_t field, bit, reason, length, qualification, information;
} intercepts[] = {
    {g_hlt, PROC, 1u << 7, 12, 1, 0, 0},
    {g_invlpg, PROC, 1u << 9, 14, 8, 0x12345678, 0},
    {g_mwait, PROC, 1u << 10, 36, 3, 0, 0},
    {g_rdpmc, PROC, 1u << 11, 15, 2, 0, 0},
    {g_rdtsc, PROC, 1u << 12, 16, 2, 0, 0},
    {g_cr3_load, PROC, 1u << 15, 28, 3, 3, 0},
    {g_cr3_store, PROC, 1u << 16, 28, 4, 0x913, 0},
    {g_cr8_load, PROC, 1u << 19, 28, 4, 8, 0},
    {g_cr8_store, PROC, 1u << 20, 28, 4, 0x18, 0},
    {g_dr, PROC, 1u << 23, 29, 4, 0xb16, 0},
    {g_dr_to, PROC, 1u << 23, 29, 3, 0x206, 0},
    {g_monitor, PROC, 1u << 29, 39, 3, 0, 0},
    {g_pause, PROC, 1u << 30, 40, 2, 0, 0},
    {g_wbinvd, PROC2, 1u << 6, 54, 2, 0, 0},
    {g_rdrand, PROC2, 1u << 11, 57, 5, 0, 10 << 3},
    {g_rdseed, PROC2, 1u << 16, 61, 3, 0, 3 << 3 | 1 << 11},
    {g_rdtscp, PROC, 1u << 12, 51, 3, 0, 0},
    {g_invpcid, PROC, 1u << 9, 58, 6, 0, 0},
    {g_cpuid, 0, 0, 10, 2, 0, 0},
    {g_invd, 0, 0, 13, 2, 0, 0},
    {g_vmcall, 0, 0, 18, 3, 0, 0},
    {g_vmclear, 0, 0, 19, 0, 8, 1 | 2 << 7 | 3 << 15 | 1 << 18 | 3 << 23},
    {g_vmread, 0, 0, 23, 0, 16, 2 << 7 | 2 << 15 | 1 << 22 | 4 << 23 | 2u << 28},
    {g_vmread_register, 0, 0, 23, 0, 0, 12 << 3 | 1 << 10 | 2u << 28},
    {g_vmwrite, 0, 0, 25, 0, 0, 2 << 7 | 3 << 15 | 1 << 22 | 8 << 23 | 13u << 28},
    {g_vmxoff, 0, 0, 26, 3, 0, 0},
    {g_vmlaunch, 0, 0, 20, 3, 0, 0},
    {g_invept, 0, 0, 50, 0, 0x40, 2 << 7 | 4 << 15 | 1 << 22 | 1 << 27 | 9u << 28},
    {g_xsetbv, 0, 0, 55, 3, 0, 0},
};

static void test_intercepts(void)
{
    rule("instructions that exit: Instructions That Cause VM Exits");
    for (uint64_t i = 0; i < sizeof intercepts / sizeof *intercepts; i++) {
        for (int on = 0; on < 2; on++) {
            prepare_guest(intercepts[i].code);
            set_bits(PROC2, 1 << 3 | 1 << 12);
            /* Without the control RDPMC is a #GP, and HLT would last. */
            if (!on && (!intercepts[i].field || intercepts[i].reason == 12 || intercepts[i].reason == 15))
                continue;
            if (on && intercepts[i].field)
                set_bits(intercepts[i].field, intercepts[i].bit);
            uint64_t reason = run_guest();
            if (!on) {
                same(i, reason, 12);
                continue;
            }
            same(0x100 | i, reason, intercepts[i].reason);
            same(0x200 | i, vmread(QUALIFICATION), intercepts[i].qualification);
            if (intercepts[i].length)
                same(0x300 | i, vmread(LENGTH), intercepts[i].length);
            if (intercepts[i].information)
                same(0x400 | i, vmread(INSTRUCTION), intercepts[i].information);
        }
    }
    rule("RDTSCP and INVPCID need their controls: Changes to Instruction Behavior in VMX Non-Root Operation");
    void (*const two[])(void) = {g_rdtscp, g_invpcid};
    for (uint64_t i = 0; i < 2; i++) {
        prepare_guest(two[i]);
        vmwrite(EXCEPTIONS, 1 << 6);
        same(i, run_guest(), 0);
        same(2 + i, vmread(INTERRUPTION), 0x80000306);
    }
}

GUEST_CODE(pause_loop, "mov $300, %ecx; 1: pause; loop 1b");
GUEST_CODE(slow_pauses, "mov $30, %ecx; 1: pause; mov $20, %edx; 2: dec %edx; jnz 2b; loop 1b");

static void test_pause_loops(void)
{
    rule("PAUSE-loop exiting: Instructions That Cause VM Exits Conditionally");
    static const struct { void (*code)(void); uint64_t gap, window; bool user, exits; } cases[] = {
        {pause_loop, 100, 2000, false, true}, {pause_loop, 100, 0xffffffff, false, false},
        {pause_loop, 5, 2000, false, false}, {slow_pauses, 100, 2000, false, false},
        {slow_pauses, 100000, 2000, false, true}, {pause_loop, 100, 2000, true, false},
    };
    for (uint64_t i = 0; i < 6; i++) {
        prepare_guest(cases[i].code);
        set_bits(PROC2, 1 << 10);
        vmwrite(0x4020, cases[i].gap);
        vmwrite(0x4022, cases[i].window);
        vmwrite(EXCEPTIONS, 1 << 13);
        if (cases[i].user) {
            vmwrite(GUEST_CS, 0x33);
            vmwrite(GUEST_SS, 0x2b);
            vmwrite(GUEST_RIGHTS + 2, 0xa0fb);
            vmwrite(GUEST_RIGHTS + 4, 0xc0f3);
        }
        /* HLT at CPL 3 is a #GP. */
        same(i, run_guest(), cases[i].exits ? 40 : cases[i].user ? 0 : 12);
        if (cases[i].exits)
            same(0x10 | i, guest_registers[1] > 1 && guest_registers[1] < 300, 1);
    }
}

/* Displacements, bases, indices, segments and registers of the eight instructions. */
#define TABLES(op)                                                                                   \
    GUEST_CODE(t_##op##_disp, #op " 0x1234(%rbx)");                                                  \
    GUEST_CODE(t_##op##_rip, "nop; nop; " #op " absent_page(%rip)");                                 \
    GUEST_CODE(t_##op##_sib, #op " -8(%r9,%r13,4)");                                                 \
    GUEST_CODE(t_##op##_abs, #op " %gs:0x7000");                                                     \
    GUEST_CODE(t_##op##_32, #op " 4(%eax,%edi,8)")
TABLES(sgdt); TABLES(sidt); TABLES(lgdt); TABLES(lidt); TABLES(sldt); TABLES(str); TABLES(lldt); TABLES(ltr);
GUEST_CODE(t_sldt_r, "sldt %r10d");
GUEST_CODE(t_str_r, "str %ax");
GUEST_CODE(t_lldt_r, "lldt %r8w");
GUEST_CODE(t_ltr_r, "ltr %dx");

#define FORMS(op) {t_##op##_disp, t_##op##_rip, t_##op##_sib, t_##op##_abs, t_##op##_32}
static void (*const tables[8][5])(void) = {FORMS(sgdt), FORMS(sidt), FORMS(lgdt), FORMS(lidt),
                                           FORMS(sldt), FORMS(str), FORMS(lldt), FORMS(ltr)};

static void test_tables(void)
{
    static const uint64_t information[] = {
        2 << 7 | 3 << 15 | 1 << 22 | 3 << 23, 2 << 7 | 3 << 15 | 1 << 22 | 1 << 27,
        2 | 2 << 7 | 3 << 15 | 13 << 18 | 9 << 23, 2 << 7 | 5 << 15 | 1 << 22 | 1 << 27,
        3 | 1 << 7 | 3 << 15 | 7 << 18 | 0 << 23,
    };
    static const uint64_t displacement[] = {0x1234, 0, (uint64_t)-8, 0x7000, 4};
    rule("descriptor-table exiting, every memory operand: Information for VM Exits Due to Instruction Execution");
    for (uint64_t op = 0; op < 8; op++)
        for (uint64_t form = 0; form < 5; form++) {
            prepare_guest(tables[op][form]);
            set_bits(PROC2, PROC2_TABLES);
            same(op << 8 | form, run_guest(), op < 4 ? 46 : 47);
            same(0x1000 | op << 8 | form, vmread(INSTRUCTION), information[form] | (op & 3) << 28);
            uint64_t wanted = form == 1 ? (uint64_t)absent_page : displacement[form];
            same(0x2000 | op << 8 | form, vmread(QUALIFICATION), wanted);
            same(0x3000 | op << 8 | form, vmread(GUEST_RIP), (uint64_t)tables[op][form] + 2 * (form == 1));
            skip_instruction();
            same(0x4000 | op << 8 | form, *(uint8_t *)vmread(GUEST_RIP), 0xf4);
        }
    rule("descriptor-table exiting, register operands: Information for VM Exits Due to Instruction Execution");
    static void (*const registers[])(void) = {t_sldt_r, t_str_r, t_lldt_r, t_ltr_r};
    static const uint64_t numbers[] = {10, 0, 8, 2};
    for (uint64_t op = 0; op < 4; op++) {
        prepare_guest(registers[op]);
        set_bits(PROC2, PROC2_TABLES);
        same(op, run_guest(), 47);
        same(0x10 | op, vmread(INSTRUCTION) & ~0x380ull, numbers[op] << 3 | 1 << 10 | op << 28);
        same(0x20 | op, vmread(QUALIFICATION), 0);
    }
    rule("descriptor-table exiting: privilege comes first, memory faults do not: Relative Priority of Faults and VM Exits");
    for (uint64_t op = 0; op < 8; op++)
        for (uint64_t umip = 0; umip < 2; umip++) {
            prepare_guest(tables[op][1]);
            set_bits(PROC2, PROC2_TABLES);
            vmwrite(GUEST_CS, 0x33);
            vmwrite(GUEST_SS, 0x2b);
            vmwrite(GUEST_RIGHTS + 2, 0xa0fb);
            vmwrite(GUEST_RIGHTS + 4, 0xc0f3);
            vmwrite(GUEST_CR4, read_cr4() | umip << 11);
            vmwrite(EXCEPTIONS, 1 << 13 | 1 << 14);
            for (uint64_t t = 0; t < 4; t++)
                page_directory[t] |= 4;
            pml4[0] |= 4;
            pdpt[0] |= 4;
            bool load = op == 2 || op == 3 || op == 6 || op == 7;
            uint64_t reason = run_guest();
            same(op << 4 | umip, reason, load || umip ? 0 : op < 4 ? 46 : 47);
        }
}

void narrow_tables(void);
__asm__(".code32\n.globl narrow_tables\nnarrow_tables: lgdt 0x10(%ecx); data16 lidt 0x20(%esi,%edi,2); addr16 sgdt 0x30(%bx,%si); vmcall\n.code64\n");

static void test_narrow_tables(void)
{
    rule("descriptor-table exiting in compatibility mode: Information for VM Exits Due to Instruction Execution");
    static const uint64_t information[] = {
        1 << 7 | 1 << 11 | 3 << 15 | 1 << 22 | 1 << 23 | 2u << 28,
        1 | 1 << 7 | 3 << 15 | 7 << 18 | 6 << 23 | 3u << 28,
        0 | 1 << 11 | 3 << 15 | 6 << 18 | 3 << 23,
    };
    prepare_guest(narrow_tables);
    set_bits(PROC2, PROC2_TABLES);
    vmwrite(GUEST_CS, 0x18);
    vmwrite(GUEST_RIGHTS + 2, 0xc09b);
    for (uint64_t i = 0; i < 3; i++) {
        same(i, run_guest(), 46);
        same(0x10 | i, vmread(INSTRUCTION), information[i]);
        same(0x20 | i, vmread(QUALIFICATION), 0x10 * (i + 1));
        skip_instruction();
    }
    rule("VMCALL exits from compatibility mode: VMCALL");
    same(0, run_guest(), 18);
}

static void io_pass(void) { __asm__ volatile("mov $0x5000, %%dx; in %%dx, %%al; out %%al, %%dx; hlt" ::: "rax", "rdx"); }
GUEST_CODE(io_in_byte, "inb $0x10, %al");
GUEST_CODE(io_out_word, "mov $0x8000, %dx; outw %ax, %dx");
GUEST_CODE(io_in_long, "mov $0x7fff, %dx; inl %dx, %eax");
GUEST_CODE(io_wrap, "mov $0xffff, %dx; inl %dx, %eax");
GUEST_CODE(io_outs, "mov $0x9000, %dx; mov $3, %ecx; lea bytes(%rip), %rsi; rep outsb");
GUEST_CODE(io_ins, "mov $0x9000, %dx; lea bytes(%rip), %rdi; insw");
GUEST_CODE(io_none, "mov $0x9000, %dx; xor %ecx, %ecx; rep outsb");
__asm__(".data\n.globl bytes, word\nbytes: .quad 0\nword: .quad 0x7788\n.text\n");
extern uint8_t bytes[], word[];

static void start_io(void (*code)(void))
{
    prepare_guest(code);
    set_bits(PROC, PROC_IO_BITMAPS | PROC_IO);
    vmwrite(IO_A, (uint64_t)bitmap[0]);
    vmwrite(IO_B, (uint64_t)bitmap[1]);
}

static void test_ports(void)
{
    rule("I/O bitmaps: Instructions That Cause VM Exits Conditionally");
    memset(bitmap, 0, sizeof bitmap);
    static const struct { void (*code)(void); uint64_t port, qualification; } cases[] = {
        {io_in_byte, 0x10, 0x100048}, {io_out_word, 0x8001, 0x80000001}, {io_in_long, 0x8002, 0x7fff000b},
        {io_in_long, 0x7fff, 0x7fff000b}, {io_outs, 0x9000, 0x90000030}, {io_ins, 0x9001, 0x90000019},
    };
    start_io(io_pass);
    same(0, run_guest(), 12);
    for (uint64_t i = 0; i < 6; i++) {
        uint64_t port = cases[i].port;
        start_io(cases[i].code);
        same(0x10 | i, run_guest(), 12);
        bitmap[port >> 15][(port & 0x7fff) >> 3] = (uint8_t)(1 << (port & 7));
        start_io(cases[i].code);
        same(0x20 | i, run_guest(), 30);
        same(0x30 | i, vmread(QUALIFICATION), cases[i].qualification);
        if (i >= 4) {
            same(0x40 | i, vmread(LINEAR), (uint64_t)bytes);
            same(0x50 | i, vmread(INSTRUCTION) & 0x380, 2 << 7);
        }
        bitmap[port >> 15][(port & 0x7fff) >> 3] = 0;
    }
    start_io(io_wrap);
    same(0x60, run_guest(), 30);
    rule("unconditional I/O exiting: Instructions That Cause VM Exits Conditionally");
    prepare_guest(io_pass);
    set_bits(PROC, PROC_IO);
    same(0, run_guest(), 30);
    prepare_guest(io_none);
    set_bits(PROC, PROC_IO);
    same(1, run_guest(), 12);
}

GUEST_CODE(cr_write, "mov %rsi, %cr0; mov %rdi, %cr4; mov %cr0, %rax; mov %cr4, %rbx");
GUEST_CODE(cr_clts, "clts; mov %cr0, %rax");
GUEST_CODE(cr_lmsw, "lmsw %si; mov %cr0, %rax");
GUEST_CODE(cr_lmsw_memory, "lmsw word(%rip)");
GUEST_CODE(cr_smsw, "smsw %rax");

static void test_shadows(void)
{
    uint64_t cr0 = read_cr0(), cr4 = read_cr4();
    rule("CR0 and CR4 masks and shadows: Changes to Instruction Behavior in VMX Non-Root Operation");
    for (uint64_t bits = 0; bits < 16; bits++) {
        uint64_t mask = bits & 1 ? 0xa : 0, shadow = bits & 2 ? 8 : 0, value = bits & 4 ? 8 : 0, own = bits & 8 ? 2 : 0;
        prepare_guest(cr_write);
        vmwrite(CR0_MASK, mask);
        vmwrite(CR0_SHADOW, shadow | 2);
        vmwrite(CR4_MASK, mask ? 4 : 0);
        vmwrite(CR4_SHADOW, shadow ? 4 : 0);
        guest_registers[6] = (cr0 & ~0xaull) | value | (mask ? 2 : own);
        guest_registers[7] = (cr4 & ~4ull) | (value ? 4 : 0);
        bool exits = mask && shadow != value;
        same(bits, run_guest(), exits ? 28 : 12);
        if (exits) {
            same(0x10 | bits, vmread(QUALIFICATION), 0x600);
            continue;
        }
        same(0x20 | bits, guest_registers[0] & 0xa, mask ? shadow | 2 : value | own);
        same(0x30 | bits, guest_registers[3] & 4, mask ? shadow >> 1 : value >> 1);
        same(0x40 | bits, vmread(GUEST_CR0) & 0xa, mask ? cr0 & 0xa : value | own);
    }
    rule("CLTS, LMSW and SMSW: Changes to Instruction Behavior in VMX Non-Root Operation");
    for (uint64_t bits = 0; bits < 4; bits++) {
        prepare_guest(cr_clts);
        vmwrite(GUEST_CR0, cr0 | 8);
        vmwrite(CR0_MASK, bits & 1 ? 8 : 0);
        vmwrite(CR0_SHADOW, bits & 2 ? 8 : 0);
        same(bits, run_guest(), bits == 3 ? 28 : 12);
        same(4 | bits, vmread(GUEST_CR0) & 8, bits & 1 ? 8 : 0);
        if (bits == 3)
            same(8, vmread(QUALIFICATION), 0x20);
    }
    prepare_guest(cr_lmsw);
    vmwrite(CR0_MASK, 8);
    vmwrite(CR0_SHADOW, 0);
    guest_registers[6] = 0xf009;
    same(0x10, run_guest(), 28);
    same(0x11, vmread(QUALIFICATION), 0xf0090030);
    prepare_guest(cr_lmsw_memory);
    vmwrite(CR0_MASK, 8);
    same(0x12, run_guest(), 28);
    same(0x13, vmread(QUALIFICATION), 0x77880070);
    same(0x14, vmread(LINEAR), (uint64_t)word);
    prepare_guest(cr_lmsw);
    vmwrite(CR0_MASK, 1);
    vmwrite(CR0_SHADOW, 1);
    guest_registers[6] = 0;
    same(0x15, run_guest(), 12);
    same(0x16, vmread(GUEST_CR0) & 1, 1);
    prepare_guest(cr_smsw);
    vmwrite(CR0_MASK, 8);
    vmwrite(CR0_SHADOW, 8);
    run_guest();
    same(0x17, guest_registers[0] & 8, 8);
    vmwrite(CR0_MASK, 0);
    vmwrite(CR4_MASK, 0);
}

static void test_msr_areas(void)
{
    static struct { uint32_t index, reserved; uint64_t value; } load[520], store[520];
    rule("IA32_TSC in MSR areas is the processor's: Saving MSRs");
    prepare_guest(at_halt);
    set_bits(PROC, PROC_TSC_OFFSET);
    vmwrite(TSC_OFFSET, 1ull << 40);
    store[0].index = 0x10;
    vmwrite(EXIT_STORE, (uint64_t)store);
    vmwrite(EXIT_STORE_COUNT, 1);
    uint64_t before = rdtsc();
    run_guest();
    same(0, store[0].value >= before && store[0].value <= rdtsc(), 1);
    rule("as many entries as IA32_VMX_MISC recommends: Miscellaneous Data");
    uint64_t most = ((rdmsr(0x485) >> 25 & 7) + 1) * 512;
    for (uint64_t i = 0; i < 520; i++) {
        load[i].index = store[i].index = 0xc0000102;
        load[i].value = i;
    }
    vmwrite(ENTRY_LOAD, (uint64_t)load);
    vmwrite(EXIT_LOAD, (uint64_t)load);
    vmwrite(EXIT_LOAD_COUNT, most);
    vmwrite(EXIT_STORE_COUNT, most);
    vmwrite(ENTRY_LOAD_COUNT, most);
    vmwrite(GUEST_RIP, (uint64_t)at_halt);
    same(0, run_guest(), 12);
    same(1, store[most - 1].value, most - 1);
    vmwrite(ENTRY_LOAD_COUNT, most + 1);
    same(2, run_guest(), FAIL_MSRS);
    same(3, vmread(QUALIFICATION), most + 1);
    rule("MSRs that an entry cannot load: Loading MSRs");
    static const uint32_t banned[] = {0xc0000100, 0xc0000101, 0x800, 0x8ff, 0x9b, 0x12345678};
    for (uint64_t i = 0; i < 6; i++) {
        load[1].index = banned[i];
        vmwrite(ENTRY_LOAD_COUNT, 2);
        vmwrite(EXIT_LOAD_COUNT, 0);
        same(i, run_guest(), FAIL_MSRS);
        same(8 + i, vmread(QUALIFICATION), 2);
    }
    load[1].index = 0xc0000102;
    load[1].reserved = 1;
    same(16, run_guest(), FAIL_MSRS);
    load[1].reserved = 0;
    load[1].value = 1ull << 63;
    same(17, run_guest(), FAIL_MSRS);
    vmwrite(ENTRY_LOAD, 0x3fffffff0000);
    same(18, run_guest(), FAIL_MSRS);
    same(19, vmread(QUALIFICATION), 1);
    wrmsr(0xc0000102, 0);
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    prepare_vmx();
    test_regions();
    launch_states();
    test_operands();
    test_vmxon();
    test_intercepts();
    test_ports();
    test_shadows();
    test_msr_areas();
    test_narrow_tables();
    test_tables();
    test_pause_loops();
    finish_rules();
}
