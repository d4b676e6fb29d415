/*
 * What VM entry checks of the VMX controls, field by field and bit by bit (SDM volume 3, "Checks on
 * VMX Controls"). The guest's RFLAGS are invalid throughout, so an entry whose controls are accepted
 * fails later, with another result, and nothing ever runs.
 */
#include "rules.h"

static uint8_t page[4096] __attribute__((aligned(4096)));
static uint64_t width;

static void guest(void) {}

static uint64_t enter(void) { return run_guest(); }

/* An entry that gets as far as the guest's state, or one that does not. */
static void accepts(uint64_t number, bool wanted)
{
    same(number, enter(), wanted ? FAIL_GUEST : FAIL_CONTROLS);
}

static void start(void)
{
    prepare_guest(guest);
    vmwrite(GUEST_RFLAGS, 0);
    vmwrite(GUEST_PAT, 0x0007040600070406);
}

static void reserved(const char *name, uint64_t field, uint32_t msr)
{
    rule(name);
    uint64_t capability = rdmsr(msr);
    uint32_t must = (uint32_t)capability, may = (uint32_t)(capability >> 32);
    uint64_t old = vmread(field);
    for (int bit = 0; bit < 32; bit++) {
        uint32_t mask = 1u << bit;
        vmwrite(field, old & ~mask);
        if (must & mask)
            accepts((uint64_t)bit, false);
        vmwrite(field, old | mask);
        if (!(may & mask))
            accepts((uint64_t)bit + 32, false);
    }
    vmwrite(field, old);
    accepts(64, true);
}

static void test_reserved(void)
{
    start();
    reserved("pin-based controls as IA32_VMX_TRUE_PINBASED_CTLS: VM-Execution Control Fields", PIN, 0x48d);
    reserved("primary controls as IA32_VMX_TRUE_PROCBASED_CTLS: VM-Execution Control Fields", PROC, 0x48e);
    reserved("secondary controls as IA32_VMX_PROCBASED_CTLS2: VM-Execution Control Fields", PROC2, 0x48b);
    reserved("VM-exit controls as IA32_VMX_TRUE_EXIT_CTLS: VM-Exit Control Fields", EXIT, 0x48f);
    reserved("VM-entry controls as IA32_VMX_TRUE_ENTRY_CTLS: VM-Entry Control Fields", ENTRY, 0x490);
    rule("secondary controls count only when activated: VM-Execution Control Fields");
    clear_bits(PROC, PROC_SECONDARY);
    vmwrite(PROC2, 0xffffffff);
    accepts(0, true);
}

/* Every bit of an address field, and the ends of the physical address space. */
static void address(const char *name, uint64_t field, uint64_t align)
{
    rule(name);
    uint64_t old = vmread(field);
    for (uint64_t bit = 0; bit < 64; bit++) {
        uint64_t value = 1ull << bit;
        vmwrite(field, value);
        accepts(bit, value >= align && bit < width);
    }
    vmwrite(field, (1ull << width) - align);
    accepts(64, true);
    vmwrite(field, ~0ull);
    accepts(65, false);
    vmwrite(field, align - 1);
    accepts(66, false);
    vmwrite(field, old);
}

static void test_addresses(void)
{
    start();
    set_bits(PROC, PROC_IO_BITMAPS);
    address("I/O-bitmap address A: VM-Execution Control Fields", IO_A, 4096);
    address("I/O-bitmap address B: VM-Execution Control Fields", IO_B, 4096);
    start();
    set_bits(PROC, PROC_MSR_BITMAPS);
    address("MSR-bitmap address: VM-Execution Control Fields", MSR_BITMAP, 4096);
    start();
    set_bits(PROC, PROC_TPR_SHADOW);
    vmwrite(TPR_THRESHOLD, 0);
    address("virtual-APIC address: VM-Execution Control Fields", VIRTUAL_APIC, 4096);
    start();
    set_bits(PROC2, PROC2_APIC_ACCESSES);
    address("APIC-access address: VM-Execution Control Fields", APIC_ACCESS, 4096);
    start();
    set_bits(PROC2, PROC2_EPT | PROC2_PML);
    vmwrite(EPTP, 0x1e);
    address("PML address: VM-Execution Control Fields", PML_ADDRESS, 4096);
    start();
    set_bits(PROC2, PROC2_EPT | PROC2_FUNCTIONS);
    vmwrite(EPTP, 0x1e);
    vmwrite(VMFUNC_CONTROLS, 1);
    address("EPTP-list address: VM-Execution Control Fields", EPTP_LIST, 4096);
    start();
    set_bits(PROC2, PROC2_VE);
    address("virtualization-exception information address: VM-Execution Control Fields", VE_AREA, 4096);
    start();
    vmwrite(EXIT_STORE_COUNT, 1);
    address("VM-exit MSR-store address: VM-Exit Control Fields", EXIT_STORE, 16);
    start();
    vmwrite(ENTRY_LOAD_COUNT, 1);
    address("VM-entry MSR-load address: VM-Entry Control Fields", ENTRY_LOAD, 16);
    rule("the last byte of an MSR area is within the address width: VM-Entry Control Fields");
    vmwrite(ENTRY_LOAD_COUNT, 2);
    for (uint64_t i = 1; i <= 3; i++) {
        vmwrite(ENTRY_LOAD, (1ull << width) - 16 * i);
        accepts(i, i >= 2);
    }
    rule("addresses of features that are off are not checked: VM-Execution Control Fields");
    start();
    static const uint64_t fields[] = {IO_A, IO_B, MSR_BITMAP, VIRTUAL_APIC, APIC_ACCESS, PML_ADDRESS,
                                      EPTP_LIST, VE_AREA, EXIT_STORE, EXIT_LOAD, ENTRY_LOAD, EPTP,
                                      POSTED_DESCRIPTOR};
    for (uint64_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        uint64_t old = vmread(fields[i]);
        vmwrite(fields[i], ~0ull);
        accepts(fields[i], true);
        vmwrite(fields[i], old);
    }
}

