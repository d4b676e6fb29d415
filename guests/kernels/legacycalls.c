/*
 * SYSENTER and SYSEXIT in protected and virtual-8086 mode (SDM volume 2, "SYSENTER" and "SYSEXIT"): part of
 * kernel `legacy`. The segments that the two load have fixed attributes, whatever the descriptors say: the
 * selectors behind IA32_SYSENTER_CS name here a segment of 32 bytes and one that may not be written.
 */
#include "legacy.h"

enum { SYSENTER_CS = 0x174, SYSENTER_ESP = 0x175, SYSENTER_EIP = 0x176 };

static uint8_t entry_stack[256] __attribute__((aligned(16)));
volatile uint32_t entry_cs, entry_ss, entry_esp, entry_flags, entry_ds;

__asm__("sysenter_target:\n"
        "mov %ds, %ss:entry_ds; mov %cs, %ss:entry_cs; mov %ss, %ss:entry_ss; mov %esp, %ss:entry_esp\n"
        "pushf; pop %ss:entry_flags\n"
        "mov $0x10, %eax; mov %eax, %ds; mov %eax, %es; mov saved_esp, %esp; jmp *resume_eip\n"
        /* Ring 3: what SYSENTER does from there, with every flag that it may change. */
        "enter_from_user: pushf; orl $0x200, (%esp); popf; sysenter\n"
        "exit_from_user: sysexit\n"
        /* Where SYSEXIT goes: flat segments of ring 3 that reach beyond 32 bytes. */
        "user_again: mov %cs, %eax; mov %eax, %ss:entry_cs; mov %ss, %ss:entry_ss; mov %esp, %ss:entry_esp\n"
        "pushf; pop %ss:entry_flags; int $32\n");
extern uint8_t sysenter_target[], enter_from_user[], exit_from_user[], user_again[];

static void write_msr(uint32_t number, uint32_t value)
{
    __asm__ volatile("wrmsr" :: "c"(number), "a"(value), "d"(0) : "memory");
}

static uint32_t read_msr(uint32_t number)
{
    uint32_t low;
    __asm__ volatile("rdmsr" : "=a"(low) : "c"(number) : "edx");
    return low;
}

/*
 * Stacks of ring 3 that the processor itself uses (SDM volume 3, "Interrupt 17: Alignment Check Exception"): the
 * frame of an interrupt whose handler is of ring 3 too, and that of a far call.
 */
__asm__("aligned_int: pushl $0x40002; popf; int $34\n"
        "misaligned_int: pushl $0x40002; popf; add $2, %esp; int $34\n"
        "misaligned_int_without_ac: add $2, %esp; int $34\n"
        "aligned_call: pushl $0x40002; popf; lcall $0x3b, $ring_3_handler\n"
        "misaligned_call: pushl $0x40002; popf; add $2, %esp; lcall $0x3b, $ring_3_handler\n"
        "misaligned_word: pushl $0x40002; popf; dec %esp; pushw $1; int $32\n"
        "ring_3_handler: mov %esp, %ss:entry_esp; int $32\n");
extern uint8_t aligned_int[], misaligned_int[], misaligned_int_without_ac[], aligned_call[], misaligned_call[],
    misaligned_word[], ring_3_handler[];

/* Ring 3 with IOPL 3 at an address, until it comes back; gives the vector, or NONE after SYSENTER. */
static uint32_t user(const uint8_t *at)
{
    vector_seen = NONE;
    __asm__ volatile("pusha; mov %%esp, saved_esp; movl $1f, resume_eip;"
                     "pushl $0x43; pushl $stack3_top; pushl $0x3002; pushl $0x3b; pushl %0; iret;"
                     "1: mov $0x10, %%eax; mov %%eax, %%ss; mov saved_esp, %%esp; popa; movl $0, resume_eip"
                     :: "r"(at) : "memory", "cc");
    return vector_seen;
}

static void sysexit(uint32_t eip, uint32_t esp)
{
    vector_seen = NONE;
    __asm__ volatile("pusha; mov %%esp, saved_esp; movl $1f, resume_eip; sysexit;"
                     "1: mov $0x10, %%eax; mov %%eax, %%ss; mov saved_esp, %%esp; popa; movl $0, resume_eip"
                     :: "d"(eip), "c"(esp) : "memory", "cc");
}

static uint32_t sysenter(void)
{
    vector_seen = NONE;
    __asm__ volatile("pusha; mov %%esp, saved_esp; movl $1f, resume_eip; sysenter;"
                     "1: mov $0x10, %%eax; mov %%eax, %%ss; mov saved_esp, %%esp; popa; movl $0, resume_eip"
                     ::: "memory", "cc");
    return vector_seen;
}

