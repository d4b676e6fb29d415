/* A hash table of short texts in guest memory: open addressing, linear probing, no removal. */
#pragma once
#include <stdint.h>

enum { KEY_MAX = 23, VALUE_MAX = 31 };

struct entry {
    char key[KEY_MAX + 1]; /* empty if the slot is free */
    uint64_t writes;       /* how often the value was written */
    char value[VALUE_MAX + 1];
};

struct table {
    struct entry *entries;
    uint64_t capacity;
    uint64_t count;
};

/* The entry of a key, or null. */
struct entry *table_find(const struct table *table, const char *key);

/* The entry of a key, made if there is none; null if the table is full. */
struct entry *table_put(struct table *table, const char *key);
