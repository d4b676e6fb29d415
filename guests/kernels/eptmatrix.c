/*
 * EPT: each access against each right at each level, large pages, every reserved and ignored bit, and
 * the accesses of the page walk itself (SDM volume 3, "EPT Translation Mechanism", "EPT-Induced VM
 * Exits", "Accessed and Dirty Flags for EPT"). The page under test has a guest-physical address of its
 * own, 512 GiB up, whose EPT entries nothing else uses.
 */
#include "rules.h"

#define FAR_GPA (1ull << 39)
#define FAR_LINEAR 0x40000000000ull

enum { READ, WRITE, EXECUTE };

/* 1 GiB above the kernel is RAM if the machine has that much; only large pages need it. */
static uint64_t tables[3][512] __attribute__((aligned(4096)));
static uint64_t guest_pdpt[512] __attribute__((aligned(4096)));
static uint64_t guest_directory[512] __attribute__((aligned(4096)));
static uint64_t guest_table[512] __attribute__((aligned(4096)));
static uint64_t structure_leaves[512] __attribute__((aligned(4096)));
static uint8_t page[4096] __attribute__((aligned(4096)));
static uint64_t *entry_at[5]; /* by level */
static uint64_t good[5];
static uint64_t width;

void far_read(void);
void far_write(void);
void far_execute(void);
__asm__(".globl far_read, far_write, far_execute\n"
        "far_read: movabs $0x40000000000, %rcx; mov (%rcx), %rax; hlt\n"
        "far_write: movabs $0x40000000000, %rcx; mov %rbx, (%rcx); hlt\n"
        "far_execute: movabs $0x40000000008, %rcx; call *%rcx; hlt\n");
static void (*const operations[])(void) = {far_read, far_write, far_execute};

static uint64_t address_of(int operation) { return operation == EXECUTE ? 8 : 0; }

static uint64_t accessed_dirty = 0x40;

static void start(int operation)
{
    prepare_guest(operations[operation]);
    vmwrite(EPTP, (uint64_t)ept_pml4 | 0x1e | accessed_dirty);
    set_bits(PROC2, PROC2_EPT);
    invept(2, 0, 0);
    *(uint64_t *)page = 0x1122;
    page[8] = 0xc3;
    guest_registers[3] = 0x3344;
}

static void set_up(void)
{
    prepare_guest(far_read);
    use_ept();
    entry_at[4] = &ept_pml4[FAR_GPA >> 39];
    for (int level = 3; level > 0; level--)
        entry_at[level] = tables[level - 1];
    good[4] = (uint64_t)tables[2] | 7;
    good[3] = (uint64_t)tables[1] | 7;
    good[2] = (uint64_t)tables[0] | 7;
    good[1] = (uint64_t)page | 0x37;
    for (int level = 1; level <= 4; level++)
        *entry_at[level] = good[level];
    pml4[FAR_LINEAR >> 39] = (uint64_t)guest_pdpt | 3;
    guest_pdpt[FAR_LINEAR >> 30 & 511] = (uint64_t)guest_directory | 3;
    guest_directory[0] = (uint64_t)guest_table | 3;
    guest_table[0] = FAR_GPA | 3;
}

static void result(uint64_t number, int operation)
{
    same(number, operation == READ ? guest_registers[0] : operation == WRITE ? *(uint64_t *)page : page[8],
         operation == READ ? 0x1122 : operation == WRITE ? 0x3344 : 0xc3);
}

static uint64_t number_of(int level, uint64_t rights, int operation)
{
    return (uint64_t)level << 8 | rights << 4 | (uint64_t)operation;
}

static void test_rights(void)
{
    rule("access rights at each level: EPT Violations");
    for (int level = 1; level <= 4; level++)
        for (uint64_t rights = 0; rights < 8; rights++)
            for (int operation = READ; operation <= EXECUTE; operation++) {
                uint64_t n = number_of(level, rights, operation);
                *entry_at[level] = (good[level] & ~7ull) | rights;
                start(operation);
                bool misconfigured = (rights & 3) == 2, allowed = rights >> operation & 1;
                uint64_t reason = run_guest();
                same(n, reason, misconfigured ? 49 : allowed ? 12 : 48);
                if (reason == 12)
                    result(n | 0x1000, operation);
                else
                    same(n | 0x2000, vmread(GPA), FAR_GPA + address_of(operation));
                if (reason == 48) {
                    uint64_t wanted = 1ull << operation | rights << 3 | 0x180;
                    same(n | 0x3000, vmread(QUALIFICATION) & 0x1ff, wanted);
                    same(n | 0x4000, vmread(LINEAR), FAR_LINEAR + address_of(operation));
                    if (operation != EXECUTE)
                        same(n | 0x5000, vmread(LENGTH), 3);
                }
                *entry_at[level] = good[level];
                if (reason == 48)
                    same(n | 0x6000, run_guest(), 12);
            }
    rule("advanced information: Exit Qualification for EPT Violations");
    for (uint64_t bits = 0; bits < 4; bits++) {
        *entry_at[1] = good[1] & ~7ull;
        guest_table[0] = FAR_GPA | 1 | (bits & 1 ? 2 : 0) | (bits & 2 ? 1ull << 63 : 0);
        wrmsr(0xc0000080, rdmsr(0xc0000080) | 0x800);
        start(READ);
        same(bits, run_guest(), 48);
        same(4 | bits, vmread(QUALIFICATION) >> 9 & 7, (bits & 1 ? 2 : 0) | (bits & 2 ? 4 : 0));
    }
    guest_table[0] = FAR_GPA | 3;
    *entry_at[1] = good[1];
}

