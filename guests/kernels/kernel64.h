/*
 * What 64-bit test kernels share. A test is a line "ok NAME" or "FAIL NAME: got .. wanted ..";
 * the kernel ends with status 0 if none failed, else with their number.
 */
#ifndef KERNEL64_H
#define KERNEL64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The stack of an interrupt, and registers that a handler may change. */
struct frame {
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error;
    uint64_t rip, cs, rflags, rsp, ss;
};

extern uint64_t gdt[], pml4[], pdpt[], page_directory[];
extern uint8_t tss[], stack_top[];

void kernel_main(uint32_t information);
void on_interrupt(struct frame *frame);

/* Provided by kernel64.c. */
extern volatile int last_vector;      /* of the last exception or interrupt, -1 if none since */
extern volatile uint64_t last_error, last_rip, last_rflags;
extern volatile int interrupts;       /* interrupts and exceptions so far */
extern void (*volatile handler)(struct frame *);

void set_up_interrupts(void);
void set_gate(int vector, void *target, int dpl, int ist);
void print(const char *text);
void print_hex(uint64_t value);
void expect(const char *name, uint64_t got, uint64_t wanted);
void *memset(void *to, int value, size_t n);
void *memcpy(void *to, const void *from, size_t n);
_Noreturn void finish(void);
_Noreturn void leave(uint32_t value);

static inline void out8(uint16_t port, uint8_t v) { __asm__ volatile("outb %0, %1" : : "a"(v), "Nd"(port)); }
static inline void out16(uint16_t port, uint16_t v) { __asm__ volatile("outw %0, %1" : : "a"(v), "Nd"(port)); }
static inline void out32(uint16_t port, uint32_t v) { __asm__ volatile("outl %0, %1" : : "a"(v), "Nd"(port)); }
static inline uint8_t in8(uint16_t port) { uint8_t v; __asm__ volatile("inb %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline uint16_t in16(uint16_t port) { uint16_t v; __asm__ volatile("inw %1, %0" : "=a"(v) : "Nd"(port)); return v; }
static inline uint32_t in32(uint16_t port) { uint32_t v; __asm__ volatile("inl %1, %0" : "=a"(v) : "Nd"(port)); return v; }

static inline uint64_t read_cr0(void) { uint64_t v; __asm__ volatile("mov %%cr0, %0" : "=r"(v)); return v; }
static inline uint64_t read_cr2(void) { uint64_t v; __asm__ volatile("mov %%cr2, %0" : "=r"(v)); return v; }
static inline uint64_t read_cr3(void) { uint64_t v; __asm__ volatile("mov %%cr3, %0" : "=r"(v)); return v; }
static inline uint64_t read_cr4(void) { uint64_t v; __asm__ volatile("mov %%cr4, %0" : "=r"(v)); return v; }
static inline void write_cr0(uint64_t v) { __asm__ volatile("mov %0, %%cr0" : : "r"(v) : "memory"); }
static inline void write_cr3(uint64_t v) { __asm__ volatile("mov %0, %%cr3" : : "r"(v) : "memory"); }
static inline void write_cr4(uint64_t v) { __asm__ volatile("mov %0, %%cr4" : : "r"(v) : "memory"); }
static inline void invlpg(void *p) { __asm__ volatile("invlpg (%0)" : : "r"(p) : "memory"); }

static inline uint64_t rdmsr(uint32_t n)
{
    uint32_t a, d;
    __asm__ volatile("rdmsr" : "=a"(a), "=d"(d) : "c"(n));
    return a | (uint64_t)d << 32;
}

static inline void wrmsr(uint32_t n, uint64_t v)
{
    __asm__ volatile("wrmsr" : : "a"((uint32_t)v), "d"((uint32_t)(v >> 32)), "c"(n) : "memory");
}

static inline uint64_t rdtsc(void)
{
    uint32_t a, d;
    __asm__ volatile("rdtsc" : "=a"(a), "=d"(d));
    return a | (uint64_t)d << 32;
}

static inline void cpuid(uint32_t leaf, uint32_t sub, uint32_t r[4])
{
    __asm__ volatile("cpuid" : "=a"(r[0]), "=b"(r[1]), "=c"(r[2]), "=d"(r[3]) : "a"(leaf), "c"(sub));
}

/*
 * Runs one instruction (a string) that may fault; the handler goes on behind it. Gives the vector,
 * or -1. Operands are those of asm.
 */
#define TRY(code, ...)                                                                     \
    ({                                                                                     \
        extern uint8_t *volatile resume_at;                                                \
        last_vector = -1;                                                                  \
        __asm__ volatile("lea 1f(%%rip), %%rax; mov %%rax, resume_at(%%rip); " code        \
                         "; 1:" ::__VA_ARGS__ : "rax", "rcx", "rdx", "memory", "cc");          \
        resume_at = 0;                                                                     \
        last_vector;                                                                       \
    })

#endif
