/*
 * What VM entry checks of the host-state and guest-state areas, field by field and bit by bit, and
 * what entry and exit load and save (SDM volume 3, "Checks on Host Control Registers, MSRs, and SSP"
 * to "Checks on Guest Page-Directory-Pointer-Table Entries", "Loading Guest State", "Saving Guest
 * State", "Loading Host State").
 */
#include "rules.h"

#define NONCANONICAL 0xaaaaaaaaaaaaaaaaull

static uint64_t width;

static void at_halt(void) { __asm__ volatile("hlt"); }
static void guest(void) { __asm__ volatile("1: vmcall; jmp 1b"); }

static void start(void)
{
    prepare_guest(guest);
    vmwrite(GUEST_PAT, 0x0007040600070406);
}

/* Host state: with a guest that would not be entered, an accepted host gives a guest failure. */
static void host(uint64_t number, bool wanted)
{
    same(number, run_guest(), wanted ? FAIL_GUEST : FAIL_HOST);
}

static void start_host(void)
{
    start();
    vmwrite(GUEST_RFLAGS, 0);
}

static void host_field(uint64_t field, uint64_t value, bool wanted)
{
    uint64_t old = vmread(field);
    vmwrite(field, value);
    host(field << 8, wanted);
    vmwrite(field, old);
}

static void test_host_registers(void)
{
    start_host();
    rule("host CR0 and CR4 have the fixed bits: Checks on Host Control Registers, MSRs, and SSP");
    for (uint64_t bit = 0; bit < 64; bit++) {
        uint64_t mask = 1ull << bit;
        if (rdmsr(0x486) & mask)
            host_field(HOST_CR0, read_cr0() & ~mask, false);
        if (!(rdmsr(0x487) & mask))
            host_field(HOST_CR0, read_cr0() | mask, false);
        if (rdmsr(0x488) & mask)
            host_field(HOST_CR4, read_cr4() & ~mask, false);
        if (!(rdmsr(0x489) & mask))
            host_field(HOST_CR4, read_cr4() | mask, false);
    }
    rule("host CR3 is within the address width: Checks on Host Control Registers, MSRs, and SSP");
    for (uint64_t bit = width; bit < 64; bit++)
        host_field(HOST_CR3, read_cr3() | 1ull << bit, false);
    rule("addresses of the host are canonical: Checks on Host Segment and Descriptor-Table Registers");
    static const uint64_t canonical[] = {0x6c10, 0x6c12, HOST_FS_BASE, HOST_GS_BASE, HOST_TR_BASE,
                                         HOST_GDTR_BASE, HOST_IDTR_BASE};
    for (int i = 0; i < 7; i++) {
        host_field(canonical[i], NONCANONICAL, false);
        host_field(canonical[i], 1ull << 47, false);
        host_field(canonical[i], vmread(canonical[i]), true);
    }
    rule("host PAT: Checks on Host Control Registers, MSRs, and SSP");
    for (uint64_t type = 0; type < 256; type = type < 8 ? type + 1 : type * 2)
        for (uint64_t entry = 0; entry < 8; entry++) {
            vmwrite(HOST_PAT, type << 8 * entry);
            clear_bits(EXIT, EXIT_LOAD_PAT);
            host(type << 4 | entry, true);
            set_bits(EXIT, EXIT_LOAD_PAT);
            host(type << 12 | entry, type < 8 && type != 2 && type != 3);
        }
    wrmsr(0x277, 0x0007040600070406);
    start_host();
    rule("host EFER: Checks on Host Control Registers, MSRs, and SSP");
    uint64_t efer = rdmsr(0xc0000080);
    for (uint64_t bit = 0; bit < 64; bit++) {
        bool exists = bit == 0 || bit == 8 || bit == 10 || bit == 11;
        clear_bits(EXIT, EXIT_LOAD_EFER);
        host_field(HOST_EFER, efer ^ 1ull << bit, true);
        set_bits(EXIT, EXIT_LOAD_EFER);
        host_field(HOST_EFER, efer ^ 1ull << bit, exists && bit != 8 && bit != 10);
    }
}