static void test_apic(void)
{
    rule("APIC virtualization needs the TPR shadow: VM-Execution Control Fields");
    for (uint32_t mask = 0; mask < 16; mask++) {
        start();
        vmwrite(VIRTUAL_APIC, (uint64_t)page);
        vmwrite(TPR_THRESHOLD, 0);
        set_bits(PIN, PIN_INTERRUPT);
        if (mask & 8)
            set_bits(PROC, PROC_TPR_SHADOW);
        set_bits(PROC2, (mask & 1 ? PROC2_X2APIC : 0) | (mask & 2 ? PROC2_APIC_REGISTERS : 0)
                            | (mask & 4 ? PROC2_DELIVERY : 0));
        accepts(mask, mask == 0 || mask & 8);
    }
    rule("x2APIC mode excludes APIC accesses: VM-Execution Control Fields");
    for (uint32_t mask = 0; mask < 4; mask++) {
        start();
        vmwrite(VIRTUAL_APIC, (uint64_t)page);
        vmwrite(APIC_ACCESS, (uint64_t)page);
        set_bits(PROC, PROC_TPR_SHADOW);
        set_bits(PROC2, (mask & 1 ? PROC2_X2APIC : 0) | (mask & 2 ? PROC2_APIC_ACCESSES : 0));
        accepts(mask, mask != 3);
    }
    rule("virtual-interrupt delivery needs external-interrupt exiting: VM-Execution Control Fields");
    for (uint32_t mask = 0; mask < 4; mask++) {
        start();
        vmwrite(VIRTUAL_APIC, (uint64_t)page);
        set_bits(PROC, PROC_TPR_SHADOW);
        set_bits(PROC2, mask & 1 ? PROC2_DELIVERY : 0);
        set_bits(PIN, mask & 2 ? PIN_INTERRUPT : 0);
        accepts(mask, mask != 1);
    }
}

static void test_posted(void)
{
    rule("posted interrupts need delivery and acknowledgment: VM-Execution Control Fields");
    for (uint32_t mask = 0; mask < 4; mask++) {
        start();
        vmwrite(VIRTUAL_APIC, (uint64_t)page);
        vmwrite(NOTIFICATION_VECTOR, 0xf2);
        vmwrite(POSTED_DESCRIPTOR, (uint64_t)page);
        set_bits(PROC, PROC_TPR_SHADOW);
        set_bits(PIN, PIN_INTERRUPT | PIN_POSTED);
        set_bits(PROC2, mask & 1 ? PROC2_DELIVERY : 0);
        set_bits(EXIT, mask & 2 ? EXIT_ACKNOWLEDGE : 0);
        accepts(mask, mask == 3);
    }
    rule("posted-interrupt notification vector: VM-Execution Control Fields");
    for (uint64_t bit = 0; bit < 16; bit++) {
        vmwrite(NOTIFICATION_VECTOR, 1ull << bit);
        accepts(bit, bit < 8);
    }
    vmwrite(NOTIFICATION_VECTOR, 0);
    accepts(16, true);
    address("posted-interrupt descriptor address: VM-Execution Control Fields", POSTED_DESCRIPTOR, 64);
}