static void misconfigured(uint64_t number, int level, uint64_t entry)
{
    *entry_at[level] = entry;
    for (int operation = READ; operation <= EXECUTE; operation++) {
        start(operation);
        same(number << 2 | (uint64_t)operation, run_guest(), 49);
        same(number << 2 | (uint64_t)operation | 1ull << 32, vmread(QUALIFICATION), 0);
    }
    *entry_at[level] = entry & ~7ull;
    start(READ);
    same(number << 2 | 1ull << 33, run_guest(), 48);
    same(number << 2 | 1ull << 34, vmread(QUALIFICATION) & 0x1ff, 0x181);
    *entry_at[level] = good[level];
}

static void test_reserved(void)
{
    rule("reserved bits are misconfigurations while present: EPT Misconfigurations");
    for (int level = 1; level <= 4; level++)
        for (uint64_t bit = width; bit < 52; bit++)
            misconfigured((uint64_t)level << 8 | bit, level, good[level] | 1ull << bit);
    for (int level = 2; level <= 4; level++)
        for (uint64_t bit = 3; bit < 7; bit++)
            misconfigured((uint64_t)level << 8 | bit, level, good[level] | 1ull << bit);
    misconfigured(4 << 8 | 7, 4, good[4] | 1 << 7);
    rule("alignment of large pages: EPT Misconfigurations");
    for (uint64_t bit = 12; bit < 21; bit++)
        misconfigured(bit, 2, 0xb7 | 1ull << bit);
    for (uint64_t bit = 12; bit < 30; bit++)
        misconfigured(0x100 | bit, 3, 0xb7 | 1ull << bit);
    rule("memory types of leaves: EPT Misconfigurations");
    for (uint64_t type = 0; type < 8; type++) {
        static const uint8_t valid = 1 << 0 | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6;
        *entry_at[1] = (good[1] & ~0x38ull) | type << 3;
        start(READ);
        same(type, run_guest(), valid >> type & 1 ? 12 : 49);
    }
    *entry_at[1] = good[1];
    rule("ignored bits: Format of an EPT Page-Table Entry");
    static const uint8_t ignored[] = {8, 9, 10, 11, 52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 62, 63};
    for (int level = 1; level <= 4; level++)
        for (uint64_t i = 0; i < sizeof ignored; i++)
            for (int operation = READ; operation <= EXECUTE; operation++) {
                accessed_dirty = 0;
                *entry_at[level] = good[level] | 1ull << ignored[i];
                start(operation);
                same((uint64_t)level << 16 | (uint64_t)ignored[i] << 8 | (uint64_t)operation, run_guest(), 12);
            }
    for (int level = 1; level <= 4; level++)
        *entry_at[level] = good[level];
    accessed_dirty = 0x40;
    rule("an entry above that is not present hides what is below: EPT-Induced VM Exits");
    for (int upper = 2; upper <= 4; upper++) {
        *entry_at[upper] = good[upper] & ~7ull;
        *entry_at[1] = good[1] | 1 << 3;
        start(READ);
        same((uint64_t)upper, run_guest(), 48);
        *entry_at[upper] = good[upper] & ~4ull;
        start(EXECUTE);
        same(0x10 | (uint64_t)upper, run_guest(), 49);
        *entry_at[upper] = good[upper];
        *entry_at[1] = good[1];
    }
}

