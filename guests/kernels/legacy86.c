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

/* Runs code in virtual-8086 mode, with paragraphs of its own, until an event; gives EAX then. */
static uint32_t virtual_8086(const uint8_t *code, const uint8_t *end, uint32_t iopl)
{
    uint8_t *to = (uint8_t *)0x7000;
    uint32_t eax;
    while (code < end)
        *to++ = *code++;
    vector_seen = (uint32_t)NONE;
    error_seen = 0;
    __asm__ volatile("pusha; mov %%esp, saved_esp; movl $1f, resume_eip;"
                     "pushl $0x613; pushl $0x612; pushl $0x611; pushl $0x610; pushl $0x620; pushl $0x100;"
                     "push %1; pushl $0x700; pushl $0; iret;"
                     "1: mov %%eax, 28(%%esp); popa; movl $0, resume_eip"
                     : "=a"(eax) : "r"(0x20002 | iopl << 12) : "memory", "cc");
    return eax;
}
#define VIRTUAL(name, iopl) virtual_8086(name, name##_end, iopl)

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
