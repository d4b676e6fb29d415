/*
 * Where the field has no tests: EPTP switching, virtualization exceptions, page-modification logging
 * and stale translations in their corners (SDM volume 3, "EPTP Switching", "Virtualization
 * Exceptions", "Page-Modification Logging", "Caching Translation Information"). One case a rule.
 */
#include "rules.h"

/* Two pages, one behind the other. */
extern uint8_t first[4096], second[4096];
__asm__(".bss\n.balign 4096\n.globl first, second\nfirst: .skip 4096\nsecond: .skip 4096\n.text\n");
static uint64_t leaves[512] __attribute__((aligned(4096)));
static uint64_t log_page[512] __attribute__((aligned(4096)));
static uint64_t list[512] __attribute__((aligned(4096)));
static uint64_t view_pml4[512] __attribute__((aligned(4096)));
static uint64_t view_pdpt[512] __attribute__((aligned(4096)));
static uint64_t view_directory[512] __attribute__((aligned(4096)));
static uint64_t view_leaves[512] __attribute__((aligned(4096)));
static uint8_t area[4096] __attribute__((aligned(4096)));

#define GUEST_CODE(name, code) void name(void); __asm__(".globl " #name "\n" #name ": " code "; hlt\n")

GUEST_CODE(read_first, "mov first(%rip), %al");
GUEST_CODE(write_first, "movb $1, first(%rip)");
GUEST_CODE(write_both, "movb $1, first(%rip); movb $1, second(%rip)");
GUEST_CODE(write_again, "movb $1, first+8(%rip); movb $1, first+16(%rip)");
GUEST_CODE(fetch_first, "call first");
GUEST_CODE(cross, "movq $1, first+4092(%rip)");
GUEST_CODE(add_first, "lock addl $1, first(%rip)");
GUEST_CODE(compare_first, "mov $1, %eax; mov $2, %ecx; lock cmpxchg %ecx, first(%rip)");
GUEST_CODE(string_store, "lea first+4090(%rip), %rdi; mov $12, %ecx; mov $7, %al; rep stosb");
GUEST_CODE(switch_and_read, "xor %eax, %eax; vmfunc; mov first(%rip), %dl");
GUEST_CODE(switch_and_write, "xor %eax, %eax; vmfunc; movb $9, first(%rip)");
GUEST_CODE(switch_back, "xor %eax, %eax; mov $1, %ecx; vmfunc; movb $9, first(%rip); xor %ecx, %ecx; vmfunc; mov first(%rip), %dl");
GUEST_CODE(switch_flags, "mov $-1, %rcx; shl $32, %rcx; xor %eax, %eax; stc; vmfunc; setc %bl");
GUEST_CODE(wide_function, "mov $1, %eax; shl $32, %rax; mov $1, %ecx; vmfunc");
GUEST_CODE(function_63, "mov $63, %eax; vmfunc");
GUEST_CODE(function_64, "mov $64, %eax; vmfunc");
GUEST_CODE(push_on_first, "lea first+64(%rip), %rsp; int $0x80");

static uint64_t *leaf(void *address) { return &leaves[(uint64_t)address >> 12 & 511]; }
static uint64_t *view_leaf(void *address) { return &view_leaves[(uint64_t)address >> 12 & 511]; }
static uint64_t view(void) { return (uint64_t)view_pml4 | 0x5e; }

static void start(void (*code)(void))
{
    prepare_guest(code);
    vmwrite(EPTP, (uint64_t)ept_pml4 | 0x5e);
    vmwrite(VPID, 1);
    set_bits(PROC2, PROC2_EPT | PROC2_VPID);
    vmwrite(EPTP_INDEX, 0);
    *leaf(first) = (uint64_t)first | 0x37;
    *leaf(second) = (uint64_t)second | 0x37;
    invept(2, 0, 0);
    invvpid(2, 0, 0);
}

static void again(void (*code)(void)) { vmwrite(GUEST_RIP, (uint64_t)code); }

/* Runs code so that the flags of everything but the page under test are set. */
static void warm(void (*code)(void))
{
    start(code);
    run_guest();
    *leaf(first) &= ~0x300ull;
    *leaf(second) &= ~0x300ull;
    invept(1, vmread(EPTP), 0);
    again(code);
}

