/* Sieve of Eratosthenes: byte loads and strided byte stores in two megabytes. */
#include "kernels.h"

enum { LIMIT = 2000000, PASSES = 4 };
static uint8_t composite[LIMIT];

uint64_t kernel_sieve(void)
{
    uint64_t sum = 0;
    for (int pass = 0; pass < PASSES; pass++) {
        for (unsigned i = 0; i < LIMIT; i++)
            composite[i] = 0;
        for (unsigned i = 2; i < LIMIT; i++) {
            if (composite[i])
                continue;
            sum = sum * 31 + i;
            for (unsigned j = 2 * i; j < LIMIT; j += i)
                composite[j] = 1;
        }
    }
    return sum;
}
