/* Requests and replies of the console line protocol; guests/README.md describes it. */
#pragma once
#include "table.h"

enum { LINE_MAX = 127 };

struct service {
    struct table *table;
    uint64_t replies;
    unsigned length;
    int is_too_long;
    char line[LINE_MAX + 1];
};

/* Takes one byte of input; a line feed completes a request, which is answered at once. */
void service_take(struct service *service, char c);

/* Adds 1 to the decimal number that an entry holds; an empty one holds 0. Returns 0 if it is none. */
int entry_increment(struct entry *entry);
