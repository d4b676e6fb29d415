/*
 * 32-bit protected mode: segment types and limits, gates, rings, task switches, and 32-bit and PAE
 * paging (SDM volume 3, "Protection", "Task Management", "Paging"). A line a case, as in kernel64.h.
 */
#include "legacy.h"

u64 gdt[32] __attribute__((aligned(8)));
u64 idt[256] __attribute__((aligned(8)));
volatile uint32_t vector_seen, error_seen, eip_seen, cs_seen, eflags_seen, resume_eip, saved_esp;
/* What an event of virtual-8086 mode pushes first, and the data segments of its handler. */
volatile uint32_t paragraphs_seen[4], handler_ds;

/* Every vector pushes its number and an error code, and goes on at resume_eip, always in ring 0. */
__asm__(".align 16\n"
        ".globl stubs\n"
        "stubs:\n"
        ".set i, 0\n"
        ".rept 64\n"
        ".align 16\n"
        ".if !((i == 8) || ((i >= 10) && (i <= 14)) || (i == 17))\n"
        "push $0\n"
        ".endif\n"
        "push $i\n"
        "jmp common\n"
        ".set i, i + 1\n"
        ".endr\n"
        "common:\n"
        "push %eax; push %ds; mov %ds, %ss:handler_ds; mov $0x10, %ax; mov %ax, %ds; mov %ax, %es\n"
        "mov 8(%esp), %eax; mov %eax, vector_seen\n"
        "mov 12(%esp), %eax; mov %eax, error_seen\n"
        "mov 16(%esp), %eax; mov %eax, eip_seen\n"
        "mov 20(%esp), %eax; mov %eax, cs_seen\n"
        "mov 24(%esp), %eax; mov %eax, eflags_seen\n"
        "test $0x20000, %eax; jz 3f\n"
        "mov 36(%esp), %eax; mov %eax, paragraphs_seen\n"
        "mov 40(%esp), %eax; mov %eax, paragraphs_seen + 4\n"
        "mov 44(%esp), %eax; mov %eax, paragraphs_seen + 8\n"
        "mov 48(%esp), %eax; mov %eax, paragraphs_seen + 12\n"
        "jmp 4f\n"
        "3: testb $3, 20(%esp); jnz 4f; cmpl $32, 8(%esp); jne 2f\n"
        "4: mov 4(%esp), %eax; mov saved_esp, %esp; jmp *resume_eip\n"
        "2: cmpl $0, resume_eip; je 1f\n"
        "mov resume_eip, %eax; mov %eax, 16(%esp)\n"
        "1: pop %ds; pop %eax; add $8, %esp; iret\n");

u64 segment(uint32_t base, uint32_t limit, uint32_t rights)
{
    return (limit & 0xffff) | (u64)(base & 0xffffff) << 16 | (u64)(rights & 0xff) << 40
           | (u64)(limit >> 16 & 15) << 48 | (u64)(rights >> 12 & 15) << 52 | (u64)(base >> 24) << 56;
}

u64 gate(uint32_t selector, uint32_t offset, uint32_t rights, uint32_t parameters)
{
    return (offset & 0xffff) | (u64)selector << 16 | (u64)parameters << 32 | (u64)rights << 40
           | (u64)(offset >> 16) << 48;
}

struct tss first, second;
uint8_t stack1[4096];
static uint8_t stack2[4096];
uint8_t data[64] __attribute__((aligned(64)));