static void start_functions(void (*code)(void))
{
    start(code);
    set_bits(PROC2, PROC2_FUNCTIONS);
    vmwrite(VMFUNC_CONTROLS, 1);
    vmwrite(EPTP_LIST, (uint64_t)list);
    memset(list, 0, sizeof list);
    list[0] = (uint64_t)ept_pml4 | 0x5e;
    list[1] = view();
    memcpy(view_leaves, leaves, sizeof leaves);
    *view_leaf(first) = (uint64_t)second | 0x37;
}

static void set_up_view(void)
{
    uint64_t slot = (uint64_t)first >> 21;
    memcpy(view_pml4, ept_pml4, sizeof view_pml4);
    memcpy(view_pdpt, ept_pdpt, sizeof view_pdpt);
    memcpy(view_directory, ept_directory, sizeof view_directory);
    view_pml4[0] = (uint64_t)view_pdpt | 7;
    view_pdpt[0] = (uint64_t)view_directory | 7;
    view_directory[slot] = (uint64_t)view_leaves | 7;
}

static void test_switching(void)
{
    first[0] = 0x11;
    second[0] = 0x22;
    rule("the next access goes through the new view: EPTP Switching");
    start_functions(switch_and_read);
    guest_registers[1] = 1;
    same(0, run_guest(), 12);
    same(1, guest_registers[2] & 0xff, 0x22);
    same(2, vmread(EPTP), view());
    same(3, vmread(EPTP_INDEX), 1);
    rule("translations of both views are kept: EPTP Switching");
    start_functions(switch_back);
    same(0, run_guest(), 12);
    same(1, guest_registers[2] & 0xff, 0x11);
    same(2, second[0], 9);
    second[0] = 0x22;
    rule("D is set in the tables of the view alone: EPTP Switching");
    start_functions(switch_and_write);
    guest_registers[1] = 1;
    run_guest();
    same(0, *view_leaf(first) & 0x300, 0x300);
    same(1, *leaf(first) & 0x300, 0);
    second[0] = 0x22;
    rule("a view where the page is missing exits with its violation: EPTP Switching");
    start_functions(switch_and_read);
    *view_leaf(first) = 0;
    guest_registers[1] = 1;
    same(0, run_guest(), 48);
    same(1, vmread(GPA), (uint64_t)first);
    same(2, vmread(EPTP), view());
    rule("entries that VM entry would refuse exit and change nothing: EPTP Switching");
    static const uint64_t bad[] = {0, 0x5f, 0x56, 0x66, 0x15e, 1ull << 60 | 0x5e};
    for (uint64_t i = 0; i < 6; i++) {
        start_functions(switch_and_read);
        list[2] = bad[i] ? (uint64_t)view_pml4 | bad[i] : 1;
        guest_registers[1] = 2;
        same(i, run_guest(), 59);
        same(8 + i, vmread(EPTP), list[0]);
        same(16 + i, vmread(EPTP_INDEX), 0);
        same(24 + i, vmread(LENGTH), 3);
        same(32 + i, vmread(QUALIFICATION), 0);
    }
    rule("ECX beyond the list exits: EPTP Switching");
    for (uint64_t i = 0; i < 3; i++) {
        start_functions(switch_and_read);
        guest_registers[1] = i == 0 ? 512 : i == 1 ? 0xffffffff : 0x10000;
        same(i, run_guest(), 59);
    }
    rule("EAX and ECX are 32 bits, flags stay: VMFUNC");
    start_functions(switch_flags);
    guest_registers[3] = 0;
    same(0, run_guest(), 12);
    same(1, guest_registers[3] & 0xff, 1);
    start_functions(wide_function);
    same(2, run_guest(), 12);
    same(3, vmread(EPTP_INDEX), 1);
    rule("functions without a control exit, those beyond 63 are #UD: VMFUNC");
    start_functions(function_63);
    same(0, run_guest(), 59);
    start_functions(function_64);
    vmwrite(EXCEPTIONS, 1 << 6);
    same(1, run_guest(), 0);
    start(function_63);
    vmwrite(EXCEPTIONS, 1 << 6);
    same(2, run_guest(), 0);
    rule("VMFUNC works at CPL 3: VMFUNC");
    start_functions(switch_and_read);
    vmwrite(GUEST_CS, 0x33);
    vmwrite(GUEST_SS, 0x2b);
    vmwrite(GUEST_RIGHTS + 2, 0xa0fb);
    vmwrite(GUEST_RIGHTS + 4, 0xc0f3);
    vmwrite(EXCEPTIONS, 1 << 13);
    guest_registers[1] = 1;
    same(0, run_guest(), 0);
    same(1, vmread(EPTP), view());
    same(2, guest_registers[2] & 0xff, 0x22);
}

