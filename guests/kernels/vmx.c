/* See vmx.h. */
#include "vmx.h"

uint64_t guest_registers[16];
uint64_t ept_pml4[512] __attribute__((aligned(4096)));
uint64_t ept_pdpt[512] __attribute__((aligned(4096)));
uint64_t ept_directory[2048] __attribute__((aligned(4096)));
uint8_t vmcs[4096] __attribute__((aligned(4096)));
uint8_t vmxon_region[4096] __attribute__((aligned(4096)));
static uint8_t guest_stack[16384] __attribute__((aligned(4096)));
static bool launched;

#define OUTCOME(code, ...)                                                            \
    ({                                                                                \
        uint8_t cf, zf;                                                               \
        __asm__ volatile(code "; setc %0; setz %1" : "=q"(cf), "=q"(zf)               \
                         : __VA_ARGS__ : "memory", "cc");                             \
        cf ? -1 : zf ? (int)vmread(INSTRUCTION_ERROR) : 0;                            \
    })

uint64_t vmread(uint64_t field)
{
    uint64_t value;
    __asm__ volatile("vmread %1, %0" : "=r"(value) : "r"(field) : "cc");
    return value;
}

int vmread_outcome(uint64_t field) { return OUTCOME("vmread %2, %%rax", "r"(field), "a"(0)); }
int vmxon(uint64_t region) { return OUTCOME("vmxon %2", "m"(region)); }
int vmxoff(void) { return OUTCOME("vmxoff", "m"(launched)); }
int vmclear(uint64_t region) { return OUTCOME("vmclear %2", "m"(region)); }
int vmptrld(uint64_t region) { return OUTCOME("vmptrld %2", "m"(region)); }
int vmwrite(uint64_t field, uint64_t value) { return OUTCOME("vmwrite %2, %3", "r"(value), "r"(field)); }

int invept(uint64_t type, uint64_t eptp, uint64_t reserved)
{
    struct { uint64_t eptp, reserved; } operand = {eptp, reserved};
    return OUTCOME("invept %2, %3", "m"(operand), "r"(type));
}

int invvpid(uint64_t type, uint64_t descriptor, uint64_t linear)
{
    struct { uint64_t descriptor, linear; } operand = {descriptor, linear};
    return OUTCOME("invvpid %2, %3", "m"(operand), "r"(type));
}

void set_bits(uint64_t field, uint64_t bits) { vmwrite(field, vmread(field) | bits); }
void clear_bits(uint64_t field, uint64_t bits) { vmwrite(field, vmread(field) & ~bits); }
void skip_instruction(void) { vmwrite(GUEST_RIP, vmread(GUEST_RIP) + vmread(LENGTH)); }

static uint64_t adjust(uint32_t msr, uint64_t wanted)
{
    uint64_t capability = rdmsr(msr);
    return (wanted | (uint32_t)capability) & (capability >> 32);
}

/*
 * Enters the guest with the registers above; the exit comes back behind the entry with the host's
 * registers saved on its stack.
 */
