/*
 * A hypervisor that does nothing but VM entries, to be timed from outside: the guest executes CPUID in
 * a loop, and each exit is answered by VMREAD of the reason and RIP, VMWRITE of RIP and VMRESUME. Never
 * ends by itself. A word "novpid" on the command line leaves VPID off, so that every entry and exit
 * drops translations; "ept" puts EPT under the guest.
 */
#include "vmx.h"

static void guest(void) { for (;;) __asm__ volatile("cpuid" ::: "rax", "rbx", "rcx", "rdx"); }

static bool has(const char *line, const char *word)
{
    for (; *line; line++) {
        const char *a = line, *b = word;
        while (*b && *a == *b)
            a++, b++;
        if (!*b)
            return true;
    }
    return false;
}

void kernel_main(uint32_t information)
{
    const uint32_t *multiboot = (uint32_t *)(uint64_t)information;
    const char *line = multiboot[0] & 4 ? (const char *)(uint64_t)multiboot[4] : "";
    set_up_interrupts();
    prepare_vmx();
    prepare_guest(guest);
    if (has(line, "ept"))
        use_ept();
    if (!has(line, "novpid")) {
        set_bits(PROC2, 1 << 5);
        vmwrite(VPID, 1);
    }
    for (;;) {
        if (run_guest() != 10) {
            print("unexpected exit\n");
            leave(1);
        }
        skip_instruction();
    }
}