static volatile uint64_t raised;

static void on_exception(struct frame *f)
{
    if (f->vector == 20) {
        raised++;
        *leaf(first) |= 7;
        *(uint32_t *)(area + 4) = 0;
    }
}

static void start_exceptions(void (*code)(void))
{
    start(code);
    set_bits(PROC2, PROC2_VE);
    vmwrite(VE_AREA, (uint64_t)area);
    memset(area, 0, sizeof area);
    handler = on_exception;
    raised = 0;
}

static void test_exceptions(void)
{
    rule("each access is converted with its qualification: Convertible EPT Violations");
    void (*const codes[])(void) = {read_first, write_first, fetch_first};
    first[0] = 0xc3;
    for (uint64_t i = 0; i < 3; i++) {
        start_exceptions(codes[i]);
        *leaf(first) &= ~7ull;
        vmwrite(EPTP_INDEX, 0x1234);
        same(i, run_guest(), 12);
        same(4 + i, raised, 1);
        same(8 + i, *(uint64_t *)(area + 8) & 0x1ff, 0x180 | 1ull << i);
        same(12 + i, *(uint64_t *)(area + 16), (uint64_t)first);
        same(16 + i, *(uint64_t *)(area + 24), (uint64_t)first);
        same(20 + i, *(uint32_t *)area, 48);
        same(24 + i, *(uint16_t *)(area + 32), 0x1234);
        first[0] = 0xc3;
    }
    rule("the information area is written once, until bytes 7:4 are 0: Virtualization-Exception Information Area");
    start_exceptions(read_first);
    *(uint32_t *)(area + 4) = 1;
    *leaf(first) &= ~7ull;
    same(0, run_guest(), 48);
    same(1, *(uint32_t *)area, 0);
    *(uint32_t *)(area + 4) = 0;
    handler = 0;
    vmwrite(EXCEPTIONS, 1 << 20);
    again(read_first);
    same(2, run_guest(), 0);
    same(3, vmread(INTERRUPTION), 0x80000314);
    same(4, *(uint32_t *)(area + 4), 0xffffffff);
    rule("bit 63 of the entry that ended the walk suppresses it: Convertible EPT Violations");
    start_exceptions(read_first);
    *leaf(first) = (*leaf(first) & ~7ull) | 1ull << 63;
    same(0, run_guest(), 48);
    start_exceptions(write_first);
    *leaf(first) = (*leaf(first) & ~2ull) | 1ull << 63;
    same(1, run_guest(), 48);
    uint64_t *directory = &ept_directory[(uint64_t)first >> 21];
    uint64_t old = *directory;
    rule("bit 63 of a present entry above counts for nothing: Convertible EPT Violations");
    start_exceptions(read_first);
    *directory |= 1ull << 63;
    *leaf(first) &= ~7ull;
    same(0, run_guest(), 12);
    same(1, raised, 1);
    *directory = old;
    rule("misconfigurations are never converted: Convertible EPT Violations");
    start_exceptions(read_first);
    *leaf(first) = (*leaf(first) & ~7ull) | 2;
    same(0, run_guest(), 49);
    rule("a violation of event delivery is not converted: Convertible EPT Violations");
    start_exceptions(push_on_first);
    *leaf(first) &= ~7ull;
    uint64_t reason = run_guest();
    same(0, reason, 48);
    same(1, vmread(VECTORING), 0x80000480);
    same(2, raised, 0);
    handler = 0;
}

static void start_logging(void (*code)(void), uint64_t index)
{
    warm(code);
    set_bits(PROC2, PROC2_PML);
    vmwrite(PML_ADDRESS, (uint64_t)log_page);
    vmwrite(PML_INDEX, index);
    memset(log_page, 0, sizeof log_page);
}

