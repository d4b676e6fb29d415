/*
 * Writes numbered lines to the console at a steady rate of virtual time. Between two lines it
 * rewrites pages of a working set, each value derived from the number of the write, and checks what
 * the previous round left there: memory that went back in time, or was lost, ends the guest with an
 * error line.
 */
#include "boot_info.h"
#include "console.h"
#include "cpu.h"
#include "timer.h"

enum { PAGE_BYTES = 4096, PAGE_WORDS = PAGE_BYTES / 8, WORDS_PER_WRITE = 8 };
enum { MEMORY_WRONG = 1, BAD_PARAMETER = 2 };

int guest_main(const struct boot_info *info);

static uint64_t *working_set;
static uint64_t pages;

/* splitmix64: write number to value. */
static uint64_t mix(uint64_t x)
{
    x += 0x9e3779b97f4a7c15ull;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

static uint32_t crc32(const char *bytes, unsigned length)
{
    uint32_t crc = 0xffffffff;
    for (unsigned i = 0; i < length; i++) {
        crc ^= (uint8_t)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}

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

static void print_line(uint64_t number, uint64_t state)
{
    char line[64];
    char *at = put_text(line, "line ");
    at = put_decimal(at, number, 8);
    at = put_text(at, " state ");
    at = put_hex(at, state >> 32, 8);
    uint32_t crc = crc32(line, (unsigned)(at - line));
    at = put_text(at, " crc ");
    at = put_hex(at, crc, 8);
    *at++ = '\n';
    console_bytes(line, (unsigned)(at - line));
}

static void check_parameters(const struct boot_info *info, uint64_t per_second)
{
    uint64_t room = (info->memory_bytes - info->free_memory) / PAGE_BYTES;
    if (pages == 0 || pages > room) {
        console_text("error working-set-pages must be 1 to ");
        console_decimal(room);
        console_text(", not ");
        console_decimal(pages);
        console_text("\n");
        guest_exit(BAD_PARAMETER);
    }
    if (per_second > info->tsc_hz / 1000) {
        console_text("error lines-per-second must be 0 to ");
        console_decimal(info->tsc_hz / 1000);
        console_text("\n");
        guest_exit(BAD_PARAMETER);
    }
}

int guest_main(const struct boot_info *info)
{
    console_init();
    if (info->magic != BOOT_INFO_MAGIC || info->version != BOOT_INFO_VERSION) {
        console_text("error boot info has another magic or version\n");
        return BAD_PARAMETER;
    }
    uint64_t per_second = boot_parameter(info, "lines-per-second", 50);
    uint64_t writes = boot_parameter(info, "writes-per-line", 64);
    uint64_t limit = boot_parameter(info, "line-limit", 0);
    pages = boot_parameter(info, "working-set-pages", 256);
    check_parameters(info, per_second);
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
        print_line(line, state);
    }
    return 0;
}