static void test_host_segments(void)
{
    start_host();
    rule("RPL and TI of host selectors: Checks on Host Segment and Descriptor-Table Registers");
    for (uint64_t field = HOST_ES; field <= HOST_TR; field += 2)
        for (uint64_t low = 1; low < 8; low++)
            host_field(field, vmread(field) | low, false);
    rule("null host selectors: Checks on Host Segment and Descriptor-Table Registers");
    for (uint64_t field = HOST_ES; field <= HOST_TR; field += 2)
        host_field(field, 0, field != HOST_CS && field != HOST_TR);
    rule("address-space size: Checks Related to Address-Space Size");
    host_field(EXIT, vmread(EXIT) & ~(uint64_t)EXIT_HOST_64, false);
    host_field(HOST_CR4, read_cr4() & ~0x20ull, false);
    uint8_t valid_failure;
    vmwrite(HOST_RIP, NONCANONICAL);
    __asm__ volatile("vmlaunch; setz %0" : "=q"(valid_failure) : : "memory", "cc");
    same(0, valid_failure ? vmread(INSTRUCTION_ERROR) : 0, 8);
    host_field(HOST_CR4, read_cr4() | 1 << 17, true);
    write_cr4(read_cr4() & ~(1ull << 17));
}

/* Guest state: it runs to its VMCALL, or the entry fails. */
static void guest_state(uint64_t number, bool wanted)
{
    uint64_t reason = run_guest();
    same(number, reason, wanted ? 18 : FAIL_GUEST);
    if (reason == 18)
        skip_instruction();
    else
        same(number | 1ull << 63, vmread(QUALIFICATION), 0);
}

static void guest_field(uint64_t field, uint64_t value, bool wanted)
{
    uint64_t old = vmread(field);
    vmwrite(field, value);
    guest_state(field << 8, wanted);
    vmwrite(field, old);
}

static void test_guest_registers(void)
{
    start();
    rule("guest CR0 and CR4 have the fixed bits: Checks on Guest Control Registers, Debug Registers, and MSRs");
    for (uint64_t bit = 0; bit < 64; bit++) {
        uint64_t mask = 1ull << bit;
        if (rdmsr(0x486) & mask)
            guest_field(GUEST_CR0, read_cr0() & ~mask, false);
        if (!(rdmsr(0x487) & mask))
            guest_field(GUEST_CR0, read_cr0() | mask, false);
        if (rdmsr(0x488) & mask)
            guest_field(GUEST_CR4, read_cr4() & ~mask, false);
        if (!(rdmsr(0x489) & mask))
            guest_field(GUEST_CR4, read_cr4() | mask, false);
    }
    guest_field(GUEST_CR4, read_cr4() & ~0x20ull, false);
    rule("guest CR3: Checks on Guest Control Registers, Debug Registers, and MSRs");
    for (uint64_t bit = width; bit < 64; bit++)
        guest_field(GUEST_CR3, read_cr3() | 1ull << bit, false);
    rule("guest DR7 and DEBUGCTL: Checks on Guest Control Registers, Debug Registers, and MSRs");
    for (uint64_t bit = 0; bit < 64; bit++) {
        clear_bits(ENTRY, ENTRY_DEBUG);
        guest_field(GUEST_DR7, 1ull << bit, true);
        set_bits(ENTRY, ENTRY_DEBUG);
        guest_field(GUEST_DR7, 1ull << bit, bit < 32);
        uint64_t faults = (uint64_t)TRY("mov $0x1d9, %%ecx; mov %0, %%eax; mov %1, %%edx; wrmsr",
                                        "r"((uint32_t)(1ull << bit)), "r"((uint32_t)(1ull << bit >> 32)));
        guest_field(GUEST_DEBUGCTL, 1ull << bit, faults != 13);
    }
    wrmsr(0x1d9, 0);
    rule("addresses of the guest are canonical: Checks on Guest Segment Registers");
    static const uint64_t canonical[] = {GUEST_SYSENTER_ESP, GUEST_SYSENTER_EIP, GUEST_BASE + 8, GUEST_BASE + 10,
                                         GUEST_TR_BASE, GUEST_GDTR_BASE, GUEST_IDTR_BASE};
    for (int i = 0; i < 7; i++) {
        guest_field(canonical[i], NONCANONICAL, false);
        guest_field(canonical[i], vmread(canonical[i]), true);
    }
    guest_field(GUEST_LDTR_BASE, NONCANONICAL, true);
    rule("guest PAT: Checks on Guest Control Registers, Debug Registers, and MSRs");
    for (uint64_t type = 0; type < 256; type = type < 8 ? type + 1 : type * 2)
        for (uint64_t entry = 0; entry < 8; entry++) {
            vmwrite(GUEST_PAT, type << 8 * entry);
            clear_bits(ENTRY, ENTRY_LOAD_PAT);
            guest_state(type << 4 | entry, true);
            set_bits(ENTRY, ENTRY_LOAD_PAT);
            guest_state(type << 12 | entry, type < 8 && type != 2 && type != 3);
        }
    start();
    rule("guest EFER: Checks on Guest Control Registers, Debug Registers, and MSRs");
    uint64_t efer = rdmsr(0xc0000080);
    for (uint64_t bit = 0; bit < 64; bit++) {
        bool exists = bit == 0 || bit == 8 || bit == 10 || bit == 11;
        clear_bits(ENTRY, ENTRY_LOAD_EFER);
        guest_field(GUEST_EFER, efer ^ 1ull << bit, true);
        set_bits(ENTRY, ENTRY_LOAD_EFER);
        guest_field(GUEST_EFER, efer ^ 1ull << bit, exists && bit != 8 && bit != 10);
    }
    wrmsr(0xc0000080, efer);
    start();
    guest_field(ENTRY, vmread(ENTRY) & ~(uint64_t)ENTRY_GUEST_64, false);
}