static void set_up(void)
{
    struct { uint16_t limit; uint32_t base; } __attribute__((packed)) g = {sizeof gdt - 1, (uint32_t)gdt},
        i = {sizeof idt - 1, (uint32_t)idt};
    /* Where firmware has left interrupts enabled they would have the vectors of exceptions. */
    out8(0x21, 0xff);
    out8(0xa1, 0xff);
    gdt[CODE / 8] = segment(0, 0xfffff, 0xc09b);
    gdt[DATA / 8] = segment(0, 0xfffff, 0xc093);
    gdt[SMALL / 8] = segment((uint32_t)data, 31, 0x4093);
    gdt[READ_ONLY / 8] = segment(0, 0xfffff, 0xc091);
    gdt[DOWN / 8] = segment((uint32_t)data, 31, 0x4097);
    gdt[CODE_ONLY / 8] = segment(0, 0xfffff, 0xc099);
    gdt[USER_CODE / 8] = segment(0, 0xfffff, 0xc0fb);
    gdt[USER_DATA / 8] = segment(0, 0xfffff, 0xc0f3);
    gdt[TSS1 / 8] = segment((uint32_t)&first, sizeof first - 1, 0x89);
    gdt[TSS2 / 8] = segment((uint32_t)&second, sizeof second - 1, 0x89);
    gdt[ABSENT / 8] = segment(0, 0xfffff, 0xc013);
    gdt[CODE16 / 8] = segment(0, 0xfffff, 0x809b);
    for (uint32_t v = 0; v < 64; v++)
        idt[v] = gate(CODE, (uint32_t)stubs + 16 * v, v == 32 ? 0xee : 0x8e, 0);
    first.esp0 = (uint32_t)stack1 + sizeof stack1;
    first.ss0 = DATA;
    __asm__ volatile("lgdt %0; lidt %1; ljmp $8, $1f; 1: mov $0x10, %%ax; mov %%ax, %%ds; mov %%ax, %%es;"
                     "mov %%ax, %%ss; mov %%ax, %%fs; mov %%ax, %%gs; mov $0x48, %%ax; ltr %%ax"
                     :: "m"(g), "m"(i) : "eax");
}

static void test_segments(void)
{
    data[5] = 0x77;
    uint32_t v = 0;
    __asm__ volatile("mov $0x18, %%ax; mov %%ax, %%fs; xor %%eax, %%eax; mov %%fs:5, %%al" : "=a"(v));
    expect("base of a segment", v, 0x77);
    expect("last byte of the limit", TRY("mov $0x18, %%ax; mov %%ax, %%fs; mov %%fs:31, %%al", "m"(data)), NONE);
    expect("beyond the limit", TRY("mov %%fs:32, %%al", "m"(data)), 13);
    expect("across the limit", TRY("mov %%fs:29, %%eax", "m"(data)), 13);
    expect("error code 0", error_seen, 0);
    expect("DS with a limit", TRY("mov $0x18, %%ax; mov %%ax, %%ds; mov 31, %%al", "m"(data)), NONE);
    expect("DS beyond its limit", TRY("mov $0x18, %%ax; mov %%ax, %%ds; mov 33, %%al", "m"(data)), 13);
    expect("read-only: read", TRY("mov $0x20, %%ax; mov %%ax, %%ds; mov data, %%al", "m"(data)), NONE);
    expect("read-only: write", TRY("mov $0x20, %%ax; mov %%ax, %%ds; mov %%al, data", "m"(data)), 13);
    expect("expand-down: inside", TRY("mov $0x28, %%ax; mov %%ax, %%fs; mov %%fs:40, %%al", "m"(data)), NONE);
    expect("expand-down: below", TRY("mov $0x28, %%ax; mov %%ax, %%fs; mov %%fs:31, %%al", "m"(data)), 13);
    expect("execute-only: load", TRY("mov $0x30, %%ax; mov %%ax, %%fs", "m"(data)), 13);
    expect("execute-only: error code", error_seen, 0x30);
    expect("not present", TRY("mov $0x60, %%ax; mov %%ax, %%fs", "m"(data)), 11);
    expect("not present in SS", TRY("mov $0x60, %%ax; mov %%ax, %%ss", "m"(data)), 12);
    expect("null in SS", TRY("xor %%eax, %%eax; mov %%ax, %%ss", "m"(data)), 13);
    expect("use of a null segment", TRY("xor %%eax, %%eax; mov %%ax, %%fs; mov %%fs:0, %%al", "m"(data)), 13);
    expect("beyond the GDT", TRY("mov $0x1000, %%ax; mov %%ax, %%fs", "m"(data)), 13);
    expect("BOUND", TRY("mov $-1, %%eax; bound %%eax, %0", "m"(*(u64 *)data)), 5);
    expect("AAM by zero", TRY(".byte 0xd4, 0", "m"(data)), 0);
    uint32_t r;
    __asm__ volatile("mov $0x79, %%eax; add $0x35, %%al; daa" : "=a"(r));
    expect("DAA", r & 0xff, 0x14);
    __asm__ volatile("ljmp $0x68, $2f; .code16; 2: mov $0x1234, %%ax; ljmpl $8, $3f; .code32; 3:"
                     : "=a"(r) : "a"(0));
    expect("code of 16 bits", r & 0xffff, 0x1234);
}