/* SYSENTER out of virtual-8086 mode. */
static void sysenter_from_virtual_8086(void)
{
    *(volatile uint16_t *)0x7000 = 0x340f;
    vector_seen = NONE;
    __asm__ volatile("pusha; mov %%esp, saved_esp; movl $1f, resume_eip;"
                     "pushl $0; pushl $0; pushl $0x611; pushl $0x610; pushl $0x620; pushl $0x100;"
                     "pushl $0x23202; pushl $0x700; pushl $0; iret;"
                     "1: popa; movl $0, resume_eip" ::: "memory", "cc");
}

static void test_alignment(void)
{
    idt[34] = gate(USER_CODE | 3, (uint32_t)ring_3_handler, 0xee, 0);
    __asm__ volatile("mov %0, %%cr0" :: "r"(read_cr0() | 1 << 18));
    expect("alignment: INT to a handler of ring 3", user(aligned_int), 32);
    entry_esp = 0;
    expect("alignment: its frame misaligned", user(misaligned_int), 17);
    expect("alignment: error code of INT n", error_seen, 0);
    expect("alignment: a fault, and nothing pushed", entry_esp, 0);
    expect("alignment: without RFLAGS.AC", user(misaligned_int_without_ac), 32);
    expect("alignment: far CALL of ring 3", user(aligned_call), 32);
    expect("alignment: its frame misaligned", user(misaligned_call), 17);
    expect("alignment: PUSH of a word", user(misaligned_word), 17);
    __asm__ volatile("mov %0, %%cr0" :: "r"(read_cr0() & ~(1u << 18)));
    expect("alignment: without CR0.AM", user(misaligned_int), 32);
}

void test_fast_calls(void)
{
    test_alignment();
    uint32_t stack_top = (uint32_t)entry_stack + sizeof entry_stack;
    write_msr(SYSENTER_ESP, stack_top);
    write_msr(SYSENTER_EIP, (uint32_t)sysenter_target);
    expect("SYSENTER: IA32_SYSENTER_ESP is kept", read_msr(SYSENTER_ESP), stack_top);
    for (uint32_t cs = 0; cs < 4; cs++) {
        write_msr(SYSENTER_CS, cs);
        expect("SYSENTER: IA32_SYSENTER_CS null", sysenter(), 13);
        expect("SYSENTER: error code", error_seen, 0);
        sysexit((uint32_t)user_again, stack_top);
        expect("SYSEXIT: IA32_SYSENTER_CS null", vector_seen, 13);
        expect("SYSEXIT: error code", error_seen, 0);
    }
    write_msr(SYSENTER_CS, CODE | 3);
    expect("SYSENTER: from ring 3", user(enter_from_user), NONE);
    expect("SYSENTER: CS, of ring 0", entry_cs & 0xffff, CODE);
    expect("SYSENTER: SS is the next", entry_ss & 0xffff, DATA);
    expect("SYSENTER: ESP", entry_esp, stack_top);
    expect("SYSENTER: IF clear, IOPL kept", entry_flags & 0x3200, 0x3000);
    sysenter_from_virtual_8086();
    expect("SYSENTER: out of virtual-8086 mode", vector_seen, NONE);
    expect("SYSENTER: clears VM", entry_flags & 0x20000, 0);
    expect("SYSENTER: clears IF there", entry_flags & 0x3200, 0x3000);
    expect("SYSENTER: DS keeps its paragraph", entry_ds & 0xffff, 0x611);
    write_msr(SYSENTER_CS, CODE);
    expect("SYSEXIT: ring 3 may not", user(exit_from_user), 13);
    expect("SYSEXIT: error code of ring 3", error_seen, 0);
    sysexit((uint32_t)user_again, (uint32_t)entry_stack + 64);
    expect("SYSEXIT: ring 3 runs", vector_seen, 32);
    expect("SYSEXIT: CS is the second one on, of ring 3", entry_cs & 0xffff, (CODE + 16) | 3);
    expect("SYSEXIT: SS is the third, of ring 3", entry_ss & 0xffff, (CODE + 24) | 3);
    expect("SYSEXIT: ESP from ECX", entry_esp, (uint32_t)entry_stack + 64);
    expect("SYSEXIT: flags are left alone", entry_flags & 0x200, 0);
}

__asm__(".bss; .skip 1024; stack3_top: .skip 16; .text");