static void test_guest_selectors(void)
{
    start();
    rule("selectors of TR, LDTR and SS: Checks on Guest Segment Registers");
    guest_field(GUEST_TR, 0x44, false);
    guest_field(GUEST_LDTR, 4, true);
    vmwrite(GUEST_RIGHTS + 12, 0x82);
    vmwrite(GUEST_LIMIT + 12, 0xffff);
    guest_field(GUEST_LDTR, 4, false);
    guest_field(GUEST_LDTR, 0x50, true);
    guest_field(GUEST_LDTR_BASE, NONCANONICAL, false);
    for (uint64_t rpl = 1; rpl < 4; rpl++) {
        guest_field(GUEST_SS, 0x10 | rpl, false);
        vmwrite(GUEST_RIGHTS + 4, 0x1c093);
        guest_field(GUEST_SS, 0x10 | rpl, false);
        vmwrite(GUEST_RIGHTS + 4, 0xc093);
    }
    use_ept();
    set_bits(PROC2, PROC2_UNRESTRICTED);
    for (uint64_t rpl = 1; rpl < 4; rpl++)
        guest_field(GUEST_SS, 0x10 | rpl, true);
    rule("bases of CS, SS, DS and ES have 32 bits: Checks on Guest Segment Registers");
    start();
    for (uint64_t s = 0; s < 4; s++)
        for (uint64_t bit = 32; bit < 63; bit += 5) {
            guest_field(GUEST_BASE + 2 * s, 1ull << bit, false);
            if (s == 1)
                continue;
            uint64_t old = vmread(GUEST_RIGHTS + 2 * s);
            vmwrite(GUEST_RIGHTS + 2 * s, old | 0x10000);
            guest_field(GUEST_BASE + 2 * s, 1ull << bit, true);
            vmwrite(GUEST_RIGHTS + 2 * s, old);
        }
}

static bool code_fits(uint64_t type) { return type == 9 || type == 11 || type == 13 || type == 15; }

