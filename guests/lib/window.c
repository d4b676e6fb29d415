#include "window.h"

#include "cpu.h"
#include "random.h"

enum { PAGE_BYTES = 4096, ENTRIES = 512, PRESENT = 1, WRITABLE = 2 };
#define WINDOW_BASE (1ull << 39) /* the second entry of the PML4 */

static volatile uint64_t *page_table;

uint64_t window_create(uint64_t at)
{
    volatile uint64_t *root = (volatile uint64_t *)(read_cr3() & ~0xfffull);
    volatile uint64_t *pointers = (volatile uint64_t *)at;
    volatile uint64_t *directory = (volatile uint64_t *)(at + PAGE_BYTES);
    page_table = (volatile uint64_t *)(at + 2 * PAGE_BYTES);
    directory[0] = (uint64_t)page_table | PRESENT | WRITABLE;
    pointers[0] = (uint64_t)directory | PRESENT | WRITABLE;
    root[1] = (uint64_t)pointers | PRESENT | WRITABLE;
    return at + 3 * PAGE_BYTES;
}

uint64_t window_remap(uint64_t number, volatile uint64_t *memory, uint64_t pages)
{
    uint64_t entry = number % ENTRIES;
    uint64_t linear = WINDOW_BASE + entry * PAGE_BYTES;
    page_table[entry] = ((uint64_t)memory + below(mix(number), pages) * PAGE_BYTES) | PRESENT;
    invlpg(linear);
    return *(volatile uint64_t *)linear;
}
