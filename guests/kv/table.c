#include "table.h"

static uint64_t hash_of(const char *key)
{
    uint64_t hash = 0xcbf29ce484222325ull; /* FNV-1a */
    for (; *key; key++)
        hash = (hash ^ (uint8_t)*key) * 0x100000001b3ull;
    return hash;
}

static int is_key(const struct entry *entry, const char *key)
{
    unsigned i = 0;
    while (key[i] && entry->key[i] == key[i])
        i++;
    return entry->key[i] == key[i];
}

/* The key's entry, or the free slot where it belongs; a table is never quite full. */
static struct entry *slot_of(const struct table *table, const char *key)
{
    uint64_t slot = hash_of(key) % table->capacity;
    while (table->entries[slot].key[0] && !is_key(&table->entries[slot], key))
        slot = slot + 1 == table->capacity ? 0 : slot + 1;
    return &table->entries[slot];
}

struct entry *table_find(const struct table *table, const char *key)
{
    struct entry *entry = slot_of(table, key);
    return entry->key[0] ? entry : 0;
}

struct entry *table_put(struct table *table, const char *key)
{
    struct entry *entry = slot_of(table, key);
    if (entry->key[0])
        return entry;
    if (table->count >= table->capacity / 8 * 7)
        return 0;
    table->count++;
    for (unsigned i = 0; key[i]; i++)
        entry->key[i] = key[i];
    return entry;
}