static void test_guest_rights(void)
{
    start();
    rule("type and S of every segment: Checks on Guest Segment Registers");
    for (uint64_t s = 0; s < 6; s++)
        for (uint64_t type = 0; type < 32; type++) {
            uint64_t field = GUEST_RIGHTS + 2 * s, old = vmread(field);
            uint64_t low = type & 15;
            bool fits = type & 16
                        && (s == 1   ? code_fits(low)
                            : s == 2 ? low == 3 || low == 7
                                     : low & 1 && (!(low & 8) || low & 2));
            guest_field(field, (old & ~0x1full) | type, fits);
        }
    rule("reserved bits and P of access rights: Checks on Guest Segment Registers");
    for (uint64_t s = 0; s < 8; s++)
        for (uint64_t bit = 7; bit < 32; bit++) {
            uint64_t field = GUEST_RIGHTS + 2 * s, old = vmread(field);
            if (bit >= 12 && bit <= 16)
                continue;
            guest_field(field, old ^ 1ull << bit, s == 6);
        }
    rule("granularity and limit: Checks on Guest Segment Registers");
    for (uint64_t s = 0; s < 6; s++) {
        uint64_t rights = vmread(GUEST_RIGHTS + 2 * s);
        guest_field(GUEST_LIMIT + 2 * s, 0xfffffffe, false);
        guest_field(GUEST_LIMIT + 2 * s, 0xffffe000, false);
        vmwrite(GUEST_RIGHTS + 2 * s, rights & ~0x8000ull);
        guest_field(GUEST_LIMIT + 2 * s, 0x100000, false);
        guest_field(GUEST_LIMIT + 2 * s, 0xfffff, true);
        vmwrite(GUEST_RIGHTS + 2 * s, rights);
    }
    guest_field(GUEST_RIGHTS + 14, 0x808b, false);
    guest_field(GUEST_LIMIT + 14, 0x100000, false);
    rule("D and L of CS: Checks on Guest Segment Registers");
    guest_field(GUEST_RIGHTS + 2, 0xe09b, false);
    rule("DPL: Checks on Guest Segment Registers");
    for (uint64_t dpl = 1; dpl < 4; dpl++) {
        guest_field(GUEST_RIGHTS + 2, 0xa09b | dpl << 5, false);
        guest_field(GUEST_RIGHTS + 2, 0xa09f | dpl << 5, false);
        guest_field(GUEST_RIGHTS + 4, 0xc093 | dpl << 5, false);
        guest_field(GUEST_RIGHTS + 6, 0xc093 | dpl << 5, true);
        guest_field(GUEST_DS, 0x10 | dpl, false);
        vmwrite(GUEST_RIGHTS + 6, 0xc09f);
        guest_field(GUEST_DS, 0x10 | dpl, true);
        vmwrite(GUEST_RIGHTS + 6, 0xc093);
    }
    rule("unusable segments are not looked at: Checks on Guest Segment Registers");
    for (uint64_t s = 0; s < 8; s++) {
        if (s == 1 || s == 2 || s == 7)
            continue;
        guest_field(GUEST_RIGHTS + 2 * s, 0x10000, true);
        guest_field(GUEST_RIGHTS + 2 * s, 0xffffffff, true);
    }
    guest_field(GUEST_RIGHTS + 4, 0x10000, true);
    guest_field(GUEST_RIGHTS + 2, 0x1a09b, false);
    guest_field(GUEST_RIGHTS + 14, 0x1008b, false);
    rule("types of TR and LDTR: Checks on Guest Segment Registers");
    for (uint64_t type = 0; type < 32; type++) {
        guest_field(GUEST_RIGHTS + 14, 0x80 | type, type == 11);
        vmwrite(GUEST_LIMIT + 12, 0);
        guest_field(GUEST_RIGHTS + 12, 0x80 | type, type == 2);
    }
}

