/* Boot parameters with their limits: a value outside of them ends the guest with an error line. */
#pragma once
#include "boot_info.h"

enum { MEMORY_WRONG = 1, BAD_PARAMETER = 2 };

/* Sets up the console and checks that the boot-info page is one that we understand. */
void guest_begin(const struct boot_info *info);

uint64_t parameter_between(const struct boot_info *info, const char *key, uint64_t otherwise,
                           uint64_t min, uint64_t max);

/*
 * Pages of a size in bytes, rounded down, at least one. The default shrinks to what there is; a
 * value that was given must fit.
 */
uint64_t parameter_pages(const struct boot_info *info, const char *key, uint64_t otherwise_bytes,
                         uint64_t pages_max);

/* Pages of memory above the image. */
uint64_t free_pages(const struct boot_info *info);
