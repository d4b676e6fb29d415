/* Insertion into an open-addressing hash table of four megabytes. */
#include "kernels.h"

enum { SLOTS = 1 << 19, KEYS = 300000, PASSES = 2 };
static uint64_t slots[SLOTS];

static int insert(uint64_t key)
{
    uint64_t at = key * 0x9e3779b97f4a7c15ull >> 45;
    int probes = 0;
    while (slots[at] != 0 && slots[at] != key) {
        at = (at + 1) & (SLOTS - 1);
        probes++;
    }
    slots[at] = key;
    return probes;
}

uint64_t kernel_hash_insert(void)
{
    uint64_t probes = 0;
    for (int pass = 0; pass < PASSES; pass++) {
        for (int i = 0; i < SLOTS; i++)
            slots[i] = 0;
        uint64_t state = (uint64_t)pass + 1;
        for (int i = 0; i < KEYS; i++)
            probes = probes * 3 + (uint64_t)insert(next_random(&state) | 1);
    }
    return probes;
}