static void test_threshold(void)
{
    rule("TPR threshold: VM-Execution Control Fields");
    for (uint64_t mask = 0; mask < 16; mask++) {
        bool shadow = mask & 1, activated = mask & 2, accesses = mask & 4, delivery = mask & 8;
        start();
        vmwrite(VIRTUAL_APIC, (uint64_t)page);
        vmwrite(APIC_ACCESS, (uint64_t)page);
        set_bits(PIN, PIN_INTERRUPT);
        if (!activated)
            clear_bits(PROC, PROC_SECONDARY);
        set_bits(PROC, shadow ? PROC_TPR_SHADOW : 0);
        set_bits(PROC2, (accesses ? PROC2_APIC_ACCESSES : 0) | (shadow && delivery ? PROC2_DELIVERY : 0));
        bool delivers = activated && delivery;
        for (uint64_t bit = 4; bit < 32; bit += 3) {
            vmwrite(TPR_THRESHOLD, 1ull << bit);
            accepts(mask << 8 | bit, !shadow || delivers);
        }
        for (uint64_t threshold = 0; threshold < 16; threshold += 5)
            for (uint64_t class = 0; class < 16; class++) {
                vmwrite(TPR_THRESHOLD, threshold);
                page[0x80] = (uint8_t)(class << 4);
                bool compares = shadow && !(activated && (accesses || delivery));
                accepts(mask << 16 | threshold << 8 | class, !compares || threshold <= class);
            }
    }
    page[0x80] = 0;
}

static void test_dependencies(void)
{
    rule("virtual NMIs and NMI-window exiting: VM-Execution Control Fields");
    for (uint32_t mask = 0; mask < 8; mask++) {
        start();
        set_bits(PIN, (mask & 1 ? PIN_NMI : 0) | (mask & 2 ? PIN_VIRTUAL_NMI : 0));
        set_bits(PROC, mask & 4 ? PROC_NMI_WINDOW : 0);
        bool valid = !(mask & 2 && !(mask & 1)) && !(mask & 4 && !(mask & 2));
        accepts(mask, valid);
    }
    rule("VPID is not 0: VM-Execution Control Fields");
    start();
    vmwrite(VPID, 0);
    accepts(0, true);
    set_bits(PROC2, PROC2_VPID);
    accepts(1, false);
    for (uint64_t bit = 0; bit < 16; bit++) {
        vmwrite(VPID, 1ull << bit);
        accepts(2 + bit, true);
    }
    rule("PML, unrestricted guest and EPTP switching need EPT: VM-Execution Control Fields");
    static const uint32_t needing[] = {PROC2_PML, PROC2_UNRESTRICTED, PROC2_FUNCTIONS};
    for (uint64_t i = 0; i < 3; i++)
        for (uint64_t ept = 0; ept < 2; ept++) {
            start();
            vmwrite(EPTP, 0x1e);
            vmwrite(PML_ADDRESS, (uint64_t)page);
            vmwrite(EPTP_LIST, (uint64_t)page);
            vmwrite(VMFUNC_CONTROLS, 1);
            set_bits(PROC2, needing[i] | (ept ? PROC2_EPT : 0));
            accepts(i << 4 | ept, ept);
        }
    rule("VM-function controls as IA32_VMX_VMFUNC: VM-Execution Control Fields");
    start();
    vmwrite(EPTP, 0x1e);
    vmwrite(EPTP_LIST, (uint64_t)page);
    set_bits(PROC2, PROC2_EPT | PROC2_FUNCTIONS);
    for (uint64_t bit = 0; bit < 64; bit++) {
        vmwrite(VMFUNC_CONTROLS, 1ull << bit);
        accepts(bit, rdmsr(0x491) >> bit & 1);
    }
    rule("saving the VMX-preemption timer needs it: VM-Exit Control Fields");
    for (uint32_t mask = 0; mask < 4; mask++) {
        start();
        vmwrite(PREEMPTION, 1);
        set_bits(PIN, mask & 1 ? PIN_TIMER : 0);
        set_bits(EXIT, mask & 2 ? EXIT_SAVE_TIMER : 0);
        accepts(mask, mask != 2);
    }
    rule("CR3-target count: VM-Execution Control Fields");
    start();
    uint64_t targets = rdmsr(0x485) >> 16 & 0x1ff;
    static const uint64_t counts[] = {0, 1, 2, 3, 4, 5, 0x7fffffff, 0x80000000, 0xffffffff};
    for (uint64_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        vmwrite(CR3_TARGETS, counts[i]);
        accepts(counts[i], counts[i] <= targets);
    }
    for (uint64_t i = 0; i < 256; i++)
        same(i, (uint64_t)vmwrite(CR3_TARGET + 2 * i, 0), i < targets ? 0 : 12);
}