static void test_large(void)
{
    rule("rights of large pages: EPT Violations");
    uint64_t base = (uint64_t)page & ~0x1fffffull;
    uint64_t offset = (uint64_t)page & 0x1ff000;
    guest_table[0] = FAR_GPA | offset | 3;
    for (uint64_t rights = 0; rights < 8; rights++)
        for (int operation = READ; operation <= EXECUTE; operation++) {
            uint64_t n = number_of(2, rights, operation);
            *entry_at[2] = base | 0xb0 | rights;
            start(operation);
            bool bad = (rights & 3) == 2, allowed = rights >> operation & 1;
            uint64_t reason = run_guest();
            same(n, reason, bad ? 49 : allowed ? 12 : 48);
            if (reason == 12)
                result(n | 0x1000, operation);
            else
                same(n | 0x2000, vmread(GPA), FAR_GPA + offset + address_of(operation));
        }
    *entry_at[2] = good[2];
    guest_table[0] = FAR_GPA | ((uint64_t)page & 0x3fffffff) | 3;
    for (uint64_t rights = 1; rights < 8; rights += 2)
        for (int operation = READ; operation <= EXECUTE; operation++) {
            uint64_t n = number_of(3, rights, operation);
            *entry_at[3] = 0xb0 | rights;
            start(operation);
            same(n, run_guest(), rights >> operation & 1 ? 12 : 48);
        }
    *entry_at[3] = good[3];
    guest_table[0] = FAR_GPA | 3;
}

/* The EPT entry of the guest's page table that maps the page. */
static uint64_t *structure;

static void walk_case(uint64_t number, uint64_t rights, uint64_t guest_flags, int operation, uint64_t violation)
{
    uint64_t old = *structure;
    guest_table[0] = FAR_GPA | 3 | guest_flags;
    *structure = (old & ~0x307ull) | rights;
    start(operation);
    uint64_t reason = run_guest();
    same(number, reason, violation ? 48 : 12);
    if (reason == 48) {
        same(number | 0x10000, vmread(QUALIFICATION) & 0x1ff, violation | 0x80);
        same(number | 0x20000, vmread(GPA), (uint64_t)guest_table);
        same(number | 0x30000, vmread(LINEAR), FAR_LINEAR + address_of(operation));
        *structure = old | 7;
        same(number | 0x40000, run_guest(), 12);
    } else if (accessed_dirty) {
        same(number | 0x50000, *structure & 0x300, 0x300);
    }
    same(number | 0x60000, guest_table[0] >> 5 & 1, 1);
    if (operation == WRITE)
        same(number | 0x70000, guest_table[0] >> 6 & 1, 1);
    *structure = old | 7;
}

static void test_walks(void)
{
    ept_split(guest_table, structure_leaves);
    structure = &structure_leaves[(uint64_t)guest_table >> 12 & 511];
    for (accessed_dirty = 0; accessed_dirty <= 0x40; accessed_dirty += 0x40) {
        rule(accessed_dirty ? "the walk writes: Accessed and Dirty Flags for EPT"
                            : "the walk reads, and writes flags: EPT Violations");
        static const uint64_t all_rights[] = {0, 1, 3, 5, 7};
        for (uint64_t i = 0; i < 5; i++)
            for (uint64_t flags = 0; flags <= 0x60; flags += 0x20)
                for (int operation = READ; operation <= EXECUTE; operation++) {
                    uint64_t rights = all_rights[i];
                    if (flags == 0x40)
                        continue;
                    bool updates = !(flags & 0x20) || (operation == WRITE && !(flags & 0x40));
                    uint64_t violation = 0;
                    if (accessed_dirty && !(rights & 2))
                        violation = 3 | rights << 3;
                    else if (!(rights & 1))
                        violation = 1;
                    else if (updates && !(rights & 2))
                        violation = 3 | rights << 3;
                    walk_case(rights << 12 | flags << 4 | (uint64_t)operation, rights, flags, operation, violation);
                }
    }
    accessed_dirty = 0x40;
    rule("a page fault of the guest comes before the violation: Priority of EPT-Induced VM Exits");
    guest_table[0] = FAR_GPA | 1;
    *entry_at[1] = good[1] & ~7ull;
    start(WRITE);
    vmwrite(EXCEPTIONS, 1 << 14);
    same(0, run_guest(), 0);
    same(1, vmread(QUALIFICATION), FAR_LINEAR);
    *entry_at[1] = good[1];
    guest_table[0] = FAR_GPA | 3;
}

