/* Virtual-8086 mode (SDM volume 3, "8086 Emulation"): part of kernel `legacy`. */
#include "legacy.h"

/* Code of 16 bits for virtual-8086 mode, copied to 07000H. */
#define CODE16(name, code) \
    __asm__(".code16; " #name ": " code "; " #name "_end: .code32"); \
    extern const uint8_t name[], name##_end[]

CODE16(v_plain, "mov %ds, %ax; mov %ds:0, %bx; mov %bx, %es:2; int $32");
CODE16(v_far, "ljmp $0x6f0, $0x100 + 1f - v_far; 1: mov %cs, %ax; lcall $0x700, $2f - v_far; int $32; 2: lret");
CODE16(v_flags, "pushf; pop %ax; or $0x3000, %ax; push %ax; popf; pushf; pop %ax; sti; cli; int $32");
CODE16(v_iret, "pushf; push %cs; pushw $1f - v_iret; iret; 1: mov $0x77, %ax; int $32");
CODE16(v_cli, "cli");
CODE16(v_sti, "sti");
CODE16(v_pushf, "pushf");
CODE16(v_popf, "popf");
CODE16(v_int, "int $33");
CODE16(v_irets, "iret");
CODE16(v_hlt, "hlt");
CODE16(v_out, "out %al, $0x80");
CODE16(v_int3, "int3");
CODE16(v_str, "str %ax");
CODE16(v_lar, "lar %ax, %ax");
CODE16(v_cr, "mov %cr0, %eax");
CODE16(v_limit, "mov %ds:0xffff, %ax");
CODE16(v_ud, "ud2");

/* EBX of a program. */
volatile uint32_t virtual_8086_bx;

/* Runs code in virtual-8086 mode, with paragraphs of its own, until an event; gives EAX then. */
static uint32_t virtual_8086(const uint8_t *code, const uint8_t *end, uint32_t flags)
{
    uint8_t *to = (uint8_t *)0x7000;
    uint32_t eax;
    while (code < end)
        *to++ = *code++;
    vector_seen = (uint32_t)NONE;
    error_seen = 0;
    __asm__ volatile("pusha; mov %%esp, saved_esp; movl $1f, resume_eip;"
                     "pushl $0x613; pushl $0x612; pushl $0x611; pushl $0x610; pushl $0x620; pushl $0x100;"
                     "push %1; pushl $0x700; pushl $0; mov virtual_8086_bx, %%ebx; iret;"
                     "1: mov %%eax, 28(%%esp); popa; movl $0, resume_eip"
                     : "=a"(eax) : "r"(0x20002 | flags) : "memory", "cc");
    return eax;
}
#define VIRTUAL(name, iopl) virtual_8086(name, name##_end, (iopl) << 12)

static void test_environment(void);

void test_virtual_8086(void)
{
    *(volatile uint16_t *)0x6110 = 0x4711;
    idt[3] = gate(CODE, (uint32_t)stubs + 16 * 3, 0xee, 0);
    first.trap = sizeof first << 16; /* no I/O permission bits */
    expect("virtual-8086: DS is a paragraph", VIRTUAL(v_plain, 3) & 0xffff, 0x611);
    expect("virtual-8086: bases", *(volatile uint16_t *)0x6102, 0x4711);
    expect("virtual-8086: INT of IOPL 3", vector_seen, 32);
    expect("virtual-8086: VM in the image of EFLAGS", eflags_seen >> 17 & 1, 1);
    expect("virtual-8086: CS in the frame", cs_seen & 0xffff, 0x700);
    expect("virtual-8086: ES in the frame", paragraphs_seen[0] & 0xffff, 0x610);
    expect("virtual-8086: DS in the frame", paragraphs_seen[1] & 0xffff, 0x611);
    expect("virtual-8086: FS in the frame", paragraphs_seen[2] & 0xffff, 0x612);
    expect("virtual-8086: GS in the frame", paragraphs_seen[3] & 0xffff, 0x613);
    expect("virtual-8086: DS of the handler", handler_ds & 0xffff, 0);
    expect("virtual-8086: far JMP", VIRTUAL(v_far, 3) & 0xffff, 0x6f0);
    expect("virtual-8086: far CALL and RET", vector_seen, 32);
    expect("virtual-8086: POPF keeps IOPL, and VM", VIRTUAL(v_flags, 3) & 0x3000, 0x3000);
    expect("virtual-8086: IRET of IOPL 3", VIRTUAL(v_iret, 3) & 0xffff, 0x77);
#define SENSITIVE(code, iopl, vector) \
    do { \
        VIRTUAL(code, iopl); \
        expect("virtual-8086: " #code ", IOPL " #iopl, vector_seen, vector); \
        expect("virtual-8086: " #code ": error code", error_seen, 0); \
    } while (0)
    SENSITIVE(v_cli, 0, 13);
    SENSITIVE(v_sti, 0, 13);
    SENSITIVE(v_pushf, 0, 13);
    SENSITIVE(v_popf, 0, 13);
    SENSITIVE(v_int, 0, 13);
    SENSITIVE(v_irets, 0, 13);
    SENSITIVE(v_int3, 0, 3);
    SENSITIVE(v_hlt, 3, 13);
    SENSITIVE(v_cr, 3, 13);
    SENSITIVE(v_out, 3, 13);
    SENSITIVE(v_str, 3, 6);
    SENSITIVE(v_lar, 3, 6);
    SENSITIVE(v_limit, 3, 13);
    SENSITIVE(v_ud, 3, 6);
    test_environment();
}

/* From a task to one of virtual-8086 mode by IRET, and back through a task gate. */
void test_virtual_8086_task(void)
{
    *(volatile uint16_t *)0x7000 = 0x0b0f;
    gdt[TSS2 / 8] |= 2ull << 40;
    second = (struct tss){.eflags = 0x20002, .cs = 0x700, .ds = 0x1234, .es = 0x2345, .ss = 0x620, .esp = 0x100};
    first.link = TSS2;
    u64 usual = idt[6];
    idt[6] = gate(TSS1, 0, 0x85, 0);
    vector_seen = (uint32_t)NONE;
    __asm__ volatile("pushf; orl $0x4000, (%%esp); popf; iret" ::: "memory", "cc");
    idt[6] = usual;
    expect("task of virtual-8086 mode: came back", second.eip, 0);
    expect("its flags", second.eflags & 0x20000, 0x20000);
    expect("its ES", second.es, 0x2345);
    expect("its DS", second.ds, 0x1234);
    expect("link of the task gate", first.link & 0xffff, TSS2);
    __asm__ volatile("pushf; andl $~0x4000, (%%esp); popf" ::: "memory", "cc");
}

/* An x87 environment of 16 bits, stored with 32 and with 16; that of 32 loaded again. */
CODE16(v_environment, "fninit; fldenvs 0; fnstenvl 0x20; fnstenvs 0x40; fninit; fldenvl 0x20; fnstenvs 0x60; hlt");

/* SDM volume 1, "Saving the x87 FPU's State with FSTENV/FNSTENV and FSAVE/FNSAVE": formats of real-address mode. */
static void test_environment(void)
{
    static const uint16_t image[7] = {0x37f, 0x3800, 0xffff, 0x5678, 0x4123, 0xabcd, 0x9000};
    volatile uint16_t *at = (volatile uint16_t *)0x6110;
    volatile uint32_t *wide = (volatile uint32_t *)0x6130;
    for (int i = 0; i < 7; i++)
        at[i] = image[i];
    __asm__ volatile("clts");
    VIRTUAL(v_environment, 3);
    expect("x87 environment: instruction pointer of 32 bits", wide[3] & 0xffff, 0x5678);
    expect("x87 environment: its upper half, and opcode", wide[4], 0x4123);
    expect("x87 environment: operand pointer", wide[5] & 0xffff, 0xabcd);
    expect("x87 environment: its upper half", wide[6], 0x9000);
    uint32_t same = 0, again = 0;
    for (int i = 0; i < 7; i++) {
        same += at[0x20 + i] == image[i];
        again += at[0x30 + i] == image[i];
    }
    expect("x87 environment: 16 bits", same, 7);
    expect("x87 environment: through 32 bits", again, 7);
}

CODE16(e_sti, "sti; pushf; pop %ax; shl $16, %eax; cli; pushf; pop %ax; hlt");
CODE16(e_only_sti, "sti; hlt");
CODE16(e_only_cli, "cli; hlt");
CODE16(e_pushfd, "pushfl; hlt");
CODE16(e_popfd, "pushl $2; popfl; hlt");
CODE16(e_iretd, "pushl $2; pushl $0x700; pushl $1f - e_iretd; iretl; 1: hlt");
CODE16(e_popf, "push %bx; popf; pushf; pop %ax; hlt");
CODE16(e_iret, "push %bx; push %cs; pushw $1f - e_iret; iret; 1: pushf; pop %ax; hlt");
CODE16(e_int, "int $0x60; pushf; pop %ax; hlt");
CODE16(e_int3, "int3");
/* The program's handler, at 0700:0300: what it finds on its stack, and the flags that it runs under. */
CODE16(e_handler, "pop %ax; shl $16, %eax; pop %dx; pop %cx; mov %cx, %es:0; mov %dx, %es:2; pushf; pop %ax; hlt");

#define VIF (1u << 19)
#define VIP (1u << 20)
#define VM_FLAGS(iopl, others) ((iopl) << 12 | (others))
#define EXTENDED(name, flags) virtual_8086(name, name##_end, flags)

static struct {
    struct tss tss;
    uint8_t redirection[32], end[4];
} extended;

static void write_cr4(uint32_t value) { __asm__ volatile("mov %0, %%cr4" :: "r"(value)); }

static void load_task(uint32_t selector)
{
    gdt[selector / 8] &= ~(2ull << 40);
    __asm__ volatile("ltr %w0" :: "r"(selector));
}

static void place(uint32_t at, const uint8_t *code, const uint8_t *end)
{
    for (uint8_t *to = (uint8_t *)at; code < end;)
        *to++ = *code++;
}

/* SDM volume 3, "Class 2: Maskable Hardware Interrupt Handling in Virtual-8086 Mode Using the Virtual Interrupt
 * Mechanism". Every program ends with HLT, which is #GP. */
static void test_virtual_flag(void)
{
    uint32_t eax = EXTENDED(e_sti, VM_FLAGS(0, 0));
    expect("VME: PUSHF after STI has IOPL 3 and IF", eax >> 16 & 0x3200, 0x3200);
    expect("VME: PUSHF after CLI has IOPL 3 and no IF", eax & 0x3200, 0x3000);
    EXTENDED(e_only_sti, VM_FLAGS(0, 0));
    expect("VME: STI sets VIF, and neither IF nor IOPL", eflags_seen & (VIF | VIP | 0x3200), VIF);
    EXTENDED(e_only_cli, VM_FLAGS(0, VIF | 0x200));
    expect("VME: CLI clears VIF, and not IF", eflags_seen & (VIF | 0x200), 0x200);
    EXTENDED(e_only_sti, VM_FLAGS(0, VIP));
    expect("VME: STI while an interrupt is pending", vector_seen, 13);
    expect("VME: is a fault", eip_seen, 0);
    expect("VME: that leaves VIF alone", eflags_seen & (VIF | VIP), VIP);
    EXTENDED(e_only_sti, VM_FLAGS(3, VIP));
    expect("VME: STI of IOPL 3 sets IF", eflags_seen & (VIF | VIP | 0x200), VIP | 0x200);
    EXTENDED(e_only_cli, VM_FLAGS(3, VIF));
    expect("VME: CLI of IOPL 3 leaves VIF alone", eflags_seen & (VIF | 0x200), VIF);
    EXTENDED(e_pushfd, VM_FLAGS(0, 0));
    expect("VME: PUSHFD of IOPL 0 is #GP", vector_seen << 16 | eip_seen, 13 << 16);
    EXTENDED(e_popfd, VM_FLAGS(0, 0));
    expect("VME: POPFD of IOPL 0 is #GP", vector_seen << 16 | eip_seen, 13 << 16 | 3);
    EXTENDED(e_iretd, VM_FLAGS(0, 0));
    expect("VME: IRETD of IOPL 0 is #GP", vector_seen, 13);
    expect("VME: at the IRETD", *(volatile uint8_t *)(0x7000 + eip_seen), 0x66);
}

static void test_images(void)
{
    for (int i = 0; i < 2; i++) {
        const uint8_t *code = i ? e_iret : e_popf, *end = i ? e_iret_end : e_popf_end;
        const char *name = i ? "VME: 16-bit IRET" : "VME: 16-bit POPF";
        virtual_8086_bx = 0x4ed7; /* every flag but TF and IOPL; IF is set */
        uint32_t eax = virtual_8086(code, end, VM_FLAGS(0, 0));
        expect(name, eflags_seen & (VIF | 0x7fff), VIF | (0x4ed7 & ~0x200u));
        expect("its image again", eax & 0x7fff, 0x7ed7);
        virtual_8086_bx = 2;
        virtual_8086(code, end, VM_FLAGS(0, VIF | VIP | 0x200));
        expect("an image without IF clears VIF alone", eflags_seen & (VIF | VIP | 0x3200), VIP | 0x200);
        virtual_8086_bx = 0x202;
        virtual_8086(code, end, VM_FLAGS(0, VIP));
        expect("an image with IF while one is pending", vector_seen, 13);
        expect("changes nothing", eflags_seen & (VIF | VIP), VIP);
        expect("and is a fault", *(volatile uint8_t *)(0x7000 + eip_seen), i ? 0xcf : 0x9d);
        virtual_8086_bx = 0x102;
        virtual_8086(code, end, VM_FLAGS(0, 0));
        expect("an image with TF", vector_seen, 13);
        expect("is a fault", *(volatile uint8_t *)(0x7000 + eip_seen), i ? 0xcf : 0x9d);
        virtual_8086_bx = 0x202;
        virtual_8086(code, end, VM_FLAGS(3, VIP));
        expect("of IOPL 3 it sets IF", eflags_seen & (VIF | VIP | 0x200), VIP | 0x200);
    }
}

/* SDM volume 3, "Class 3: Software Interrupt Handling in Virtual-8086 Mode": methods 2 to 6. */
static void test_redirection(void)
{
    volatile uint16_t *pushed = (volatile uint16_t *)0x6100;
    *(volatile uint32_t *)(0x60 * 4) = 0x07000300;
    place(0x7300, e_handler, e_handler_end);
    for (uint32_t vif = 0; vif < 2; vif++) {
        uint32_t eax = EXTENDED(e_int, VM_FLAGS(0, 0x200 | (vif ? VIF : 0)));
        expect("VME: INT of IOPL 0 to the program: IP", eax >> 16, 2);
        expect("VME: INT to the program: CS", pushed[1], 0x700);
        expect("VME: INT to the program: IOPL 3, VIF as IF", pushed[0] & 0x3200u, 0x3000 | vif << 9);
        expect("VME: INT to the program: clears VIF, not IF", eflags_seen & (VIF | 0x3200), 0x200);
    }
    uint32_t eax = EXTENDED(e_int, VM_FLAGS(3, VIF | 0x200));
    expect("VME: INT of IOPL 3 to the program: IP", eax >> 16, 2);
    expect("VME: INT of IOPL 3 to the program: flags as they are", pushed[0] & 0x3200u, 0x3200);
    expect("VME: INT of IOPL 3 to the program: clears IF, not VIF", eflags_seen & (VIF | 0x3200), VIF | 0x3000);
    extended.redirection[0x60 / 8] = 1;
    idt[0x60] = gate(CODE, (uint32_t)stubs + 16 * 32, 0xee, 0);
    EXTENDED(e_int, VM_FLAGS(0, 0));
    expect("VME: INT of IOPL 0 to protected mode is #GP", vector_seen << 16 | eip_seen, 13 << 16);
    expect("VME: its error code", error_seen, 0);
    EXTENDED(e_int, VM_FLAGS(3, 0));
    expect("VME: INT of IOPL 3 to protected mode", vector_seen << 16 | eip_seen, 32 << 16 | 2);
    extended.redirection[0x60 / 8] = 0xfe;
    EXTENDED(e_int, VM_FLAGS(0, 0));
    expect("VME: bits of other vectors do not count", eip_seen >> 8, 3);
    extended.redirection[0x60 / 8] = 0;
    extended.tss.trap = (sizeof extended + 40) << 16;
    EXTENDED(e_int, VM_FLAGS(3, 0));
    expect("VME: no bitmap within the limit is #GP", vector_seen, 13);
    extended.tss.trap = (uint32_t)(sizeof extended - 4) << 16;
    EXTENDED(e_int3, VM_FLAGS(0, 0));
    expect("VME: INT3 is not redirected", vector_seen, 3);
}

__asm__("pvi_sti: sti; int $32\n"
        "pvi_cli: cli; int $32\n"
        "pvi_pushf: pushf; pop %eax; mov %eax, %ss:pvi_image; int $32\n");
extern uint8_t pvi_sti[], pvi_cli[], pvi_pushf[];
volatile uint32_t pvi_image;

static uint32_t ring_3(const uint8_t *code, uint32_t flags)
{
    vector_seen = NONE;
    __asm__ volatile("pusha; mov %%esp, saved_esp; movl $1f, resume_eip;"
                     "pushl $0x43; pushl $stack_pvi; pushl %1; pushl $0x3b; pushl %0; iret;"
                     "1: popa; movl $0, resume_eip" :: "r"(code), "r"(flags | 2) : "memory", "cc");
    return vector_seen;
}

/* SDM volume 3, "Protected-Mode Virtual Interrupts". */
static void test_protected_mode_flag(void)
{
    expect("PVI: STI of ring 3", ring_3(pvi_sti, 0), 32);
    expect("PVI: STI sets VIF", eflags_seen & (VIF | 0x200), VIF);
    expect("PVI: CLI of ring 3", ring_3(pvi_cli, VIF | 0x200), 32);
    expect("PVI: CLI clears VIF", eflags_seen & (VIF | 0x200), 0x200);
    expect("PVI: STI while an interrupt is pending", ring_3(pvi_sti, VIP), 13);
    expect("PVI: changes nothing", eflags_seen & (VIF | VIP), VIP);
    expect("PVI: CLI while one is pending", ring_3(pvi_cli, VIP), 32);
    expect("PVI: PUSHF", ring_3(pvi_pushf, VIF), 32);
    expect("PVI: PUSHF has IF as it is", pvi_image & (VIF | 0x3200), VIF);
    expect("PVI: STI of IOPL 3", ring_3(pvi_sti, 0x3000), 32);
    expect("PVI: sets IF", eflags_seen & (VIF | 0x200), 0x200);
    write_cr4(read_cr4() & ~2u);
    expect("without PVI: STI of ring 3", ring_3(pvi_sti, 0), 13);
    expect("without PVI: CLI of ring 3", ring_3(pvi_cli, 0), 13);
}

void test_virtual_interrupts(void)
{
    uint32_t features, old = read_cr4();
    __asm__ volatile("cpuid" : "=d"(features) : "a"(1) : "ebx", "ecx");
    if (!(features & 2))
        return;
    extended.tss.esp0 = (uint32_t)stack1 + sizeof stack1;
    extended.tss.ss0 = DATA;
    extended.tss.trap = (uint32_t)(sizeof extended - 4) << 16;
    gdt[TSS_VME / 8] = segment((uint32_t)&extended, sizeof extended - 1, 0x89);
    load_task(TSS_VME);
    write_cr4(old | 3);
    test_virtual_flag();
    test_images();
    test_redirection();
    test_protected_mode_flag();
    write_cr4(old);
    EXTENDED(e_only_sti, VM_FLAGS(0, 0));
    expect("without VME: STI of IOPL 0 is #GP", vector_seen << 16 | eip_seen, 13 << 16);
    load_task(TSS1);
}

__asm__(".bss; .skip 256; stack_pvi: .skip 16; .text");
