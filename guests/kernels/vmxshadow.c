/*
 * Shadow VMCSs: which regions VMPTRLD takes, what VM entry wants of the VMCS link pointer, and VMREAD and VMWRITE
 * of a guest for every encoding (SDM volume 3, "Shadow and Ordinary VMCSs", "VMCS Shadowing", "Changes to
 * Instruction Behavior in VMX Non-Root Operation"). Without the control, rules about regions are all there is.
 */
#include "rules.h"

#define SHADOW (1u << 31)
enum { ENCODINGS = 0x8000, FLAGS = 0x8d5, CF = 1, ZF = 1 << 6, USER_GP = 13 };

static uint8_t shadow[4096] __attribute__((aligned(4096)));
static uint8_t other[4096] __attribute__((aligned(4096)));
static uint8_t read_bitmap[4096] __attribute__((aligned(4096)));
static uint8_t write_bitmap[4096] __attribute__((aligned(4096)));
static bool exists[ENCODINGS];
static uint32_t revision;
uint64_t memory_operand;

/* RBX has the encoding, RAX the value; flags go to RCX. */
void guest_vmread(void);
void guest_vmwrite(void);
void guest_vmread_memory(void);
void guest_vmwrite_memory(void);
__asm__(".globl guest_vmread, guest_vmwrite, guest_vmread_memory, guest_vmwrite_memory\n"
        "guest_vmread: vmread %rbx, %rax; pushfq; pop %rcx; hlt\n"
        "guest_vmwrite: vmwrite %rax, %rbx; pushfq; pop %rcx; hlt\n"
        "guest_vmread_memory: vmread %rbx, memory_operand; pushfq; pop %rcx; hlt\n"
        "guest_vmwrite_memory: vmwrite memory_operand, %rbx; pushfq; pop %rcx; hlt\n");

static bool has_shadowing(void) { return rdmsr(0x48b) >> (32 + 14) & 1; }

static void start(void (*function)(void))
{
    prepare_guest(function);
    vmwrite(VMREAD_BITMAP, (uint64_t)read_bitmap);
    vmwrite(VMWRITE_BITMAP, (uint64_t)write_bitmap);
    vmwrite(LINK, (uint64_t)shadow);
    set_bits(PROC2, PROC2_SHADOWING);
    vmwrite(GUEST_RFLAGS, 2 | FLAGS);
}

/* Runs one instruction of the guest; flags are those behind it. */
static uint64_t run(void (*function)(void), uint64_t encoding, uint64_t value)
{
    vmwrite(GUEST_RIP, (uint64_t)function);
    vmwrite(GUEST_RFLAGS, 2 | FLAGS);
    guest_registers[0] = value;
    guest_registers[3] = encoding;
    return run_guest();
}

static uint64_t flags(void) { return guest_registers[1] & FLAGS; }

static uint64_t in_shadow(uint64_t encoding)
{
    vmptrld((uint64_t)shadow);
    uint64_t value = vmread(encoding);
    vmptrld((uint64_t)vmcs);
    return value;
}

static uint64_t cookie(uint64_t encoding)
{
    static const uint64_t widths[] = {0xffff, ~0ull, 0xffffffff, ~0ull};
    uint64_t mask = encoding & 1 ? 0xffffffff : widths[encoding >> 13];
    return (encoding * 0x0123456789abcdefull + 0x1111) & mask;
}