static void test_flags(void)
{
    rule("A at every level, D at the leaf of a write: Accessed and Dirty Flags for EPT");
    for (uint64_t on = 0; on < 2; on++)
        for (int operation = READ; operation <= EXECUTE; operation++) {
            accessed_dirty = on << 6;
            for (int level = 1; level <= 4; level++)
                *entry_at[level] = good[level];
            start(operation);
            run_guest();
            for (int level = 1; level <= 4; level++) {
                uint64_t wanted = !on ? 0 : level == 1 && operation == WRITE ? 0x300 : 0x100;
                same(on << 16 | (uint64_t)operation << 8 | (uint64_t)level, *entry_at[level] & 0x300, wanted);
            }
        }
    rule("an access that violates sets no flag of its page: Accessed and Dirty Flags for EPT");
    for (int operation = READ; operation <= WRITE; operation++) {
        for (int level = 2; level <= 4; level++)
            *entry_at[level] = good[level];
        *entry_at[1] = good[1] & ~(operation == READ ? 7ull : 6ull);
        start(operation);
        same((uint64_t)operation, run_guest(), 48);
        same(2 + (uint64_t)operation, *entry_at[1] & 0x300, 0);
    }
    *entry_at[1] = good[1];
}

/* Bits 2:0 and 10 of an entry from four bits. */
static uint64_t by_mode(uint64_t rights) { return (rights & 7) | (rights & 8) << 7; }

/* Makes the page under test one of user or supervisor mode: bit 2 of every entry on the way to it. */
static void set_user(bool user)
{
    uint64_t *entries[] = {&pml4[FAR_LINEAR >> 39], &guest_pdpt[FAR_LINEAR >> 30 & 511], guest_directory, guest_table};
    for (int i = 0; i < 4; i++)
        *entries[i] = user ? *entries[i] | 4 : *entries[i] & ~4ull;
}

static void start_by_mode(int operation)
{
    start(operation);
    set_bits(PROC2, PROC2_BY_MODE);
}

static void test_execute_by_mode(void)
{
    if (!(rdmsr(0x48b) >> (32 + 22) & 1))
        return;
    rule("mode-based execute control needs EPT: VM-Execution Control Fields");
    start_by_mode(READ);
    clear_bits(PROC2, PROC2_EPT);
    same(0, run_guest(), FAIL_CONTROLS);
    for (uint64_t user = 0; user < 2; user++) {
        rule(user ? "bit 10 is for fetches from user pages: EPT Violations"
                  : "bit 2 is for fetches from supervisor pages: EPT Violations");
        set_user(user);
        for (int level = 1; level <= 4; level++)
            for (uint64_t rights = 0; rights < 16; rights++)
                for (int operation = READ; operation <= EXECUTE; operation++) {
                    uint64_t n = number_of(level, rights, operation);
                    *entry_at[level] = (good[level] & ~7ull) | 1 << 10 | 7;
                    for (int other = 1; other <= 4; other++)
                        *entry_at[other] = good[other] | 1 << 10;
                    *entry_at[level] = (good[level] & ~7ull) | by_mode(rights);
                    start_by_mode(operation);
                    int bit = operation == EXECUTE && user ? 3 : operation;
                    bool misconfigured = (rights & 3) == 2, allowed = rights >> bit & 1;
                    uint64_t reason = run_guest();
                    same(n, reason, misconfigured ? 49 : allowed ? 12 : 48);
                    if (reason == 12)
                        result(n | 0x1000, operation);
                    if (reason == 48) {
                        same(n | 0x2000, vmread(QUALIFICATION) & 0x1ff, 1ull << operation | rights << 3 | 0x180);
                        /* Nothing is advanced about an entry that is not present either. */
                        same(n | 0x3000, vmread(QUALIFICATION) >> 9 & 1, user);
                        *entry_at[level] = good[level] | 1 << 10;
                        same(n | 0x4000, run_guest(), 12);
                    }
                }
    }
    rule("a supervisor entry on the way makes a supervisor page: EPT Violations");
    for (int level = 1; level <= 4; level++)
        *entry_at[level] = good[level] & ~4ull;
    *entry_at[1] = good[1] | 1 << 10;
    for (int i = 0; i < 4; i++) {
        set_user(true);
        uint64_t *entries[] = {&pml4[FAR_LINEAR >> 39], &guest_pdpt[FAR_LINEAR >> 30 & 511], guest_directory, guest_table};
        *entries[i] &= ~4ull;
        start_by_mode(EXECUTE);
        same((uint64_t)i, run_guest(), 48);
        same(4 | (uint64_t)i, vmread(QUALIFICATION) & 0x7f, 4 | 3 << 3);
    }
    rule("the rights to fetch of entries are ANDed one by one: EPT Violations");
    for (uint64_t user = 0; user < 2; user++) {
        set_user(user);
        for (int level = 2; level <= 4; level++) {
            for (int other = 1; other <= 4; other++)
                *entry_at[other] = good[other] | 1 << 10;
            *entry_at[level] = (good[level] & ~7ull) | by_mode(11);
            *entry_at[1] = (good[1] & ~7ull) | by_mode(7);
            start_by_mode(EXECUTE);
            same(user << 4 | (uint64_t)level, run_guest(), 48);
            same(0x100 | user << 4 | (uint64_t)level, vmread(QUALIFICATION) & 0x7f, 4 | 3 << 3);
        }
    }
    rule("large pages have bit 10 too: Format of an EPT Page-Directory Entry");
    uint64_t offset = (uint64_t)page & 0x1ff000;
    for (int other = 1; other <= 4; other++)
        *entry_at[other] = good[other] | 1 << 10;
    for (uint64_t user = 0; user < 2; user++)
        for (uint64_t rights = 1; rights < 16; rights += 2) {
            guest_table[0] = FAR_GPA | offset | 3;
            set_user(user);
            *entry_at[2] = ((uint64_t)page & ~0x1fffffull) | 0xb0 | by_mode(rights);
            start_by_mode(EXECUTE);
            same(user << 4 | rights, run_guest(), rights >> (user ? 3 : 2) & 1 ? 12 : 48);
        }
    guest_table[0] = FAR_GPA | 3;
    rule("without the control bit 10 grants nothing: EPT Violations");
    set_user(true);
    for (int level = 1; level <= 4; level++) {
        for (int other = 1; other <= 4; other++)
            *entry_at[other] = good[other] | 1 << 10;
        for (uint64_t rights = 0; rights < 16; rights++)
            if ((rights & 3) != 2) {
                *entry_at[level] = (good[level] & ~7ull) | by_mode(rights);
                start(EXECUTE);
                uint64_t reason = run_guest();
                same((uint64_t)level << 4 | rights, reason, rights & 4 ? 12 : 48);
                if (reason == 48)
                    same(0x100 | (uint64_t)level << 4 | rights, vmread(QUALIFICATION) & 0x3f, 4 | (rights & 7) << 3);
            }
    }
    set_user(false);
    for (int level = 1; level <= 4; level++)
        *entry_at[level] = good[level];
}