static void test_guest_rest(void)
{
    start();
    rule("limits of GDTR and IDTR: Checks on Guest Descriptor-Table Registers");
    for (uint64_t bit = 16; bit < 32; bit++) {
        guest_field(GUEST_GDTR_LIMIT, vmread(GUEST_GDTR_LIMIT) | 1ull << bit, false);
        guest_field(GUEST_IDTR_LIMIT, vmread(GUEST_IDTR_LIMIT) | 1ull << bit, false);
    }
    rule("RIP: Checks on Guest RIP, RFLAGS, and SSP");
    guest_field(GUEST_RIP, NONCANONICAL, false);
    guest_field(GUEST_RIP, 1ull << 47, false);
    rule("RFLAGS: Checks on Guest RIP, RFLAGS, and SSP");
    for (uint64_t bit = 0; bit < 64; bit++) {
        if (bit == 8 || bit == 9 || bit == 14 || bit == 16)
            continue;
        bool reserved = bit == 1 || bit == 3 || bit == 5 || bit == 15 || bit == 17 || bit > 21;
        guest_field(GUEST_RFLAGS, 2 ^ 1ull << bit, !reserved);
    }
    rule("activity state: Checks on Guest Non-Register State");
    for (uint64_t activity = 4; activity < 32; activity++)
        guest_field(ACTIVITY, activity, false);
    for (uint64_t activity = 1; activity < 4; activity++)
        for (uint64_t shadow = 1; shadow < 3; shadow++) {
            vmwrite(INTERRUPTIBILITY, shadow);
            vmwrite(GUEST_RFLAGS, 0x202);
            guest_field(ACTIVITY, activity, false);
        }
    vmwrite(INTERRUPTIBILITY, 0);
    vmwrite(GUEST_RFLAGS, 2);
    rule("interruptibility state: Checks on Guest Non-Register State");
    for (uint64_t bit = 2; bit < 32; bit++)
        guest_field(INTERRUPTIBILITY, 1ull << bit, bit == 3);
    guest_field(INTERRUPTIBILITY, 1, false);
    guest_field(INTERRUPTIBILITY, 3, false);
    guest_field(INTERRUPTIBILITY, 2, true);
    vmwrite(GUEST_RFLAGS, 0x202);
    guest_field(INTERRUPTIBILITY, 1, true);
    guest_field(INTERRUPTIBILITY, 3, false);
    vmwrite(GUEST_RFLAGS, 2);
    rule("pending debug exceptions: Checks on Guest Non-Register State");
    for (uint64_t bit = 0; bit < 64; bit++)
        if (bit != 12 && bit != 14 && bit != 16)
            guest_field(PENDING_DEBUG, 1ull << bit, bit < 4);
    vmwrite(INTERRUPTIBILITY, 2);
    guest_field(PENDING_DEBUG, 1 << 14, false);
    vmwrite(GUEST_RFLAGS, 0x102);
    guest_field(PENDING_DEBUG, 0, false);
    vmwrite(GUEST_DEBUGCTL, 2);
    guest_field(PENDING_DEBUG, 1 << 14, false);
}

static void fails(uint64_t number, uint64_t qualification)
{
    same(number, run_guest(), FAIL_GUEST);
    same(number | 1ull << 63, vmread(QUALIFICATION), qualification);
}