static void test_regions(void)
{
    prepare_guest(guest_vmread);
    rule("VMPTRLD takes a shadow VMCS if there is shadowing: VMPTRLD");
    same(0, (uint64_t)vmclear((uint64_t)shadow), 0);
    same(1, (uint64_t)vmptrld((uint64_t)shadow), has_shadowing() ? 0 : 11);
    *(uint32_t *)other = (revision ^ 1) | SHADOW;
    same(2, (uint64_t)vmptrld((uint64_t)other), 11);
    rule("the VMXON region is no shadow VMCS: VMXON");
    vmclear((uint64_t)shadow);
    vmclear((uint64_t)vmcs);
    vmxoff();
    *(uint32_t *)vmxon_region = revision | SHADOW;
    same(0, (uint64_t)vmxon((uint64_t)vmxon_region), (uint64_t)-1);
    *(uint32_t *)vmxon_region = revision;
    same(1, (uint64_t)vmxon((uint64_t)vmxon_region), 0);
    rule("VM entry with a shadow VMCS is VMfailInvalid, launched or clear: Basic VM-Entry Checks");
    if (has_shadowing()) {
        prepare_guest(guest_vmread);
        vmclear((uint64_t)shadow);
        vmptrld((uint64_t)shadow);
        same(0, run_guest(), 0x1ffff);
        vmptrld((uint64_t)vmcs);
        same(1, run_guest(), 23);
        vmptrld((uint64_t)shadow);
        same(2, run_guest(), 0x1ffff);
        vmptrld((uint64_t)vmcs);
        same(3, run_guest(), 23);
        vmclear((uint64_t)shadow);
    } else {
        same(0, 0, 0);
    }
}

static void test_fields(void)
{
    rule("a field exists with the feature that it is for: VMREAD");
    static const struct { uint16_t field; uint8_t control; } of_secondary[] = {
        {GUEST_STATUS, 9}, {EOI_BITMAP, 9}, {EOI_BITMAP + 6, 9}, {POSTED_DESCRIPTOR, 9}, {NOTIFICATION_VECTOR, 9},
        {VMFUNC_CONTROLS, 13}, {EPTP_LIST, 13}, {VMREAD_BITMAP, 14}, {VMWRITE_BITMAP, 14}, {PML_ADDRESS, 17},
        {PML_INDEX, 17}, {VE_AREA, 18}, {EPTP_INDEX, 18}, {TSC_MULTIPLIER, 25}, {EPTP, 1}, {VPID, 5},
        {APIC_ACCESS, 0}};
    prepare_guest(guest_vmread);
    uint64_t highest = 0;
    for (uint64_t i = 0; i < sizeof of_secondary / sizeof *of_secondary; i++) {
        bool has = rdmsr(0x48b) >> (32 + of_secondary[i].control) & 1;
        same(of_secondary[i].field, (uint64_t)vmread_outcome(of_secondary[i].field), has ? 0 : 12);
        same(of_secondary[i].field | 1 << 16, (uint64_t)vmwrite(of_secondary[i].field, 0), has ? 0 : 12);
    }
    for (uint64_t e = 0; e < ENCODINGS; e += 2)
        if (vmread_outcome(e) == 0 && (e >> 1 & 0x1ff) > highest)
            highest = e >> 1 & 0x1ff;
    same(1ull << 32, rdmsr(0x48a), highest << 1);
}

static uint64_t entry_with_link(uint64_t link, bool shadowing, uint32_t header)
{
    start(guest_vmread);
    if (!shadowing)
        clear_bits(PROC2, PROC2_SHADOWING);
    *(uint32_t *)other = header;
    vmwrite(LINK, link);
    uint64_t reason = run_guest();
    return reason == FAIL_GUEST ? reason | vmread(QUALIFICATION) << 32 : reason;
}

