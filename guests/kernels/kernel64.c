/* The runtime of 64-bit test kernels: console, results, interrupts. */
#include "kernel64.h"

volatile int last_vector = -1;
volatile uint64_t last_error, last_rip, last_rflags;
volatile int interrupts;
void (*volatile handler)(struct frame *);
uint8_t *volatile resume_at;

extern uint8_t interrupt_stubs[];

static uint64_t idt[512] __attribute__((aligned(16)));
static uint32_t failures, tests;

void print(const char *text)
{
    for (; *text; text++)
        out8(0x3f8, (uint8_t)*text);
}

void print_hex(uint64_t value)
{
    char text[17];
    int i = 16;
    text[i] = 0;
    do {
        text[--i] = "0123456789abcdef"[value & 15];
        value >>= 4;
    } while (value);
    print(text + i);
}

void leave(uint32_t value)
{
    out32(0xf4, value);
    for (;;)
        __asm__ volatile("cli; hlt");
}

void expect(const char *name, uint64_t got, uint64_t wanted)
{
    tests++;
    if (got == wanted) {
        print("ok ");
        print(name);
    } else {
        failures++;
        print("FAIL ");
        print(name);
        print(": got ");
        print_hex(got);
        print(" wanted ");
        print_hex(wanted);
    }
    print("\n");
}

void finish(void)
{
    print_hex(tests - failures);
    print(" ok, ");
    print_hex(failures);
    print(" failed\n");
    leave(failures);
}

void on_interrupt(struct frame *f)
{
    interrupts++;
    last_vector = (int)f->vector;
    last_error = f->error;
    last_rip = f->rip;
    last_rflags = f->rflags;
    if (handler) {
        handler(f);
    } else if (resume_at) {
        f->rip = (uint64_t)resume_at;
        f->rflags &= ~0x100ull;
    } else if (f->vector < 32 && f->vector != 2) {
        print("unexpected exception ");
        print_hex(f->vector);
        print(" error ");
        print_hex(f->error);
        print(" at ");
        print_hex(f->rip);
        print(" cr2 ");
        print_hex(read_cr2());
        print("\n");
        leave(127);
    }
}

void set_gate(int vector, void *target, int dpl, int ist)
{
    uint64_t p = (uint64_t)target;
    idt[2 * vector] = (p & 0xffff) | 8ull << 16 | (uint64_t)ist << 32 | 0x8e00ull << 32
                      | (uint64_t)dpl << 45 | (p >> 16 & 0xffff) << 48;
    idt[2 * vector + 1] = p >> 32;
}

void set_up_interrupts(void)
{
    struct {
        uint16_t limit;
        uint64_t base;
    } __attribute__((packed)) pointer = {sizeof idt - 1, (uint64_t)idt};
    for (int i = 0; i < 256; i++)
        set_gate(i, interrupt_stubs + 16 * i, i == 3 || i == 4 || i == 0x80 ? 3 : 0, i == 8);
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

/* GCC may call these. */
void *memset(void *to, int value, size_t n)
{
    void *start = to;
    __asm__ volatile("rep stosb" : "+D"(to), "+c"(n) : "a"(value) : "memory");
    return start;
}

void *memcpy(void *to, const void *from, size_t n)
{
    void *start = to;
    __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(n) : : "memory");
    return start;
}
