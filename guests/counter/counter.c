/*
 * Writes numbered lines to the console at a steady rate of virtual time. Between two lines it
 * rewrites pages of a working set, each value derived from the number of the write, and checks what
 * the previous round left there: memory that went back in time, or was lost, ends the guest with an
 * error line.
 */
#include "console.h"
#include "line.h"
#include "parameter.h"
#include "random.h"
#include "timer.h"

enum { PAGE_BYTES = 4096, PAGE_WORDS = PAGE_BYTES / 8, WORDS_PER_WRITE = 8 };

int guest_main(const struct boot_info *info);

static uint64_t *working_set;
static uint64_t pages;

static _Noreturn void memory_wrong(uint64_t write, uint64_t page, unsigned word, uint64_t expected,
                                   uint64_t found)
{
    console_text("error write ");
    console_decimal(write);
    console_text(" page ");
    console_decimal(page);
    console_text(" word ");
    console_decimal(word);
    console_text(" expected ");
    console_hex(expected, 16);
    console_text(" found ");
    console_hex(found, 16);
    console_text("\n");
    guest_exit(MEMORY_WRONG);
}

/* Write number `write` (from 0): checks what write - pages left in this page, and replaces it. */
static uint64_t rewrite(uint64_t write)
{
    uint64_t page = write % pages;
    uint64_t *words = working_set + page * PAGE_WORDS;
    uint64_t before = write < pages ? 0 : mix(write - pages);
    uint64_t after = mix(write);
    for (unsigned i = 0; i < WORDS_PER_WRITE; i++) {
        unsigned word = i * (PAGE_WORDS / WORDS_PER_WRITE) + (unsigned)(page & 63);
        uint64_t expected = before ? before + i : 0;
        if (words[word] != expected)
            memory_wrong(write, page, word, expected, words[word]);
        words[word] = after + i;
    }
    return after;
}

int guest_main(const struct boot_info *info)
{
    guest_begin(info);
    uint64_t per_second =
        parameter_between(info, "lines-per-second", 50, 0, info->tsc_hz / 1000);
    uint64_t writes = boot_parameter(info, "writes-per-line", 64);
    uint64_t limit = boot_parameter(info, "line-limit", 0);
    pages = parameter_between(info, "working-set-pages", 256, 1, free_pages(info));
    working_set = (uint64_t *)info->free_memory;
    if (per_second)
        timer_start(info->tsc_hz / per_second);

    uint64_t ticks = 0;
    uint64_t write = 0;
    uint64_t state = 0;
    for (uint64_t line = 1; limit == 0 || line <= limit; line++) {
        for (uint64_t i = 0; i < writes; i++)
            state = rewrite(write++);
        if (per_second)
            ticks = timer_wait(ticks);
        print_numbered_line(line, state);
    }
    return 0;
}
