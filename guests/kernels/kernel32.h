/* What 32-bit test kernels share: ports, COM1, the exit port, verdicts. */
#ifndef KERNEL32_H
#define KERNEL32_H

#include <stdint.h>

#define MULTIBOOT_MAGIC 0x2badb002u

void kernel_main(uint32_t magic, uint32_t information);

static inline void out8(uint16_t port, uint8_t value)
{
    __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

static inline uint8_t in8(uint16_t port)
{
    uint8_t value;
    __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
    return value;
}

static inline void out32(uint16_t port, uint32_t value)
{
    __asm__ volatile("outl %0, %1" : : "a"(value), "Nd"(port));
}

static inline void print(const char *text)
{
    for (; *text; text++) {
        while (!(in8(0x3fd) & 0x20)) {
        }
        out8(0x3f8, (uint8_t)*text);
    }
}

static inline _Noreturn void leave(uint32_t value)
{
    out32(0xf4, value);
    for (;;)
        __asm__ volatile("cli; hlt");
}

static inline uint32_t read_cr0(void) { uint32_t v; __asm__ volatile("mov %%cr0, %0" : "=r"(v)); return v; }
static inline uint32_t read_cr4(void) { uint32_t v; __asm__ volatile("mov %%cr4, %0" : "=r"(v)); return v; }

/* Of kernel32.c. */
void expect(const char *name, uint32_t got, uint32_t wanted);
_Noreturn void finish(void);

#endif
