/* The boot-info page, docs/formats/boot-info.md. */
#pragma once
#include <stdint.h>

#define BOOT_INFO_MAGIC 0x544f4f4259445355ull /* "USDYBOOT" */
#define BOOT_INFO_VERSION 1
#define BOOT_INFO_PARAMETERS_MAX 126

struct boot_parameter {
    char key[24]; /* ASCII, padded with zeroes, at most 23 characters */
    uint64_t value;
};

struct boot_info {
    uint64_t magic;
    uint32_t version;
    uint32_t parameters;
    uint64_t memory_bytes;
    uint64_t free_memory;
    uint64_t tsc_hz;
    uint64_t reserved;
    struct boot_parameter parameter[BOOT_INFO_PARAMETERS_MAX];
};

_Static_assert(sizeof(struct boot_info) <= 4096, "boot info is one page");

/* The value of a parameter, or `otherwise` where the page has none of that name. */
uint64_t boot_parameter(const struct boot_info *info, const char *key, uint64_t otherwise);
