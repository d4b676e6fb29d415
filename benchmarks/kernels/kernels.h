/* The benchmark kernels: each does a fixed amount of work and returns a checksum of it. */
#pragma once
#include <stdint.h>

uint64_t kernel_sieve(void);
uint64_t kernel_sha256(void);
uint64_t kernel_random_stores(void);
uint64_t kernel_quicksort(void);
uint64_t kernel_hash_insert(void);
uint64_t kernel_copy_words(void);
uint64_t kernel_bytecode(void);

/* Repeatable pseudo-random numbers (xorshift64*). */
static inline uint64_t next_random(uint64_t *state)
{
    uint64_t x = *state;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *state = x;
    return x * 0x2545f4914f6cdd1dull;
}
