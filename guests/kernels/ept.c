/*
 * EPT in root-mode code: every access right against every access, levels, misconfigurations, A/D
 * flags, page-modification logging, stale translations, EPTP switching and #VE (SDM volume 3,
 * "The Extended Page Table Mechanism", "VM Functions", "Virtualization Exceptions").
 */
#include "vmx.h"

uint8_t victim[4096] __attribute__((aligned(4096)));
static uint64_t leaves[512] __attribute__((aligned(4096)));
static uint64_t log_page[512] __attribute__((aligned(4096)));
static uint64_t eptp_list[512] __attribute__((aligned(4096)));
static uint64_t second_pml4[512] __attribute__((aligned(4096)));
static uint8_t ve_area[4096] __attribute__((aligned(4096)));
static uint64_t *leaf;

static void guest_read(void) { __asm__ volatile("mov victim(%%rip), %%al; hlt" ::: "rax", "memory"); }
static void guest_write(void) { __asm__ volatile("movb $1, victim(%%rip); hlt" ::: "memory"); }
static void guest_fetch(void) { __asm__ volatile("call victim; hlt" ::: "memory"); }
static void (*const accesses[3])(void) = {guest_read, guest_write, guest_fetch};


static void start(void (*function)(void))
{
    prepare_guest(function);
    vmwrite(EPTP, (uint64_t)ept_pml4 | 0x5e);
    set_bits(PROC2, 1 << 1 | 1 << 5);
    vmwrite(VPID, 1);
    invept(2, 0, 0);
    invvpid(2, 0, 0);
}

static char name[64];

static const char *named(const char *what, uint64_t rights, int access)
{
    char *to = name;
    for (; *what; what++)
        *to++ = *what;
    *to++ = ' ';
    *to++ = rights & 1 ? 'r' : '-';
    *to++ = rights & 2 ? 'w' : '-';
    *to++ = rights & 4 ? 'x' : '-';
    *to++ = ' ';
    *to++ = "RWX"[access];
    *to = 0;
    return name;
}

static void test_rights(void)
{
    victim[0] = 0xc3;
    for (uint64_t rights = 0; rights < 8; rights++) {
        bool misconfigured = (rights & 3) == 2;
        for (int access = 0; access < 3; access++) {
            victim[0] = 0xc3;
            *leaf = (uint64_t)victim | 0x30 | rights;
            start(accesses[access]);
            uint64_t reason = run_guest();
            bool allowed = rights >> access & 1;
            expect(named("leaf", rights, access), reason, misconfigured ? 49 : allowed ? 12 : 48);
            if (reason == 48) {
                uint64_t wanted = 1ull << access | rights << 3 | 0x180;
                expect(named("qualification", rights, access), vmread(QUALIFICATION) & 0x1ff, wanted);
                expect(named("address", rights, access), vmread(GPA), (uint64_t)victim);
                expect(named("linear", rights, access), vmread(LINEAR), (uint64_t)victim);
            }
            if (reason == 49)
                expect(named("misconfiguration address", rights, access), vmread(GPA), (uint64_t)victim);
        }
    }
    *leaf = (uint64_t)victim | 0x37;
}

static void test_misconfigurations(void)
{
    static const uint64_t bad[] = {2 << 3 | 7, 3 << 3 | 7, 7 << 3 | 7, 0x37 | 1ull << 50};
    static const char *const names[] = {"memory type 2", "memory type 3", "memory type 7", "address width"};
    for (int i = 0; i < 4; i++) {
        *leaf = (uint64_t)victim | bad[i];
        start(guest_read);
        expect(names[i], run_guest(), 49);
    }
    *leaf = (uint64_t)victim | 0x37;
    uint64_t *entry = &ept_directory[(uint64_t)victim >> 21];
    uint64_t old = *entry;
    *entry = old | 1 << 3;
    start(guest_read);
    expect("reserved bit of a directory entry", run_guest(), 49);
    *entry = old & ~7ull;
    *leaf = (uint64_t)victim | 2;
    start(guest_read);
    expect("a level that is not present shields what is below", run_guest(), 48);
    expect("and no rights are reported", vmread(QUALIFICATION) >> 3 & 7, 0);
    *entry = old;
    *leaf = (uint64_t)victim | 0x37;
}

/* Everything here lies in the one 2-MByte page that was split. */
static uint64_t *leaf_of(uint64_t address) { return &leaves[address >> 12 & 511]; }