static void test_eptp(void)
{
    rule("EPTP: VM-Execution Control Fields");
    start();
    set_bits(PROC2, PROC2_EPT);
    uint64_t capability = rdmsr(0x48c);
    for (uint64_t type = 0; type < 8; type++) {
        vmwrite(EPTP, 0x18 | type);
        accepts(type, type == 0 ? capability >> 8 & 1 : type == 6 ? capability >> 14 & 1 : false);
    }
    for (uint64_t length = 0; length < 8; length++) {
        vmwrite(EPTP, 6 | length << 3);
        accepts(0x10 | length, length == 3);
    }
    vmwrite(EPTP, 0x5e);
    accepts(0x20, capability >> 21 & 1);
    for (uint64_t bit = 7; bit < 64; bit++) {
        vmwrite(EPTP, 0x1e | 1ull << bit);
        accepts(0x30 + bit, bit >= 12 && bit < width);
    }
}

static void inject(uint64_t information, bool wanted)
{
    vmwrite(INJECT, information);
    accepts(information, wanted);
}

static void test_injection(void)
{
    static const uint32_t with_error = 1 << 8 | 1 << 10 | 1 << 11 | 1 << 12 | 1 << 13 | 1 << 14 | 1 << 17;
    start();
    vmwrite(INJECT_ERROR, 0);
    vmwrite(INJECT_LENGTH, 1);
    rule("injected type and vector: VM-Entry Control Fields");
    for (uint64_t type = 0; type < 8; type++)
        for (uint64_t vector = 0; vector < 256; vector++) {
            bool error = type == 3 && vector < 32 && with_error >> vector & 1;
            bool valid = type != 1 && (type != 2 || vector == 2) && (type != 3 || vector < 32)
                         && (type != 7 || vector == 0);
            inject(0x80000000 | (error ? 0x800 : 0) | type << 8 | vector, valid);
        }
    rule("deliver-error-code is set for just the exceptions that have one: VM-Entry Control Fields");
    for (uint64_t type = 0; type < 8; type++)
        for (uint64_t vector = 0; vector < 32; vector++)
            if (type != 3 || !(with_error >> vector & 1))
                inject(0x80000800 | type << 8 | vector, false);
            else
                inject(0x80000000 | type << 8 | vector, false);
    rule("reserved bits of the interruption information: VM-Entry Control Fields");
    for (uint64_t bit = 12; bit < 31; bit++)
        inject(0x80000b0d | 1ull << bit, false);
    rule("without the valid bit nothing of it counts: VM-Entry Control Fields");
    inject(0x7fffffff, true);
    rule("bits 31:16 of the error code are 0: VM-Entry Control Fields");
    vmwrite(INJECT, 0x80000b0d);
    for (uint64_t bit = 0; bit < 32; bit++) {
        vmwrite(INJECT_ERROR, 1ull << bit);
        accepts(bit, bit < 16);
    }
    vmwrite(INJECT_ERROR, 0);
    rule("instruction length of software events: VM-Entry Control Fields");
    for (uint64_t type = 0; type < 7; type++)
        for (uint64_t length = 0; length < 18; length++) {
            if (type == 1)
                continue;
            vmwrite(INJECT_LENGTH, length == 17 ? 0xffffffff : length);
            uint64_t vector = type == 2 ? 2 : type == 5 ? 1 : type == 3 ? 6 : 0x20;
            inject(0x80000000 | type << 8 | vector, type < 4 || (length >= 1 && length <= 15));
        }
    vmwrite(INJECT_LENGTH, 1);
    rule("an unrestricted guest without CR0.PE has no error codes: VM-Entry Control Fields");
    for (uint64_t mask = 0; mask < 8; mask++) {
        bool unrestricted = mask & 1, protected = mask & 2, error = mask & 4;
        start();
        vmwrite(EPTP, 0x1e);
        set_bits(PROC2, unrestricted ? PROC2_EPT | PROC2_UNRESTRICTED : 0);
        vmwrite(GUEST_CR0, protected ? read_cr0() : read_cr0() & 0x7ffffffe);
        vmwrite(INJECT, 0x8000030d | (error ? 0x800 : 0));
        accepts(mask, error == (!unrestricted || protected));
    }
}

void kernel_main(uint32_t information)
{
    (void)information;
    set_up_interrupts();
    prepare_vmx();
    uint32_t r[4];
    cpuid(0x80000008, 0, r);
    width = r[0] & 0xff;
    test_reserved();
    test_addresses();
    test_apic();
    test_posted();
    test_threshold();
    test_dependencies();
    test_eptp();
    test_injection();
    finish_rules();
}
