/* The smallest kernel: a line on COM1, and out. */
#include "kernel32.h"

void kernel_main(uint32_t magic, uint32_t information)
{
    if (magic != MULTIBOOT_MAGIC || information == 0)
        leave(2);
    print("hello from a 32-bit kernel\n");
    leave(0);
}
