/* Runs one kernel several times and prints a line before the first and after each. */
#include "boot_info.h"
#include "console.h"
#include "kernels.h"

typedef uint64_t kernel(void);
static kernel *const kernels[] = {
    kernel_sieve,       kernel_sha256,     kernel_random_stores, kernel_quicksort,
    kernel_hash_insert, kernel_copy_words, kernel_bytecode,
};
enum { KERNELS = sizeof kernels / sizeof *kernels };

int guest_main(const struct boot_info *info);

/* Drops all translations, which also lets QEMU grow its soft TLB. */
static void reload_cr3(void)
{
    uint64_t cr3;
    __asm__ volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(cr3) : : "memory");
}

/* The CPUID-exit loop: what one exit costs. */
static uint64_t cpuid_loop(uint64_t count)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < count; i++) {
        uint32_t eax = 0, ebx, ecx = 0, edx;
        __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "+c"(ecx), "=d"(edx));
        sum += ebx;
    }
    return sum;
}

int guest_main(const struct boot_info *info)
{
    uint64_t index = boot_parameter(info, "kernel", 0);
    uint64_t repetitions = boot_parameter(info, "repetitions", 1);
    uint64_t cpuids = boot_parameter(info, "cpuids", 0);
    if (index >= KERNELS)
        return 1;
    console_init();
    console_text("begin\n");
    for (uint64_t i = 0; i < repetitions; i++) {
        reload_cr3();
        uint64_t result = cpuids ? cpuid_loop(cpuids) : kernels[index]();
        console_hex(result, 16);
        console_text("\n");
    }
    return 0;
}