__asm__(".globl call_target, task_body, user_body\n"
        "call_target: mov 8(%esp), %eax; mov %eax, %ss:parameter_seen; mov %cs, %eax; mov %eax, %ss:cs_at_target; lret $4\n"
        "task_body: mov $0x99, %eax; mov %eax, task_ran; pushf; pop %eax; mov %eax, task_flags; iret; jmp task_body\n"
        "user_body: pushl $0x5a; lcall $0x5b, $0; int $32\n");
extern uint8_t call_target[], task_body[], user_body[];
volatile uint32_t parameter_seen, cs_at_target, task_ran, task_flags;

static void test_gates(void)
{
    gdt[CALL_GATE / 8] = gate(CODE, (uint32_t)call_target, 0xec, 1);
    __asm__ volatile("pushl $0x55; lcall $0x58, $0" ::: "eax", "memory");
    expect("call gate, same ring", parameter_seen, 0x55);
    parameter_seen = 0;
    /* To ring 3 and back through INT 32. */
    TRY("mov %%esp, saved_esp; pushl $0x43; lea stack2_top, %%eax; pushl %%eax; pushl $2; pushl $0x3b; pushl $user_body; iret", "m"(data));
    expect("ring 3 came back by INT", vector_seen, 32);
    expect("call gate to ring 0 copies its parameter", parameter_seen, 0x5a);
    expect("ring of the target", cs_at_target & 3, 0);
}

static void test_tasks(void)
{
    second = (struct tss){.eip = (uint32_t)task_body, .eflags = 2, .esp = (uint32_t)stack2 + sizeof stack2,
                          .es = DATA, .cs = CODE, .ss = DATA, .ds = DATA, .fs = DATA, .gs = DATA};
    task_ran = 0;
    __asm__ volatile("lcall $0x50, $0" ::: "memory", "cc");
    expect("task by CALL", task_ran, 0x99);
    expect("nested flag", task_flags >> 14 & 1, 1);
    expect("link", second.link & 0xffff, TSS1);
    expect("the old task is busy again", (uint32_t)(gdt[TSS1 / 8] >> 40) & 0xff, 0x8b);
    expect("the new one is not", (uint32_t)(gdt[TSS2 / 8] >> 40) & 0xff, 0x89);
    task_ran = 0;
    idt[50] = gate(TSS2, 0, 0x85, 0);
    __asm__ volatile("int $50" ::: "memory", "cc");
    expect("task gate in the IDT", task_ran, 0x99);
    gdt[TSS2 / 8] |= 2ull << 40;
    expect("a busy TSS", TRY("lcall $0x50, $0", "m"(data)), 13);
    expect("its error code", error_seen, TSS2);
}

static uint32_t directory[1024] __attribute__((aligned(4096)));
static uint32_t table[1024] __attribute__((aligned(4096)));
static u64 pae_pdpt[4] __attribute__((aligned(32)));
static u64 pae_directory[2048] __attribute__((aligned(4096)));

static void test_paging(void)
{
    uint32_t cr4, cr0;
    for (uint32_t i = 0; i < 1024; i++) {
        table[i] = i << 12 | 3;
        directory[i] = i << 22 | 0x83;
    }
    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    __asm__ volatile("mov %0, %%cr4" :: "r"(cr4 | 0x10));
    __asm__ volatile("mov %0, %%cr3" :: "r"(directory));
    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    __asm__ volatile("mov %0, %%cr0" :: "r"(cr0 | 0x80010000));
    expect("4-MByte pages", *(volatile uint8_t *)&data[5], 0x77);
    directory[0x3ff] = (uint32_t)table | 3;
    table[7] = (uint32_t)data & 0xfffff000;
    expect("absent 4-KByte page", TRY("mov 0xffc07000, %%al", "m"(data)), 14);
    uint32_t cr2;
    __asm__ volatile("mov %%cr2, %0" : "=r"(cr2));
    expect("CR2", cr2, 0xffc07000);
    table[7] |= 1;
    expect("read-only page", TRY("movb $1, 0xffc07000", "m"(data)), 14);
    expect("its error code", error_seen, 3);
    table[7] |= 2;
    __asm__ volatile("invlpg 0xffc07000" ::: "memory");
    ((volatile uint8_t *)0xffc07000)[(uint32_t)data & 0xfff] = 0x42;
    expect("4-KByte page", data[0], 0x42);
    expect("accessed and dirty", table[7] & 0x60, 0x60);
    __asm__ volatile("mov %0, %%cr0" :: "r"(cr0));
    for (uint32_t i = 0; i < 4; i++)
        pae_pdpt[i] = (uint32_t)(pae_directory + 512 * i) | 1;
    for (uint32_t i = 0; i < 2048; i++)
        pae_directory[i] = (u64)i << 21 | 0x83;
    __asm__ volatile("mov %0, %%cr4" :: "r"(cr4 | 0x20));
    __asm__ volatile("mov %0, %%cr3" :: "r"(pae_pdpt));
    __asm__ volatile("mov %0, %%cr0" :: "r"(cr0 | 0x80010000));
    expect("PAE", *(volatile uint8_t *)data, 0x42);
    pae_pdpt[3] = 0;
    expect("PDPTEs are loaded with CR3", TRY("mov 0xffff0000, %%al", "m"(data)), NONE);
    __asm__ volatile("mov %0, %%cr3" :: "r"(pae_pdpt));
    expect("and only then", TRY("mov 0xffff0000, %%al", "m"(data)), 14);
    pae_pdpt[3] = 1 | 1ull << 63;
    expect("reserved bit of a PDPTE", TRY("mov %0, %%cr3", "r"(pae_pdpt)), 13);
    __asm__ volatile("mov %0, %%cr0" :: "r"(cr0));
}

