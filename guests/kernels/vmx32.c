/*
 * A hypervisor in 32-bit protected mode, without paging of 8-byte entries and with it (PAE): VMX
 * instructions of 32 bits, both halves of 64-bit fields, and what an exit loads into a host that is
 * not one of 64 bits (SDM volume 3, "Loading Host State" and the sections below it).
 */
#include "kernel32.h"
#include <stdbool.h>

typedef uint64_t u64;
enum { CODE = 0x08, DATA = 0x10, TSS = 0x18 };

static u64 gdt[4] __attribute__((aligned(8)));
static uint32_t task[26];
static u64 pdpt[4] __attribute__((aligned(32)));
static u64 other_pdpt[4] __attribute__((aligned(32)));
static u64 directory[2048] __attribute__((aligned(4096)));
static uint32_t directory32[1024] __attribute__((aligned(4096)));
static uint32_t vmxon_region[1024] __attribute__((aligned(4096)));
static uint32_t vmcs[1024] __attribute__((aligned(4096)));
static uint8_t guest_stack[1024];
volatile uint32_t guest_eax, host_eflags;
static bool launched;

static u64 rdmsr(uint32_t n) { u64 v; __asm__ volatile("rdmsr" : "=A"(v) : "c"(n)); return v; }
static void wrmsr(uint32_t n, u64 v) { __asm__ volatile("wrmsr" : : "A"(v), "c"(n)); }
static uint32_t read_cr3(void) { uint32_t v; __asm__ volatile("mov %%cr3, %0" : "=r"(v)); return v; }
static void write_cr0(uint32_t v) { __asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory"); }
static void write_cr3(const void *v) { __asm__ volatile("mov %0, %%cr3" : : "r"(v) : "memory"); }
static void write_cr4(uint32_t v) { __asm__ volatile("mov %0, %%cr4" : : "r"(v) : "memory"); }

static uint32_t vmread(uint32_t field)
{
    uint32_t v;
    __asm__ volatile("vmread %1, %0" : "=rm"(v) : "r"(field) : "cc");
    return v;
}

static void vmwrite(uint32_t field, uint32_t v) { __asm__ volatile("vmwrite %0, %1" : : "rm"(v), "r"(field) : "cc"); }

static void vmwrite64(uint32_t field, u64 v)
{
    vmwrite(field, (uint32_t)v);
    vmwrite(field + 1, (uint32_t)(v >> 32));
}

static uint32_t adjust(uint32_t msr, uint32_t wanted)
{
    u64 c = rdmsr(msr);
    return (wanted | (uint32_t)c) & (uint32_t)(c >> 32);
}

/* Gives the exit reason, or 0x10000 plus the VM-instruction error. */
__asm__(".globl enter_guest, guest_exit\n"
        "enter_guest: push %ebx; push %ebp; push %esi; push %edi\n"
        "mov $0x6c14, %eax; vmwrite %esp, %eax\n"
        "cmpl $0, 20(%esp); jne 1f; vmlaunch; jmp 2f\n"
        "1: vmresume\n"
        "2: mov $1, %eax; jmp 3f\n"
        "guest_exit: mov %eax, guest_eax; pushf; pop %eax; mov %eax, host_eflags; xor %eax, %eax\n"
        "3: pop %edi; pop %esi; pop %ebp; pop %ebx; ret\n"
        ".globl guest_code\n"
        "guest_code: mov $0x1234, %eax; vmcall; mov %cr3, %eax; vmcall; 1: jmp 1b\n");
uint32_t enter_guest(uint32_t resume);
extern uint8_t guest_exit[], guest_code[];

static uint32_t run(void)
{
    if (enter_guest(launched))
        return 0x10000 | vmread(0x4400);
    uint32_t reason = vmread(0x4402);
    if (!(reason >> 31))
        launched = true;
    return reason;
}

static void prepare(void)
{
    struct { uint16_t limit; uint32_t base; } __attribute__((packed)) g, i;
    const u64 region = (uint32_t)vmcs;
    __asm__ volatile("vmclear %0; vmptrld %0" : : "m"(region) : "cc", "memory");
    launched = false;
    __asm__ volatile("sgdt %0; sidt %1" : "=m"(g), "=m"(i));
    vmwrite(0x4000, adjust(0x48d, 0));
    vmwrite(0x4002, adjust(0x48e, 0));
    vmwrite(0x400c, adjust(0x48f, 1 << 2));
    vmwrite(0x4012, adjust(0x490, 1 << 2));
    for (uint32_t f = 0x4004; f <= 0x401a; f += 2)
        if (f != 0x400c && f != 0x4012)
            vmwrite(f, 0);
    static const uint32_t rights[] = {0xc093, 0xc09b, 0xc093, 0xc093, 0xc093, 0xc093, 0x10000, 0x8b};
    for (uint32_t s = 0; s < 8; s++) {
        uint32_t selector = s == 1 ? CODE : s == 6 ? 0 : s == 7 ? TSS : DATA;
        vmwrite(0x800 + 2 * s, selector);
        if (s != 6)
            vmwrite(0xc00 + 2 * (s == 7 ? 6 : s), selector);
        vmwrite(0x4800 + 2 * s, s == 7 ? sizeof task - 1 : 0xffffffff);
        vmwrite(0x4814 + 2 * s, rights[s]);
        vmwrite(0x6806 + 2 * s, s == 7 ? (uint32_t)task : 0);
    }
    for (int host = 0; host < 2; host++) {
        uint32_t state = host ? 0x6c00 : 0x6800;
        vmwrite(state, read_cr0());
        vmwrite(state + 2, read_cr3());
        vmwrite(state + 4, read_cr4());
    }
    vmwrite(0x6816, g.base);
    vmwrite(0x4810, g.limit);
    vmwrite(0x6818, i.base);
    vmwrite(0x4812, i.limit);
    vmwrite(0x6c06, 0);
    vmwrite(0x6c08, 0);
    vmwrite(0x6c0a, (uint32_t)task);
    vmwrite(0x6c0c, g.base);
    vmwrite(0x6c0e, i.base);
    vmwrite(0x6c16, (uint32_t)guest_exit);
    vmwrite(0x681a, 0x400);
    vmwrite64(0x2802, 0);
    vmwrite64(0x2800, ~0ull);
    vmwrite(0x4824, 0);
    vmwrite(0x4826, 0);
    vmwrite(0x6822, 0);
    vmwrite(0x6820, 2);
    vmwrite(0x681c, (uint32_t)guest_stack + sizeof guest_stack);
    vmwrite(0x681e, (uint32_t)guest_code);
}

static void test_round_trip(void)
{
    prepare();
    vmwrite64(0x2010, 0x1122334455667788);
    expect("low half of a field", vmread(0x2010), 0x55667788);
    expect("high half of a field", vmread(0x2011), 0x11223344);
    vmwrite64(0x2010, 0);
    expect("VMLAUNCH", run(), 18);
    expect("the guest ran", guest_eax, 0x1234);
    expect("RFLAGS after an exit", host_eflags, 2);
    expect("the guest is not one of IA-32e mode", vmread(0x4012) >> 9 & 1, 0);
    struct { uint16_t limit; uint32_t base; } __attribute__((packed)) g;
    __asm__ volatile("sgdt %0" : "=m"(g));
    expect("limit of GDTR", g.limit, 0xffff);
    uint32_t limit = 0, tr, ldtr;
    __asm__ volatile("str %0; sldt %1" : "=r"(tr), "=r"(ldtr));
    expect("TR", tr, TSS);
    expect("LDTR", ldtr, 0);
    __asm__ volatile("mov %%esp, %0" : "=r"(limit));
    expect("the stack has 32 bits", limit >> 16 != 0, 1);
    vmwrite(0x681e, vmread(0x681e) + vmread(0x440c));
    expect("VMRESUME", run(), 18);
    expect("CR3 of the guest", guest_eax, read_cr3());
}

static void test_checks(void)
{
    prepare();
    vmwrite(0x4012, vmread(0x4012) | 1 << 9);
    expect("no IA-32e-mode guest of such a host", run(), 0x10008);
    prepare();
    vmwrite(0x400c, vmread(0x400c) | 1 << 9);
    expect("a host of 64 bits must be one now", run(), 0x10008);
    prepare();
    vmwrite(0xc04, 0);
    expect("SS of the host is not null", run(), 0x10008);
    prepare();
    vmwrite(0x6c04, read_cr4() | 1 << 17);
    expect("no CR4.PCIDE", run(), 0x10008);
}

static void test_pdptes(void)
{
    prepare();
    for (int i = 0; i < 4; i++)
        other_pdpt[i] = pdpt[i];
    other_pdpt[3] = pdpt[0];
    vmwrite(0x6c02, (uint32_t)other_pdpt);
    *(volatile uint32_t *)0x600000 = 0x4d59;
    expect("exit to another CR3", run(), 18);
    expect("PDPTEs of the host are loaded", *(volatile uint32_t *)0xc0600000, 0x4d59);
    write_cr3(pdpt);
    prepare();
    other_pdpt[3] = 1 | 1 << 5;
    vmwrite(0x6802, (uint32_t)other_pdpt);
    expect("a PDPTE of the guest with a reserved bit", run(), 0x80000021);
    expect("its qualification", vmread(0x6400), 2);
}

void kernel_main(uint32_t magic, uint32_t information)
{
    (void)magic;
    (void)information;
    struct { uint16_t limit; uint32_t base; } __attribute__((packed)) g = {sizeof gdt - 1, (uint32_t)gdt};
    gdt[1] = 0x00cf9b000000ffff;
    gdt[2] = 0x00cf93000000ffff;
    gdt[3] = (sizeof task - 1) | (u64)((uint32_t)task & 0xffffff) << 16 | 0x89ull << 40
             | (u64)((uint32_t)task >> 24) << 56;
    __asm__ volatile("lgdt %0; ljmp $8, $1f; 1: mov $0x10, %%ax; mov %%ax, %%ds; mov %%ax, %%es; mov %%ax, %%ss;"
                     "mov %%ax, %%fs; mov %%ax, %%gs; mov $0x18, %%ax; ltr %%ax" : : "m"(g) : "eax");
    for (uint32_t i = 0; i < 2048; i++)
        directory[i] = (u64)i << 21 | 0x83;
    for (uint32_t i = 0; i < 1024; i++)
        directory32[i] = i << 22 | 0x83;
    for (uint32_t i = 0; i < 4; i++)
        pdpt[i] = (uint32_t)(directory + 512 * i) | 1;
    if (!(rdmsr(0x3a) & 1))
        wrmsr(0x3a, 5);
    write_cr4(read_cr4() | 0x2010);
    write_cr3(directory32);
    write_cr0(read_cr0() | 0x80010021);
    vmxon_region[0] = vmcs[0] = (uint32_t)rdmsr(0x480);
    const u64 region = (uint32_t)vmxon_region;
    uint8_t failed;
    __asm__ volatile("vmxon %1; setbe %0" : "=q"(failed) : "m"(region) : "cc");
    expect("VMXON", failed, 0);
    print("32-bit paging\n");
    test_round_trip();
    test_checks();
    __asm__ volatile("vmxoff" : : : "cc");
    write_cr0(read_cr0() & 0x7fffffff);
    write_cr4((read_cr4() & ~0x10u) | 0x20);
    write_cr3(pdpt);
    write_cr0(read_cr0() | 0x80000000);
    __asm__ volatile("vmxon %1; setbe %0" : "=q"(failed) : "m"(region) : "cc");
    expect("VMXON", failed, 0);
    print("PAE paging\n");
    test_round_trip();
    test_checks();
    test_pdptes();
    finish();
}