static void test_failures(void)
{
    static uint8_t other[4096] __attribute__((aligned(4096)));
    start();
    rule("VMCS link pointer: Checks on Guest Non-Register State");
    vmwrite(LINK, (uint64_t)vmcs);
    fails(0, 4);
    vmwrite(LINK, (uint64_t)other + 8);
    fails(1, 4);
    vmwrite(LINK, (uint64_t)other);
    fails(2, 4);
    vmwrite(LINK, 1ull << width);
    fails(3, 4);
    *(uint32_t *)other = (uint32_t)rdmsr(0x480) | 1u << 31;
    vmwrite(LINK, (uint64_t)other);
    fails(4, 4);
    *(uint32_t *)other = (uint32_t)rdmsr(0x480);
    guest_state(5, true);
    vmwrite(LINK, ~0ull);
    rule("injection that the guest blocks: Checks on Guest Non-Register State");
    vmwrite(INJECT, 0x80000202);
    vmwrite(INTERRUPTIBILITY, 2);
    fails(0, 0);
    vmwrite(GUEST_RFLAGS, 0x202);
    vmwrite(INTERRUPTIBILITY, 1);
    fails(1, 3);
    vmwrite(INTERRUPTIBILITY, 8);
    set_bits(PIN, PIN_NMI | PIN_VIRTUAL_NMI);
    fails(2, 0);
    vmwrite(INJECT, 0x80000055);
    for (uint64_t shadow = 1; shadow < 3; shadow++) {
        vmwrite(INTERRUPTIBILITY, shadow);
        fails(3 + shadow, 0);
    }
    vmwrite(INTERRUPTIBILITY, 0);
    vmwrite(GUEST_RFLAGS, 2);
    fails(6, 0);
    rule("events for inactive states: Checks on Guest Non-Register State");
    static const uint64_t events[] = {0x80000055, 0x80000202, 0x80000301, 0x80000312, 0x80000306, 0x80000480, 0x80000700};
    static const uint64_t allowed[] = {0x4f, 0x0a, 0};
    for (uint64_t activity = 1; activity < 4; activity++)
        for (uint64_t i = 0; i < 7; i++) {
            start();
            vmwrite(GUEST_RFLAGS, 0x202);
            vmwrite(ACTIVITY, activity);
            vmwrite(INJECT, events[i]);
            vmwrite(INJECT_LENGTH, 2);
            if (!(allowed[activity - 1] >> i & 1))
                fails(activity << 8 | i, 0);
        }
    rule("HLT outside ring 0: Checks on Guest Non-Register State");
    start();
    vmwrite(ACTIVITY, 1);
    vmwrite(GUEST_CS, 0x33);
    vmwrite(GUEST_SS, 0x2b);
    vmwrite(GUEST_RIGHTS + 2, 0xa0fb);
    vmwrite(GUEST_RIGHTS + 4, 0xc0f3);
    fails(0, 0);
    rule("a failed entry leaves the guest's fields and the event: VM-Entry Failures During or After Loading Guest State");
    start();
    vmwrite(INJECT, 0x80000306);
    vmwrite(GUEST_RFLAGS, 0);
    vmwrite(GUEST_DR7, 0x401);
    fails(0, 0);
    same(1, vmread(INJECT), 0x80000306);
    same(2, vmread(GUEST_DR7), 0x401);
    same(3, vmread(GUEST_RFLAGS), 0);
}

static void test_pdptes(void)
{
    static uint64_t table[4] __attribute__((aligned(4096)));
    rule("PDPTEs: Checks on Guest Page-Directory-Pointer-Table Entries");
    for (uint64_t ept = 0; ept < 2; ept++)
        for (uint64_t bit = 0; bit < 64; bit++) {
            start();
            for (int i = 0; i < 4; i++) {
                table[i] = (uint64_t)page_directory + 4096 * (uint64_t)i + 1;
                vmwrite(0x280a + 2 * (uint64_t)i, table[i]);
            }
            if (ept)
                use_ept();
            clear_bits(ENTRY, ENTRY_GUEST_64);
            vmwrite(GUEST_EFER, 0);
            vmwrite(GUEST_CR3, (uint64_t)table);
            vmwrite(GUEST_RIGHTS + 2, 0xc09b);
            table[2] |= 1ull << bit;
            vmwrite(0x280e, table[2]);
            if (ept)
                table[2] = 0;
            bool reserved = bit == 1 || bit == 2 || (bit >= 5 && bit <= 8) || bit >= width;
            if (reserved)
                fails(ept << 8 | bit, 2);
            else
                same(ept << 8 | bit, run_guest(), 18);
        }
}

static void read_state(void)
{
    __asm__ volatile("mov %%cr0, %%rax; mov %%dr7, %%rbx; mov %%cr4, %%rsi; sldt %%edi; hlt"
                     ::: "rax", "rbx", "rsi", "rdi");
}