static void test_entry(void)
{
    uint64_t refused = FAIL_GUEST | 4ull << 32, page = (uint64_t)other;
    rule("the linked VMCS is a shadow VMCS if and only if there is shadowing: Checks on Guest Non-Register State");
    same(0, entry_with_link(page, true, revision | SHADOW), 12);
    same(1, entry_with_link(page, true, revision), refused);
    same(2, entry_with_link(page, false, revision), 23);
    same(3, entry_with_link(page, false, revision | SHADOW), refused);
    for (uint64_t bit = 0; bit < 31; bit++)
        same(0x10 + bit, entry_with_link(page, true, (revision ^ 1u << bit) | SHADOW), refused);
    same(4, entry_with_link((uint64_t)vmcs, true, 0), refused);
    same(5, entry_with_link((uint64_t)vmcs, false, 0), refused);
    same(6, entry_with_link(page + 8, true, revision | SHADOW), refused);
    same(7, entry_with_link(~0ull, true, 0), 12);
    same(8, entry_with_link(~0ull, false, 0), 23);
    rule("addresses of the bitmaps: VM-Execution Control Fields");
    for (uint64_t field = VMREAD_BITMAP; field <= VMWRITE_BITMAP; field += 2)
        for (uint64_t bit = 0; bit < 64; bit++)
            if (bit < 12 || bit >= 46) {
                start(guest_vmread);
                vmwrite(field, vmread(field) | 1ull << bit);
                same(field << 8 | bit, run_guest(), FAIL_CONTROLS);
                clear_bits(PROC2, PROC2_SHADOWING);
                vmwrite(LINK, ~0ull);
                same(field << 8 | bit | 1ull << 32, run_guest(), 23);
            }
}

static void find_fields(void)
{
    start(guest_vmread);
    for (uint64_t e = 0; e < ENCODINGS; e++)
        exists[e] = vmread_outcome(e) == 0;
    vmclear((uint64_t)shadow);
    vmptrld((uint64_t)shadow);
    for (uint64_t e = 0; e < ENCODINGS; e += 2)
        if (exists[e])
            vmwrite(e, cookie(e));
    vmptrld((uint64_t)vmcs);
}

static void test_reads(void)
{
    rule("VMREAD of every encoding whose bit is clear: VMREAD");
    for (uint64_t e = 0; e < ENCODINGS; e++) {
        vmwrite(INSTRUCTION_ERROR, 0);
        same(e, run(guest_vmread, e, 0x99), 12);
        same(e | 1 << 16, flags(), exists[e] ? 0 : ZF);
        same(e | 2 << 16, guest_registers[0], !exists[e] ? 0x99 : e & 1 ? cookie(e - 1) >> 32 : cookie(e));
        same(e | 3 << 16, vmread(INSTRUCTION_ERROR), exists[e] ? 0 : 12);
    }
    rule("VMREAD of an encoding whose bit is set exits: VMCS Shadowing");
    for (uint64_t e = 0; e < ENCODINGS; e += e < 64 ? 1 : 61) {
        read_bitmap[e / 8] |= 1 << e % 8;
        same(e, run(guest_vmread, e, 0), 23);
        same(e | 1 << 16, vmread(LENGTH), 3);
        same(e | 2 << 16, vmread(INSTRUCTION) >> 28, 3);
        same(e | 3 << 16, run(guest_vmread, e ^ 1, 0), 12);
        same(e | 4 << 16, run(guest_vmwrite, e ^ 1, cookie(e ^ 1)), 12);
        read_bitmap[e / 8] = 0;
    }
    rule("VMREAD of an encoding beyond 15 bits exits: VMREAD");
    for (uint64_t bit = 15; bit < 64; bit++)
        same(bit, run(guest_vmread, 1ull << bit, 0), 23);
    rule("VMREAD to memory: VMREAD");
    memory_operand = 0;
    same(0, run(guest_vmread_memory, GUEST_RIP, 0), 12);
    same(1, memory_operand, cookie(GUEST_RIP));
}