void far_fetch_narrow(void);
__asm__(".globl far_fetch_narrow\n"
        ".code32\nfar_fetch_narrow: mov (%ebx), %eax; call *%ecx; hlt\n.code64\n");

/*
 * A guest without paging: its linear addresses are user-mode and writable ("Exit Qualification for EPT
 * Violations"), and its fetches need bit 10 under mode-based execute control.
 */
static void start_without_paging(bool by_mode_too)
{
    prepare_guest(far_fetch_narrow);
    vmwrite(EPTP, (uint64_t)ept_pml4 | 0x5e);
    set_bits(PROC2, PROC2_EPT | PROC2_UNRESTRICTED | (by_mode_too ? PROC2_BY_MODE : 0));
    clear_bits(ENTRY, ENTRY_GUEST_64);
    clear_bits(GUEST_CR0, 1ull << 31);
    clear_bits(GUEST_EFER, 0x500);
    vmwrite(GUEST_RIGHTS + 2, 0xc09b);
    invept(2, 0, 0);
    guest_registers[1] = (uint64_t)page + 8;
    guest_registers[3] = (uint64_t)page;
    page[8] = 0xc3;
}

static void test_without_paging(void)
{
    static uint64_t leaves[512] __attribute__((aligned(4096)));
    uint64_t *leaf = ept_split(page, leaves);
    uint64_t whole = *leaf & ~7ull;
    rule("linear addresses without paging are user-mode and writable: Exit Qualification for EPT Violations");
    *leaf = whole;
    start_without_paging(false);
    same(0, run_guest(), 48);
    same(1, vmread(QUALIFICATION) & 0xfff, 0x781);
    if (rdmsr(0x48b) >> (32 + 22) & 1) {
        for (int i = 0; i < 4; i++)
            ept_pdpt[i] |= 1 << 10;
        ept_pml4[0] |= 1 << 10;
        for (int i = 0; i < 2048; i++)
            ept_directory[i] |= 1 << 10;
        for (int i = 0; i < 512; i++)
            leaves[i] |= 1 << 10;
        for (uint64_t rights = 1; rights < 16; rights += 2) {
            *leaf = whole | by_mode(rights);
            start_without_paging(true);
            same(0x10 | rights, run_guest(), rights & 8 ? 12 : 48);
        }
    }
    *leaf = whole | 7;
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    prepare_vmx();
    uint32_t r[4];
    cpuid(0x80000008, 0, r);
    width = r[0] & 0xff;
    set_up();
    test_rights();
    test_reserved();
    test_large();
    test_walks();
    test_flags();
    test_execute_by_mode();
    test_without_paging();
    finish_rules();
}