static void test_transitions(void)
{
    rule("CD and NW of CR0 stay: Loading Guest Control Registers, Debug Registers, and MSRs");
    start();
    vmwrite(GUEST_RIP, (uint64_t)read_state);
    vmwrite(GUEST_CR0, read_cr0() | 3ull << 29);
    same(0, run_guest(), 12);
    same(1, guest_registers[0], read_cr0());
    same(2, vmread(GUEST_CR0), read_cr0());
    vmwrite(HOST_CR0, read_cr0() | 3ull << 29);
    vmwrite(GUEST_RIP, (uint64_t)at_halt);
    run_guest();
    same(3, read_cr0() & 3ull << 29, 0);
    rule("DR7 and DEBUGCTL after an exit: Loading Host Control Registers, Debug Registers, MSRs");
    uint64_t dr7;
    start();
    wrmsr(0x1d9, 1);
    vmwrite(GUEST_RIP, (uint64_t)read_state);
    vmwrite(GUEST_DR7, 0x404);
    run_guest();
    __asm__ volatile("mov %%dr7, %0" : "=r"(dr7));
    same(0, guest_registers[3], 0x404);
    same(1, dr7, 0x400);
    same(2, rdmsr(0x1d9), 0);
    rule("without the controls the debug registers are shared: Loading Guest Control Registers, Debug Registers, and MSRs");
    start();
    clear_bits(ENTRY, ENTRY_DEBUG);
    clear_bits(EXIT, ENTRY_DEBUG);
    vmwrite(GUEST_RIP, (uint64_t)read_state);
    vmwrite(GUEST_DR7, 0x404);
    __asm__ volatile("mov %0, %%dr7" : : "r"(0x408ull));
    run_guest();
    same(0, guest_registers[3], 0x408);
    same(1, vmread(GUEST_DR7), 0x404);
    rule("LDTR: Loading Host Segment and Descriptor-Table Registers");
    start();
    vmwrite(GUEST_RIP, (uint64_t)read_state);
    vmwrite(GUEST_LDTR, 0x58);
    vmwrite(GUEST_RIGHTS + 12, 0x82);
    vmwrite(GUEST_LIMIT + 12, 0xffff);
    run_guest();
    same(0, guest_registers[7], 0x58);
    uint32_t ldtr;
    __asm__ volatile("sldt %0" : "=r"(ldtr));
    same(1, ldtr, 0);
    rule("the IA-32e-mode control follows EFER.LMA: Saving Control Registers, Debug Registers, and MSRs");
    same(0, vmread(ENTRY) & ENTRY_GUEST_64, ENTRY_GUEST_64);
}

static void enter_virtual_8086(void)
{
    start();
    use_ept();
    set_bits(PROC2, PROC2_UNRESTRICTED);
    clear_bits(ENTRY, ENTRY_GUEST_64);
    vmwrite(GUEST_CR0, read_cr0() & ~0x80000000ull);
    vmwrite(GUEST_EFER, rdmsr(0xc0000080) & ~0x500ull);
    for (uint64_t s = 0; s < 6; s++) {
        vmwrite(GUEST_ES + 2 * s, 0x700 + s);
        vmwrite(GUEST_BASE + 2 * s, 0x7000 + 16 * s);
        vmwrite(GUEST_LIMIT + 2 * s, 0xffff);
        vmwrite(GUEST_RIGHTS + 2 * s, 0xf3);
    }
    vmwrite(GUEST_RFLAGS, 0x23002);
    vmwrite(GUEST_RSP, 0x100);
    vmwrite(GUEST_RIP, 0);
}