static void test_writes(void)
{
    rule("VMWRITE of every field whose bit is clear, and of what is none: VMWRITE");
    for (uint64_t e = 0; e < ENCODINGS; e++) {
        vmwrite(INSTRUCTION_ERROR, 0);
        uint64_t high = exists[e] && (e & 1) ? in_shadow(e - 1) & 0xffffffff : 0;
        same(e, run(guest_vmwrite, e, ~cookie(e)), 12);
        same(e | 1 << 16, flags(), exists[e] ? 0 : ZF);
        same(e | 2 << 16, vmread(INSTRUCTION_ERROR), exists[e] ? 0 : 12);
        if (!exists[e])
            continue;
        static const uint64_t widths[] = {0xffff, ~0ull, 0xffffffff, ~0ull};
        uint64_t wanted = ~cookie(e) & (e & 1 ? 0xffffffff : widths[e >> 13]);
        same(e | 3 << 16, in_shadow(e), wanted);
        if (e & 1)
            same(e | 4 << 16, in_shadow(e - 1), wanted << 32 | high);
    }
    rule("VMWRITE of an encoding whose bit is set exits: VMCS Shadowing");
    for (uint64_t e = 0; e < ENCODINGS; e += e < 64 ? 1 : 61) {
        write_bitmap[e / 8] |= 1 << e % 8;
        uint64_t before = exists[e] ? in_shadow(e) : 0;
        same(e, run(guest_vmwrite, e, 0x55), 25);
        same(e | 1 << 16, exists[e] ? in_shadow(e) : 0, before);
        same(e | 2 << 16, run(guest_vmread, e, 0), 12);
        write_bitmap[e / 8] = 0;
    }
    rule("VMWRITE of an encoding beyond 15 bits exits: VMWRITE");
    for (uint64_t bit = 15; bit < 64; bit++)
        same(bit, run(guest_vmwrite, 1ull << bit, 0), 25);
    rule("VMWRITE from memory: VMWRITE");
    memory_operand = 0x123456789abcdef0;
    same(0, run(guest_vmwrite_memory, GUEST_RIP, 0), 12);
    same(1, in_shadow(GUEST_RIP), memory_operand);
}

static void test_no_shadow(void)
{
    rule("without a shadow VMCS both are VMfailInvalid: VMREAD, VMWRITE");
    start(guest_vmread);
    vmwrite(LINK, ~0ull);
    for (uint64_t e = 0; e < ENCODINGS; e += 0x1ff) {
        same(e, run(guest_vmread, e, 0x77), 12);
        same(e | 1 << 16, flags(), CF);
        same(e | 2 << 16, guest_registers[0], 0x77);
        same(e | 3 << 16, run(guest_vmwrite, e, 0x77), 12);
        same(e | 4 << 16, flags(), CF);
    }
    rule("without the control both exit: VMCS Shadowing");
    clear_bits(PROC2, PROC2_SHADOWING);
    same(0, run(guest_vmread, GUEST_RIP, 0), 23);
    same(1, run(guest_vmwrite, GUEST_RIP, 0), 25);
    rule("an exit comes before privilege, and privilege before the access: VMREAD, VMWRITE");
    for (int i = 0; i < 4; i++)
        pdpt[i] |= 4;
    pml4[0] |= 4;
    for (int i = 0; i < 2048; i++)
        page_directory[i] |= 4;
    start(guest_vmread);
    vmwrite(EXCEPTIONS, 1 << 13);
    vmwrite(GUEST_CS, 0x33);
    vmwrite(GUEST_RIGHTS + 2, 0xa0fb);
    vmwrite(GUEST_SS, 0x2b);
    vmwrite(GUEST_RIGHTS + 4, 0xc0f3);
    same(0, run(guest_vmread, GUEST_RIP, 0), 0);
    same(1, vmread(INTERRUPTION) & 0xff, USER_GP);
    same(2, run(guest_vmwrite, GUEST_RIP, 0), 0);
    same(3, vmread(INTERRUPTION) & 0xff, USER_GP);
    read_bitmap[GUEST_RIP / 8] = write_bitmap[GUEST_RIP / 8] = 0xff;
    same(4, run(guest_vmread, GUEST_RIP, 0), 23);
    same(5, run(guest_vmwrite, GUEST_RIP, 0), 25);
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    prepare_vmx();
    revision = (uint32_t)rdmsr(0x480) & 0x7fffffff;
    *(uint32_t *)shadow = revision | SHADOW;
    test_regions();
    test_fields();
    if (has_shadowing()) {
        test_entry();
        find_fields();
        test_reads();
        test_writes();
        test_no_shadow();
    }
    finish_rules();
}
