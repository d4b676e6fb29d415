#include "parameter.h"

#include "console.h"

enum { PAGE_BYTES = 4096 };

void guest_begin(const struct boot_info *info)
{
    console_init();
    if (info->magic != BOOT_INFO_MAGIC || info->version != BOOT_INFO_VERSION) {
        console_text("error boot info has another magic or version\n");
        guest_exit(BAD_PARAMETER);
    }
}

uint64_t parameter_between(const struct boot_info *info, const char *key, uint64_t otherwise,
                           uint64_t min, uint64_t max)
{
    uint64_t value = boot_parameter(info, key, otherwise);
    if (value < min || value > max) {
        console_text("error ");
        console_text(key);
        console_text(" must be ");
        console_decimal(min);
        console_text(" to ");
        console_decimal(max);
        console_text(", not ");
        console_decimal(value);
        console_text("\n");
        guest_exit(BAD_PARAMETER);
    }
    return value;
}

uint64_t parameter_pages(const struct boot_info *info, const char *key, uint64_t otherwise_bytes,
                         uint64_t pages_max)
{
    uint64_t bytes_max = pages_max * PAGE_BYTES;
    uint64_t otherwise = otherwise_bytes < bytes_max ? otherwise_bytes : bytes_max;
    return parameter_between(info, key, otherwise, PAGE_BYTES, bytes_max) / PAGE_BYTES;
}

uint64_t free_pages(const struct boot_info *info)
{
    return (info->memory_bytes - info->free_memory) / PAGE_BYTES;
}
