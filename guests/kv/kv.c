/*
 * A hash table that is served over the console. A built-in load works on a table of its own, so
 * that the guest is of use without a client; it checks what it finds, and memory that was lost or
 * went back in time ends the guest with an error line.
 */
#include "console.h"
#include "cpu.h"
#include "line.h"
#include "parameter.h"
#include "random.h"
#include "service.h"
#include "table.h"
#include "timer.h"

enum { PAGE_BYTES = 4096, TICKS_PER_SECOND = 1000 };
enum { TABLE_DEFAULT = 16 << 20, KEYS_DEFAULT = 50000, LOAD_DEFAULT = 20000 };

int guest_main(const struct boot_info *info);

struct self_load {
    struct table table;
    uint64_t keys;
    uint64_t per_tick;
    uint64_t operations;
    uint64_t increments;
    uint64_t state;
};

static char *put_key(char *key, uint64_t number)
{
    key[0] = '~';
    char *end = put_decimal(key + 1, number, 8);
    *end = 0;
    return key;
}

static _Noreturn void memory_wrong(const char *what, uint64_t expected, uint64_t found)
{
    console_text("error ");
    console_text(what);
    console_text(" expected ");
    console_decimal(expected);
    console_text(" found ");
    console_decimal(found);
    console_text("\n");
    guest_exit(MEMORY_WRONG);
}

static uint64_t number_in(const struct entry *entry)
{
    uint64_t number = 0;
    for (const char *c = entry->value; *c; c++)
        number = number * 10 + (uint64_t)(*c - '0');
    return number;
}

/* One operation of the built-in load: seven in ten increment, the others read. */
static void operate(struct self_load *load)
{
    char key[KEY_MAX + 1];
    uint64_t random = mix(load->operations++);
    put_key(key, below(random, load->keys));
    if (below(mix(random), 10) < 7) {
        struct entry *entry = table_put(&load->table, key);
        if (!entry || !entry_increment(entry))
            memory_wrong("room for a key", 1, 0);
        load->increments++;
    }
    const struct entry *entry = table_find(&load->table, key);
    if (entry) {
        if (number_in(entry) != entry->writes)
            memory_wrong("value", entry->writes, number_in(entry));
        load->state = load->state * 31 + entry->writes;
    }
}

/* The table's writes must add up to the increments that were made. */
static void verify(const struct self_load *load)
{
    uint64_t sum = 0;
    for (uint64_t i = 0; i < load->table.capacity; i++)
        sum += load->table.entries[i].writes;
    if (sum != load->increments)
        memory_wrong("sum", load->increments, sum);
}

int guest_main(const struct boot_info *info)
{
    static struct self_load load;
    static struct table table;
    static struct service service;
    guest_begin(info);
    uint64_t pages = parameter_pages(info, "table", TABLE_DEFAULT, free_pages(info) / 2);
    table.entries = (struct entry *)info->free_memory;
    table.capacity = pages * PAGE_BYTES / sizeof(struct entry);
    service.table = &table;
    uint64_t per_second =
        parameter_between(info, "load-per-second", LOAD_DEFAULT, 0, info->tsc_hz / 1000);
    load.table.entries = table.entries + table.capacity;
    load.table.capacity = table.capacity;
    uint64_t keys_max = load.table.capacity / 8 * 7;
    uint64_t keys = keys_max < KEYS_DEFAULT ? keys_max : KEYS_DEFAULT;
    load.keys = parameter_between(info, "load-keys", keys, 1, keys_max);
    uint64_t line_ticks = parameter_between(info, "line-seconds", 1, 1, 1000000) * info->tsc_hz;
    load.per_tick = (per_second + TICKS_PER_SECOND - 1) / TICKS_PER_SECOND;
    timer_start(per_second ? info->tsc_hz * load.per_tick / per_second
                           : info->tsc_hz / TICKS_PER_SECOND);

    uint64_t ticks = 0;
    uint64_t line = 0;
    uint64_t line_due = rdtsc() + line_ticks;
    for (;;) {
        for (int c = console_poll(); c != CONSOLE_NOTHING; c = console_poll())
            service_take(&service, (char)c);
        for (uint64_t i = 0; i < load.per_tick; i++)
            operate(&load);
        if (load.per_tick && rdtsc() >= line_due) {
            line_due += line_ticks;
            verify(&load);
            print_numbered_line(++line, load.state);
        }
        ticks = timer_wait(ticks);
    }
}
