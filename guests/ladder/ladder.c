/*
 * Increments the first byte of every page of a range, from the lowest page to the highest, round
 * and round. However it is stopped, the bytes show one step at most: pages before it are one round
 * ahead of pages after it. A checkpoint that mixes two moments shows a second step, and whoever
 * looks at the memory sees it without knowing what it should be.
 */
#include "console.h"
#include "line.h"
#include "parameter.h"
#include "timer.h"

enum { PAGE_BYTES = 4096, TICKS_PER_SECOND = 1000 };
enum { RANGE_DEFAULT = 16 << 20, WRITES_PER_SECOND_DEFAULT = 100000 };

int guest_main(const struct boot_info *info);

int guest_main(const struct boot_info *info)
{
    guest_begin(info);
    uint64_t pages = parameter_pages(info, "range", RANGE_DEFAULT, free_pages(info));
    uint64_t per_second = parameter_between(info, "writes-per-second", WRITES_PER_SECOND_DEFAULT,
                                            0, info->tsc_hz);
    uint64_t rounds_per_line = parameter_between(info, "rounds-per-line", 1, 1, 1u << 30);
    uint64_t line_limit = boot_parameter(info, "line-limit", 0);
    uint64_t per_tick = (per_second + TICKS_PER_SECOND - 1) / TICKS_PER_SECOND;
    volatile uint8_t *range = (volatile uint8_t *)info->free_memory;

    if (per_second)
        timer_start(info->tsc_hz * per_tick / per_second);
    uint64_t ticks = 0;
    uint64_t left = per_tick;
    uint64_t line = 0;
    for (uint64_t round = 1; line_limit == 0 || line < line_limit; round++) {
        for (uint64_t page = 0; page < pages; page++) {
            if (per_second && left-- == 0) {
                ticks = timer_wait(ticks);
                left = per_tick - 1;
            }
            range[page * PAGE_BYTES]++;
        }
        if (round % rounds_per_line == 0)
            print_numbered_line(++line, round << 32);
    }
    return 0;
}