static void test_logging(void)
{
    rule("one entry a page, downwards: Page-Modification Logging");
    start_logging(write_both, 511);
    same(0, run_guest(), 12);
    same(1, vmread(PML_INDEX), 509);
    same(2, log_page[511], (uint64_t)first);
    same(3, log_page[510], (uint64_t)second);
    again(write_both);
    run_guest();
    same(4, vmread(PML_INDEX), 509);
    rule("reads and fetches are not logged: Page-Modification Logging");
    void (*const quiet[])(void) = {read_first, fetch_first};
    first[0] = 0xc3;
    for (uint64_t i = 0; i < 2; i++) {
        start_logging(quiet[i], 511);
        same(i, run_guest(), 12);
        same(2 + i, vmread(PML_INDEX), 511);
        same(4 + i, *leaf(first) & 0x300, 0x100);
    }
    rule("locked updates are logged, even if they compare unequal: Page-Modification Logging");
    void (*const updates[])(void) = {add_first, compare_first};
    for (uint64_t i = 0; i < 2; i++) {
        start_logging(updates[i], 511);
        *(uint32_t *)first = 0x55;
        same(i, run_guest(), 12);
        same(2 + i, log_page[511], (uint64_t)first);
    }
    rule("an index outside 0 to 511 exits at the first update of a flag: Page-Modification Logging");
    static const uint64_t indices[] = {512, 1000, 0x8000, 0xffff};
    for (uint64_t i = 0; i < 4; i++) {
        start_logging(write_first, indices[i]);
        first[0] = 0;
        same(i, run_guest(), 62);
        same(4 + i, vmread(PML_INDEX), indices[i]);
        same(8 + i, *leaf(first) & 0x300, 0);
        same(12 + i, first[0], 0);
        same(16 + i, vmread(QUALIFICATION), 0);
        same(20 + i, vmread(GUEST_RIP), (uint64_t)write_first);
        vmwrite(PML_INDEX, 511);
        same(24 + i, run_guest(), 12);
        same(28 + i, log_page[511], (uint64_t)first);
    }
    rule("a full log exits for an accessed flag alone: Page-Modification Logging");
    start_logging(read_first, 0xffff);
    same(0, run_guest(), 62);
    same(1, *leaf(first) & 0x300, 0);
    first[0] = 0xc3;
    start_logging(fetch_first, 0xffff);
    same(2, run_guest(), 62);
    rule("a full log does not exit if every flag is set: Page-Modification Logging");
    start_logging(write_first, 0xffff);
    *leaf(first) |= 0x300;
    same(0, run_guest(), 12);
    rule("the log fills in the middle of a crossing or a string: Page-Modification Logging");
    start_logging(cross, 0);
    same(0, run_guest(), 62);
    vmwrite(PML_INDEX, 511);
    same(1, run_guest(), 12);
    same(2, *leaf(second) & 0x300, 0x300);
    start_logging(string_store, 0);
    same(3, run_guest(), 62);
    same(4, guest_registers[1], 6);
    vmwrite(PML_INDEX, 511);
    same(5, run_guest(), 12);
    same(6, second[5], 7);
    same(7, log_page[511], (uint64_t)second);
    rule("without EPTP bit 6 nothing is logged: Page-Modification Logging");
    start_logging(write_first, 0xffff);
    vmwrite(EPTP, (uint64_t)ept_pml4 | 0x1e);
    invept(2, 0, 0);
    same(0, run_guest(), 12);
    rule("page tables that a walk makes dirty are logged: Page-Modification Logging");
    start_logging(read_first, 511);
    uint64_t *structure = leaf(pml4);
    bool inside = (uint64_t)pml4 >> 21 == (uint64_t)first >> 21;
    if (inside)
        *structure &= ~0x300ull;
    invept(2, 0, 0);
    invvpid(2, 0, 0);
    run_guest();
    same(0, inside && log_page[511] == (uint64_t)pml4, inside);
    rule("a large page is logged once, at the page that was written: Page-Modification Logging");
    uint64_t *directory = &ept_directory[(uint64_t)first >> 21];
    uint64_t old = *directory;
    start_logging(write_both, 511);
    *directory = ((uint64_t)first & ~0x1fffffull) | 0x1b7;
    invept(2, 0, 0);
    same(0, run_guest(), 12);
    same(1, vmread(PML_INDEX) <= 510, 1);
    uint64_t entries = 0, mine = 0;
    for (uint64_t i = vmread(PML_INDEX) + 1; i < 512; i++) {
        entries++;
        mine += log_page[i] >> 21 == (uint64_t)first >> 21;
    }
    same(2, mine, 1);
    same(3, *directory & 0x300, 0x300);
    *directory = old;
    invept(2, 0, 0);
}