static void test_virtual_8086(void)
{
    /* CS is 0701H: PUSHF of IOPL 3, VMCALL. */
    static const uint8_t code[] = {0x9c, 0x0f, 0x01, 0xc1};
    memcpy((void *)0x7010, code, sizeof code);
    rule("a virtual-8086 guest runs: Checks on Guest Segment Registers");
    enter_virtual_8086();
    same(0, run_guest(), 18);
    same(1, vmread(GUEST_RFLAGS) & 0x23000, 0x23000);
    same(2, vmread(GUEST_CS), 0x701);
    same(3, vmread(GUEST_RIGHTS + 2), 0xf3);
    same(4, *(volatile uint16_t *)0x711e, 0x3002);
    rule("PUSHF without IOPL 3 is #GP there: Checks on Guest RIP, RFLAGS, and SSP");
    enter_virtual_8086();
    vmwrite(GUEST_RFLAGS, 0x20002);
    vmwrite(EXCEPTIONS, 1 << 13);
    same(0, run_guest(), 0);
    same(1, vmread(INTERRUPTION), 0x80000b0d);
    rule("bases, limits and rights of a virtual-8086 guest: Checks on Guest Segment Registers");
    for (uint64_t s = 0; s < 6; s++) {
        enter_virtual_8086();
        vmwrite(GUEST_BASE + 2 * s, 0x7000);
        same(s << 8, run_guest(), s == 0 ? 18 : FAIL_GUEST);
        enter_virtual_8086();
        vmwrite(GUEST_LIMIT + 2 * s, 0xfffff);
        same(s << 8 | 1, run_guest(), FAIL_GUEST);
        enter_virtual_8086();
        vmwrite(GUEST_RIGHTS + 2 * s, 0x93);
        same(s << 8 | 2, run_guest(), FAIL_GUEST);
        enter_virtual_8086();
        vmwrite(GUEST_RIGHTS + 2 * s, 0x100f3);
        same(s << 8 | 3, run_guest(), FAIL_GUEST);
    }
    rule("a software interrupt of VM entry goes by the redirection bitmap: Details of Vectored-Event Injection");
    static uint8_t task[104 + 32 + 4] __attribute__((aligned(8)));
    *(uint16_t *)(task + 102) = 104 + 32;
    *(volatile uint32_t *)(0x60 * 4) = 0x07010001; /* VMCALL */
    for (uint64_t n = 0; n < 8; n++) {
        bool iopl3 = n & 1, vif = n & 2, protected = n & 4;
        task[104 + 0x60 / 8] = protected;
        enter_virtual_8086();
        set_bits(GUEST_CR4, 1);
        vmwrite(GUEST_TR_BASE, (uint64_t)task);
        vmwrite(GUEST_LIMIT + 14, sizeof task - 1);
        vmwrite(GUEST_IDTR_LIMIT, 0);
        vmwrite(GUEST_RFLAGS, 0x20002 | (iopl3 ? 0x3000 : 0) | (vif ? 1 << 19 : 0));
        vmwrite(EXCEPTIONS, 1 << 13);
        vmwrite(INJECT, 0x80000460);
        vmwrite(INJECT_LENGTH, 2);
        same(n, run_guest(), protected ? 0 : 18);
        if (protected) {
            same(n | 0x10, vmread(INTERRUPTION_ERROR), 0x60 << 3 | 2);
            same(n | 0x20, vmread(VECTORING), 0x80000460);
        } else {
            same(n | 0x30, *(volatile uint16_t *)0x711e & 0x3200, 0x3000 | (vif && !iopl3 ? 0x200 : 0));
            same(n | 0x40, vmread(GUEST_RFLAGS) >> 19 & 1, vif && iopl3);
            same(n | 0x50, vmread(GUEST_RFLAGS) >> 17 & 1, 1);
            same(n | 0x60, *(volatile uint16_t *)0x711a, 2);
        }
    }
    rule("the same segments without RFLAGS.VM: Checks on Guest Segment Registers");
    enter_virtual_8086();
    same(0, run_guest(), 18);
    vmwrite(GUEST_RFLAGS, 0x3002);
    same(1, run_guest(), FAIL_GUEST);
    rule("RFLAGS.VM needs CR0.PE: Checks on Guest RIP, RFLAGS, and SSP");
    enter_virtual_8086();
    vmwrite(GUEST_CR0, read_cr0() & ~0x80000001ull);
    same(0, run_guest(), FAIL_GUEST);
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    prepare_vmx();
    uint32_t r[4];
    cpuid(0x80000008, 0, r);
    width = r[0] & 0xff;
    test_host_registers();
    test_host_segments();
    test_guest_registers();
    test_guest_selectors();
    test_guest_rights();
    test_guest_rest();
    test_failures();
    test_pdptes();
    test_transitions();
    test_virtual_8086();
    finish_rules();
}