static int write_cr0(uint32_t v) { return TRY("mov %0, %%cr0", "r"(v)); }
static int write_cr4(uint32_t v) { return TRY("mov %0, %%cr4", "r"(v)); }

/* Whether a write of CR0 or CR4 that changes the given bits loads the PDPTEs. */
static bool reloads(bool is_cr4, uint32_t bits)
{
    const u64 sound = (uint32_t)(pae_directory + 1536) | 1;
    pae_pdpt[3] = sound;
    __asm__ volatile("mov %0, %%cr3" :: "r"(pae_pdpt));
    pae_pdpt[3] = 0;
    if (is_cr4)
        write_cr4(read_cr4() ^ bits);
    else
        write_cr0(read_cr0() ^ bits);
    /* Linear addresses are not cached: nothing has used this one since CR3 was loaded. */
    bool loaded = TRY("mov 0xffff0000, %%al", "m"(data)) == 14;
    pae_pdpt[3] = 1 | 1ull << 63;
    uint32_t before = is_cr4 ? read_cr4() : read_cr0();
    int vector = is_cr4 ? write_cr4(before ^ bits) : write_cr0(before ^ bits);
    if (loaded) {
        expect("a PDPTE with a reserved bit", (uint32_t)vector, 13);
        expect("leaves the register alone", is_cr4 ? read_cr4() : read_cr0(), before);
    }
    pae_pdpt[3] = sound;
    if (is_cr4)
        write_cr4(before ^ bits);
    else
        write_cr0(before ^ bits);
    return loaded;
}

/* SDM volume 3, "PDPTE Registers". */
static void test_pdptes(void)
{
    uint32_t cr0 = read_cr0();
    pae_pdpt[3] = (uint32_t)(pae_directory + 1536) | 1;
    __asm__ volatile("mov %0, %%cr3" :: "r"(pae_pdpt));
    expect("PAE paging again", (uint32_t)write_cr0(cr0 | 0x80010000), (uint32_t)NONE);
    expect("CR0.CD loads PDPTEs", reloads(false, 1 << 30), true);
    expect("CR0.WP does not", reloads(false, 1 << 16), false);
    expect("CR0.TS does not", reloads(false, 8), false);
    expect("CR4.PSE loads PDPTEs", reloads(true, 1 << 4), true);
    expect("CR4.PGE loads PDPTEs", reloads(true, 1 << 7), true);
    expect("CR4.SMEP loads PDPTEs", reloads(true, 1 << 20), true);
    expect("CR4.TSD does not", reloads(true, 1 << 2), false);
    expect("CR4.DE does not", reloads(true, 1 << 3), false);
    expect("paging off", (uint32_t)write_cr0(cr0), (uint32_t)NONE);
    pae_pdpt[3] = 1 | 1ull << 63;
    expect("CR0.PG loads PDPTEs", (uint32_t)write_cr0(cr0 | 0x80010000), 13);
    expect("and stays off", read_cr0(), cr0);
}

__asm__(".bss; .skip 4096; stack2_top: .skip 16; .text");

void kernel_main(uint32_t magic, uint32_t information)
{
    (void)magic;
    (void)information;
    set_up();
    test_segments();
    test_gates();
    test_tasks();
    test_virtual_8086();
    test_virtual_8086_task();
    test_virtual_interrupts();
    test_fast_calls();
    test_paging();
    test_pdptes();
    finish();
}
