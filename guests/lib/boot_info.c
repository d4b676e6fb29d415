#include "boot_info.h"

static int equal(const char *a, const char *b, unsigned max)
{
    for (unsigned i = 0; i < max; i++) {
        if (a[i] != b[i])
            return 0;
        if (a[i] == 0)
            return 1;
    }
    return 1;
}

uint64_t boot_parameter(const struct boot_info *info, const char *key, uint64_t otherwise)
{
    for (uint32_t i = 0; i < info->parameters && i < BOOT_INFO_PARAMETERS_MAX; i++) {
        if (equal(info->parameter[i].key, key, sizeof info->parameter[i].key))
            return info->parameter[i].value;
    }
    return otherwise;
}