static void test_flags(void)
{
    *leaf = (uint64_t)victim | 0x37;
    start(guest_read);
    run_guest();
    expect("a read sets A", *leaf & 0x300, 0x100);
    expect("in the directory too", ept_directory[(uint64_t)victim >> 21] & 0x100, 0x100);
    start(guest_write);
    run_guest();
    expect("a write sets D", *leaf & 0x300, 0x300);
    *leaf &= ~0x300ull;
    vmwrite(GUEST_RIP, (uint64_t)guest_write);
    run_guest();
    expect("cleared without INVEPT, a write goes unseen", *leaf & 0x300, 0);
    invept(1, vmread(EPTP), 0);
    vmwrite(GUEST_RIP, (uint64_t)guest_write);
    run_guest();
    expect("and is seen after INVEPT", *leaf & 0x300, 0x300);
    *leaf &= ~0x300ull;
    start(guest_write);
    vmwrite(EPTP, (uint64_t)ept_pml4 | 0x1e);
    run_guest();
    expect("without EPTP bit 6 nothing is set", *leaf & 0x300, 0);
    /* A walk of the guest's tables is a write to them. */
    uint64_t *structure = leaf_of((uint64_t)pml4);
    start(guest_read);
    *structure &= ~0x300ull;
    invept(2, 0, 0);
    run_guest();
    expect("a walk marks the guest's tables dirty", *structure & 0x300, 0x300);
    *structure &= ~2ull;
    start(guest_read);
    expect("and needs the right to write them", run_guest(), 48);
    expect("reported as read and write", vmread(QUALIFICATION) & 0x1bf, 0x8b | 0x20);
    *structure |= 2;
}

static void test_logging(void)
{
    *leaf = (uint64_t)victim | 0x37;
    start(guest_write);
    set_bits(PROC2, 1 << 17);
    vmwrite(PML_ADDRESS, (uint64_t)log_page);
    run_guest();
    *leaf &= ~0x300ull;
    invept(2, 0, 0);
    vmwrite(PML_INDEX, 511);
    vmwrite(GUEST_RIP, (uint64_t)guest_write);
    vmwrite(PML_INDEX, 0);
    expect("the last entry of the log", run_guest(), 12);
    expect("holds the page", log_page[0], (uint64_t)victim);
    expect("and the index wraps", vmread(PML_INDEX), 0xffff);
    *leaf &= ~0x200ull;
    invept(2, 0, 0);
    vmwrite(GUEST_RIP, (uint64_t)guest_write);
    expect("a full log exits before the write", run_guest(), 62);
    expect("and sets no flag", *leaf & 0x200, 0);
    expect("qualification", vmread(QUALIFICATION), 0);
    *leaf &= ~0x300ull;
    invept(2, 0, 0);
    vmwrite(GUEST_RIP, (uint64_t)guest_read);
    expect("a read that has to set A exits too", run_guest(), 62);
    *leaf |= 0x300;
    invept(2, 0, 0);
    vmwrite(GUEST_RIP, (uint64_t)guest_write);
    expect("with all flags set nothing is logged", run_guest(), 12);
}

static void switch_view(void)
{
    __asm__ volatile("xor %%eax, %%eax; vmfunc; mov victim(%%rip), %%al; hlt" ::: "rax", "rcx", "memory");
}

static void switch_function(void)
{
    __asm__ volatile("vmfunc; hlt" ::: "memory");
}

static void test_functions(void)
{
    memcpy(second_pml4, ept_pml4, sizeof second_pml4);
    eptp_list[0] = (uint64_t)ept_pml4 | 0x5e;
    eptp_list[5] = (uint64_t)second_pml4 | 0x5e;
    eptp_list[6] = (uint64_t)second_pml4 | 0x5f;
    start(switch_view);
    set_bits(PROC2, 1 << 13 | 1 << 18);
    vmwrite(VE_AREA, (uint64_t)ve_area);
    *(uint32_t *)(ve_area + 4) = 1;
    vmwrite(VMFUNC_CONTROLS, 1);
    vmwrite(EPTP_LIST, (uint64_t)eptp_list);
    guest_registers[1] = 5;
    expect("VMFUNC switches", run_guest(), 12);
    expect("the EPTP", vmread(EPTP), eptp_list[5]);
    expect("and the index", vmread(EPTP_INDEX), 5);
    guest_registers[1] = 512;
    vmwrite(GUEST_RIP, (uint64_t)switch_view);
    expect("index 512", run_guest(), 59);
    expect("length of VMFUNC", vmread(LENGTH), 3);
    guest_registers[1] = 6;
    vmwrite(GUEST_RIP, (uint64_t)switch_view);
    expect("an entry that no VM entry would take", run_guest(), 59);
    guest_registers[0] = 1;
    vmwrite(GUEST_RIP, (uint64_t)switch_function);
    expect("a function without its control", run_guest(), 59);
    guest_registers[0] = 64;
    vmwrite(EXCEPTIONS, 1 << 6);
    vmwrite(GUEST_RIP, (uint64_t)switch_function);
    expect("function 64 is #UD", run_guest(), 0);
    expect("#UD", vmread(INTERRUPTION), 0x80000306);
    clear_bits(PROC2, 1 << 13);
    guest_registers[0] = 0;
    vmwrite(GUEST_RIP, (uint64_t)switch_function);
    expect("VMFUNC without its control", run_guest(), 0);
}

