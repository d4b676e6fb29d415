/*
 * Writes pages of a working set in a chosen pattern at a chosen rate of virtual time, and computes
 * in between: the load under which dirty logs are compared. It never idles, so that an epoch of so
 * many instructions is an epoch of so much virtual time.
 */
#include "console.h"
#include "cpu.h"
#include "line.h"
#include "parameter.h"
#include "random.h"
#include "window.h"

enum { PAGE_BYTES = 4096, PAGE_WORDS = PAGE_BYTES / 8, STORES_MAX = 512, PERCENT = 100 };
enum { WORKING_SET_DEFAULT = 64 << 20, WRITES_PER_SECOND_DEFAULT = 200000 };
enum { CHURN_UNIT = 1000 };

/* The numbers that the parameter `pattern` stands for. */
enum pattern { SEQUENTIAL, UNIFORM, ZIPF, HOT_COLD, PATTERNS };

struct load {
    volatile uint64_t *memory;
    uint64_t pages;
    uint64_t stores;
    enum pattern pattern;
    uint64_t hot_pages, hot_writes_percent;
    uint64_t silent_percent;
    volatile uint64_t *read_set;
    uint64_t read_pages, reads_per_write;
    uint64_t churn;
    uint64_t octaves;
    uint64_t state;
};

int guest_main(const struct boot_info *info);

/*
 * A rank from 0 on, falling into each power of two with the same probability: Zipf's law with
 * exponent 1, flat within an octave.
 */
static uint64_t zipf_rank(const struct load *load, uint64_t random)
{
    uint64_t octave = below(random, load->octaves);
    uint64_t first = (1ull << octave) - 1;
    uint64_t end = (1ull << (octave + 1)) - 1;
    if (end > load->pages)
        end = load->pages;
    return first + below(mix(random), end - first);
}

/* Spreads neighbours over the working set: popular pages are rarely adjacent. */
static uint64_t scattered(const struct load *load, uint64_t rank)
{
    const uint64_t prime = 2654435761u; /* larger than any number of pages, so it maps one to one */
    return rank * prime % load->pages;
}

static uint64_t page_of(const struct load *load, uint64_t write, uint64_t random)
{
    switch (load->pattern) {
    case SEQUENTIAL:
        return write % load->pages;
    case ZIPF:
        return scattered(load, zipf_rank(load, random));
    case HOT_COLD:
        if (below(mix(random), PERCENT) < load->hot_writes_percent)
            return below(random, load->hot_pages);
        return below(random, load->pages);
    default:
        return below(random, load->pages);
    }
}

/* Write number `write`: stores to one page, evenly spaced from a word that moves with the write. */
static void write_page(struct load *load, uint64_t write)
{
    uint64_t random = mix(write);
    volatile uint64_t *words = load->memory + page_of(load, write, random) * PAGE_WORDS;
    uint64_t step = PAGE_WORDS / load->stores;
    uint64_t word = write % step;
    int silent = below(mix(~random), PERCENT) < load->silent_percent;
    for (uint64_t i = 0; i < load->stores; i++, word += step)
        words[word] = silent ? words[word] : random + i;
    load->state = load->state * 31 + random;
}

static void read_pages(struct load *load, uint64_t write)
{
    for (uint64_t i = 0; i < load->reads_per_write; i++) {
        uint64_t page = below(mix(write * load->reads_per_write + i), load->read_pages);
        load->state += load->read_set[page * PAGE_WORDS];
    }
}

/* Something to do until the next write is due. */
static void compute_until(struct load *load, uint64_t tsc)
{
    while (rdtsc() < tsc)
        load->state = mix(load->state);
}

static void configure(struct load *load, const struct boot_info *info)
{
    uint64_t room = free_pages(info);
    load->churn = parameter_between(info, "table-churn", 0, 0, CHURN_UNIT);
    uint64_t at = info->free_memory;
    if (load->churn) {
        at = window_create(at);
        room -= (at - info->free_memory) / PAGE_BYTES;
    }
    uint64_t half = room / 2 * PAGE_BYTES;
    uint64_t otherwise = half < WORKING_SET_DEFAULT ? half : WORKING_SET_DEFAULT;
    load->pages = parameter_pages(info, "working-set", otherwise, room);
    room -= load->pages;
    load->memory = (volatile uint64_t *)at;
    load->read_set = load->memory + load->pages * PAGE_WORDS;
    load->read_pages =
        parameter_between(info, "read-set", 0, 0, room * PAGE_BYTES) / PAGE_BYTES;
    load->reads_per_write =
        load->read_pages ? parameter_between(info, "reads-per-write", 1, 0, 1u << 20) : 0;
    load->stores = parameter_between(info, "stores-per-page", 1, 1, STORES_MAX);
    load->pattern =
        (enum pattern)parameter_between(info, "pattern", UNIFORM, SEQUENTIAL, PATTERNS - 1);
    uint64_t hot_percent = parameter_between(info, "hot-percent", 10, 1, PERCENT);
    load->hot_pages = (load->pages * hot_percent + PERCENT - 1) / PERCENT;
    load->hot_writes_percent = parameter_between(info, "hot-writes-percent", 90, 0, PERCENT);
    load->silent_percent = parameter_between(info, "silent-percent", 0, 0, PERCENT);
    while ((1ull << load->octaves) <= load->pages)
        load->octaves++;
}

/* Touches everything once, so that what follows is the steady state. */
static void populate(const struct load *load)
{
    for (uint64_t page = 0; page < load->pages; page++)
        load->memory[page * PAGE_WORDS] = page;
    for (uint64_t page = 0; page < load->read_pages; page++)
        load->read_set[page * PAGE_WORDS] = page;
}

int guest_main(const struct boot_info *info)
{
    static struct load load;
    guest_begin(info);
    configure(&load, info);
    uint64_t per_second = parameter_between(info, "writes-per-second", WRITES_PER_SECOND_DEFAULT,
                                            0, info->tsc_hz);
    uint64_t lines_per_second = parameter_between(info, "lines-per-second", 1, 0, 10000);
    uint64_t line_ticks = lines_per_second ? info->tsc_hz / lines_per_second : 0;
    populate(&load);

    uint64_t start = rdtsc();
    uint64_t line = 0;
    uint64_t line_due = start + line_ticks;
    uint64_t churned = 0;
    for (uint64_t write = 0;; write++) {
        if (per_second)
            compute_until(&load, start + write / per_second * info->tsc_hz +
                                     write % per_second * info->tsc_hz / per_second);
        write_page(&load, write);
        if (load.read_pages)
            read_pages(&load, write);
        if (write * load.churn / CHURN_UNIT > churned)
            load.state += window_remap(churned++, load.memory, load.pages);
        if (line_ticks && rdtsc() >= line_due) {
            line_due += line_ticks;
            print_numbered_line(++line, load.state);
        }
    }
}