static void test_staleness(void)
{
    rule("D cleared without INVEPT: a write through a cached translation goes unseen: Accessed and Dirty Flags for EPT");
    start(write_first);
    run_guest();
    *leaf(first) &= ~0x300ull;
    again(write_again);
    same(0, run_guest(), 12);
    same(1, *leaf(first) & 0x300, 0);
    same(2, first[8], 1);
    rule("and is seen after single-context INVEPT: Accessed and Dirty Flags for EPT");
    invept(1, vmread(EPTP), 0);
    again(write_again);
    run_guest();
    same(0, *leaf(first) & 0x300, 0x300);
    rule("or after all-context INVEPT: Accessed and Dirty Flags for EPT");
    *leaf(first) &= ~0x300ull;
    invept(2, 0, 0);
    again(write_again);
    run_guest();
    same(0, *leaf(first) & 0x300, 0x300);
    rule("INVEPT of another root does not help: INVEPT");
    *leaf(first) &= ~0x300ull;
    invept(1, view(), 0);
    again(write_again);
    run_guest();
    same(0, *leaf(first) & 0x300, 0);
    rule("INVVPID keeps guest-physical mappings: Operations that Invalidate Cached Mappings");
    invvpid(1, 1, 0);
    again(write_again);
    run_guest();
    same(0, *leaf(first) & 0x300, 0);
    invept(2, 0, 0);
    rule("A cleared without INVEPT: a read goes unseen: Accessed and Dirty Flags for EPT");
    start(read_first);
    run_guest();
    *leaf(first) &= ~0x300ull;
    again(read_first);
    run_guest();
    same(0, *leaf(first) & 0x300, 0);
    invept(1, vmread(EPTP), 0);
    again(read_first);
    run_guest();
    same(1, *leaf(first) & 0x300, 0x100);
    rule("a cached read does not stand for a write: D is set: Accessed and Dirty Flags for EPT");
    start(read_first);
    run_guest();
    again(write_first);
    run_guest();
    same(0, *leaf(first) & 0x300, 0x300);
    rule("a right taken away without INVEPT still holds: Use of Cached Information with Guest-Physical Addresses");
    start(write_first);
    run_guest();
    *leaf(first) &= ~2ull;
    again(write_again);
    same(0, run_guest(), 12);
    invept(1, vmread(EPTP), 0);
    again(write_again);
    same(1, run_guest(), 48);
    rule("a right that is given needs no INVEPT, as the violation dropped the mapping: Operations that Invalidate Cached Mappings");
    *leaf(first) |= 2;
    same(0, run_guest(), 12);
    rule("EPTP bit 6 set without INVEPT: what is cached stays without flags: Accessed and Dirty Flags for EPT");
    start(write_first);
    vmwrite(EPTP, (uint64_t)ept_pml4 | 0x1e);
    run_guest();
    vmwrite(EPTP, (uint64_t)ept_pml4 | 0x5e);
    again(write_again);
    run_guest();
    same(0, *leaf(first) & 0x300, 0);
    invept(1, vmread(EPTP), 0);
    again(write_again);
    run_guest();
    same(1, *leaf(first) & 0x300, 0x300);
    rule("without VPID an entry drops combined mappings, not guest-physical ones: Operations that Invalidate Cached Mappings");
    start(write_first);
    clear_bits(PROC2, PROC2_VPID);
    run_guest();
    *leaf(first) &= ~0x300ull;
    again(write_again);
    run_guest();
    same(0, *leaf(first) & 0x300, 0);
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    prepare_vmx();
    prepare_guest(read_first);
    use_ept();
    ept_split(first, leaves);
    set_up_view();
    for (int i = 0; i < 4; i++)
        page_directory[i] |= 4;
    pml4[0] |= 4;
    pdpt[0] |= 4;
    test_switching();
    test_exceptions();
    test_logging();
    test_staleness();
    finish_rules();
}