static volatile uint64_t exceptions;

static void count(struct frame *f)
{
    if (f->vector == 20) {
        exceptions++;
        *leaf |= 7;
    }
}

static void test_exceptions(void)
{
    handler = count;
    memset(ve_area, 0, sizeof ve_area);
    *leaf = (uint64_t)victim | 0x30;
    start(guest_write);
    set_bits(PROC2, 1 << 18);
    vmwrite(VE_AREA, (uint64_t)ve_area);
    vmwrite(EPTP_INDEX, 7);
    expect("#VE instead of an exit", run_guest(), 12);
    expect("the guest handled it", exceptions, 1);
    expect("#VE reason", *(uint32_t *)ve_area, 48);
    expect("#VE busy word", *(uint32_t *)(ve_area + 4), 0xffffffff);
    expect("#VE qualification", *(uint64_t *)(ve_area + 8) & 0x1ff, 0x182);
    expect("#VE linear address", *(uint64_t *)(ve_area + 16), (uint64_t)victim);
    expect("#VE guest-physical address", *(uint64_t *)(ve_area + 24), (uint64_t)victim);
    expect("#VE index", *(uint16_t *)(ve_area + 32), 7);
    *leaf = (uint64_t)victim | 0x30;
    invept(2, 0, 0);
    vmwrite(GUEST_RIP, (uint64_t)guest_write);
    expect("while the busy word is set, an exit", run_guest(), 48);
    *(uint32_t *)(ve_area + 4) = 0;
    *leaf |= 1ull << 63;
    vmwrite(GUEST_RIP, (uint64_t)guest_write);
    expect("suppressed, an exit", run_guest(), 48);
    *leaf = (uint64_t)victim | 0x32;
    vmwrite(GUEST_RIP, (uint64_t)guest_write);
    expect("a misconfiguration is never converted", run_guest(), 49);
    *leaf = (uint64_t)victim | 0x30;
    vmwrite(EXCEPTIONS, 1 << 20);
    vmwrite(GUEST_RIP, (uint64_t)guest_write);
    expect("#VE by the exception bitmap", run_guest(), 0);
    expect("vector 20, no error code", vmread(INTERRUPTION), 0x80000314);
    *leaf = (uint64_t)victim | 0x37;
    handler = 0;
}

static void write_twice(void)
{
    __asm__ volatile("incb victim(%%rip); incb victim+4095(%%rip); hlt" ::: "memory");
}

static void test_updates(void)
{
    *leaf = (uint64_t)victim | 0x31;
    start(write_twice);
    expect("read-modify-write of a read-only page", run_guest(), 48);
    expect("reports the write", vmread(QUALIFICATION) & 2, 2);
    *leaf |= 6;
    expect("raising rights needs no INVEPT", run_guest(), 12);
    start(guest_read);
    vmwrite(INJECT, 0x80000080 | 0x400);
    vmwrite(INJECT_LENGTH, 2);
    uint64_t *entry = leaf_of(vmread(GUEST_IDTR_BASE));
    *entry &= ~7ull;
    invept(2, 0, 0);
    expect("violation in event delivery", run_guest(), 48);
    expect("IDT-vectoring information", vmread(VECTORING), 0x80000480);
    expect("its instruction length", vmread(LENGTH), 2);
    *entry |= 7;
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    prepare_vmx();
    prepare_guest(guest_read);
    use_ept();
    leaf = ept_split(victim, leaves);
    test_rights();
    test_misconfigurations();
    test_flags();
    test_logging();
    test_functions();
    test_exceptions();
    test_updates();
    finish();
}