__asm__(".globl enter_guest\n"
        "enter_guest:\n"
        "push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15; push %rdi\n"
        "mov $0x6c14, %rax; vmwrite %rsp, %rax\n"
        "lea guest_exit(%rip), %rdx; mov $0x6c16, %rax; vmwrite %rdx, %rax\n"
        "test %edi, %edi\n"
        "lea guest_registers(%rip), %rax\n"
        "mov 8(%rax), %rcx; mov 16(%rax), %rdx; mov 24(%rax), %rbx; mov 40(%rax), %rbp\n"
        "mov 48(%rax), %rsi; mov 56(%rax), %rdi; mov 64(%rax), %r8; mov 72(%rax), %r9\n"
        "mov 80(%rax), %r10; mov 88(%rax), %r11; mov 96(%rax), %r12; mov 104(%rax), %r13\n"
        "mov 112(%rax), %r14; mov 120(%rax), %r15; mov (%rax), %rax\n"
        "jnz 1f\n"
        "vmlaunch\n"
        "jmp 2f\n"
        "1: vmresume\n"
        "2: pop %rdi; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "setc %al; setz %ah; movzx %ax, %eax; or $0x10000, %eax; ret\n"
        ".globl guest_exit\n"
        "guest_exit:\n"
        "push %rax; lea guest_registers(%rip), %rax\n"
        "mov %rcx, 8(%rax); mov %rdx, 16(%rax); mov %rbx, 24(%rax); mov %rbp, 40(%rax)\n"
        "mov %rsi, 48(%rax); mov %rdi, 56(%rax); mov %r8, 64(%rax); mov %r9, 72(%rax)\n"
        "mov %r10, 80(%rax); mov %r11, 88(%rax); mov %r12, 96(%rax); mov %r13, 104(%rax)\n"
        "mov %r14, 112(%rax); mov %r15, 120(%rax); pop %rcx; mov %rcx, (%rax)\n"
        "pop %rdi; pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "xor %eax, %eax; ret\n");
uint64_t enter_guest(int resume);

uint64_t run_guest(void)
{
    uint64_t failed = enter_guest(launched);
    if (failed)
        return 0x10000 | (failed & 1 ? 0xffff : vmread(INSTRUCTION_ERROR));
    uint64_t reason = vmread(REASON);
    if (!(reason >> 31))
        launched = true;
    return reason;
}

void prepare_vmx(void)
{
    if (!(rdmsr(0x3a) & 1))
        wrmsr(0x3a, 5);
    write_cr0(read_cr0() | rdmsr(0x486));
    write_cr4(read_cr4() | rdmsr(0x488));
    *(uint32_t *)vmxon_region = (uint32_t)rdmsr(0x480);
    *(uint32_t *)vmcs = (uint32_t)rdmsr(0x480);
    vmxon((uint64_t)vmxon_region);
}

static void prepare_host(void)
{
    struct { uint16_t limit; uint64_t base; } __attribute__((packed)) g, i;
    __asm__ volatile("sgdt %0; sidt %1" : "=m"(g), "=m"(i));
    vmwrite(HOST_CR0, read_cr0());
    vmwrite(HOST_CR3, read_cr3());
    vmwrite(HOST_CR4, read_cr4());
    vmwrite(HOST_CS, 8);
    for (int f = HOST_ES; f <= HOST_GS; f += 2)
        if (f != HOST_CS)
            vmwrite((uint64_t)f, 0x10);
    vmwrite(HOST_TR, 0x40);
    vmwrite(HOST_TR_BASE, (uint64_t)tss);
    vmwrite(HOST_GDTR_BASE, g.base);
    vmwrite(HOST_IDTR_BASE, i.base);
    vmwrite(HOST_FS_BASE, 0);
    vmwrite(HOST_GS_BASE, 0);
    vmwrite(HOST_EFER, rdmsr(0xc0000080));
    vmwrite(HOST_PAT, rdmsr(0x277));
}

/* The guest sees what the host has: the same tables, in the same address space. */
void prepare_guest(void (*function)(void))
{
    vmclear((uint64_t)vmcs);
    vmptrld((uint64_t)vmcs);
    launched = false;
    struct { uint16_t limit; uint64_t base; } __attribute__((packed)) g, i;
    __asm__ volatile("sgdt %0; sidt %1" : "=m"(g), "=m"(i));
    vmwrite(PIN, adjust(0x48d, 0));
    vmwrite(PROC, adjust(0x48e, 1u << 7 | 1u << 31));
    vmwrite(PROC2, 0);
    vmwrite(EXIT, adjust(0x48f, 1u << 2 | 1u << 9 | 1u << 20 | 1u << 21));
    vmwrite(ENTRY, adjust(0x490, 1u << 2 | 1u << 9 | 1u << 15));
    vmwrite(EXCEPTIONS, 0);
    vmwrite(CR3_TARGETS, 0);
    vmwrite(INJECT, 0);
    for (int f = 0x400e; f <= 0x4014; f += 2)
        if (f != ENTRY)
            vmwrite((uint64_t)f, 0);
    prepare_host();
    vmwrite(GUEST_CR0, read_cr0());
    vmwrite(GUEST_CR3, read_cr3());
    vmwrite(GUEST_CR4, read_cr4());
    vmwrite(GUEST_EFER, rdmsr(0xc0000080));
    for (int s = 0; s < 8; s++) {
        static const uint32_t rights[] = {0xc093, 0xa09b, 0xc093, 0xc093, 0xc093, 0xc093, 0x10000, 0x8b};
        static const uint16_t selectors[] = {0x10, 8, 0x10, 0x10, 0x10, 0x10, 0, 0x40};
        vmwrite(GUEST_ES + 2 * (uint64_t)s, selectors[s]);
        vmwrite(GUEST_LIMIT + 2 * (uint64_t)s, s == 7 ? 0x67 : 0xffffffff);
        vmwrite(GUEST_RIGHTS + 2 * (uint64_t)s, rights[s]);
        vmwrite(GUEST_BASE + 2 * (uint64_t)s, s == 7 ? (uint64_t)tss : 0);
    }
    vmwrite(GUEST_GDTR_BASE, g.base);
    vmwrite(GUEST_GDTR_LIMIT, g.limit);
    vmwrite(GUEST_IDTR_BASE, i.base);
    vmwrite(GUEST_IDTR_LIMIT, i.limit);
    vmwrite(GUEST_DR7, 0x400);
    vmwrite(GUEST_DEBUGCTL, 0);
    vmwrite(GUEST_RFLAGS, 2);
    vmwrite(GUEST_RSP, (uint64_t)guest_stack + sizeof guest_stack - 8);
    vmwrite(GUEST_RIP, (uint64_t)function);
    vmwrite(INTERRUPTIBILITY, 0);
    vmwrite(ACTIVITY, 0);
    vmwrite(PENDING_DEBUG, 0);
    vmwrite(LINK, ~0ull);
}

void use_ept(void)
{
    ept_pml4[0] = (uint64_t)ept_pdpt | 7;
    for (int i = 0; i < 4; i++)
        ept_pdpt[i] = (uint64_t)(ept_directory + 512 * i) | 7;
    for (uint64_t i = 0; i < 2048; i++)
        ept_directory[i] = i << 21 | 0xb7;
    vmwrite(EPTP, (uint64_t)ept_pml4 | 0x5e);
    set_bits(PROC2, 1 << 1);
    invept(2, 0, 0);
}

uint64_t *ept_split(void *address, uint64_t *table)
{
    uint64_t *entry = &ept_directory[(uint64_t)address >> 21];
    uint64_t base = *entry & ~0xfffull & ~(1ull << 63);
    for (uint64_t i = 0; i < 512; i++)
        table[i] = ((base & ~0x1fffffull) + (i << 12)) | 0x37;
    *entry = (uint64_t)table | 7;
    invept(2, 0, 0);
    return &table[(uint64_t)address >> 12 & 511];
}
