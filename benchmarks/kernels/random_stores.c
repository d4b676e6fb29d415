/* Eight-byte stores all over 64 megabytes: a soft TLB's worst case. */
#include "kernels.h"

enum { WORDS = 8 << 20, STORES = 3000000 };
static uint64_t words[WORDS];

uint64_t kernel_random_stores(void)
{
    uint64_t state = 88172645463325252ull;
    uint64_t sum = 0;
    for (int i = 0; i < STORES; i++) {
        uint64_t r = next_random(&state);
        words[r & (WORDS - 1)] = r;
        sum += r;
    }
    return sum ^ words[sum & (WORDS - 1)];
}
