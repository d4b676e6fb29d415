#include "service.h"

#include "console.h"
#include "line.h"

enum { REPLY_MAX = 128, NUMBER_DIGITS_MAX = 18, CRC_DIGITS = 8, CRC_CHARS = 5 + CRC_DIGITS };

/* Keys of the built-in load begin with this, so that no client can reach them. */
enum { RESERVED = '~' };

static unsigned length_of(const char *text)
{
    unsigned length = 0;
    while (text[length])
        length++;
    return length;
}

static int equal(const char *a, const char *b)
{
    while (*a && *a == *b)
        a++, b++;
    return *a == *b;
}

static void reply(struct service *service, const char *result, const char *argument)
{
    char line[REPLY_MAX];
    char *at = put_text(line, "reply ");
    at = put_decimal(at, ++service->replies, 8);
    *at++ = ' ';
    at = put_text(at, result);
    if (argument) {
        *at++ = ' ';
        at = put_text(at, argument);
    }
    at = put_crc(line, at);
    console_bytes(line, (unsigned)(at - line));
}

/* Cuts the next word off; an empty one if there is none. */
static char *next_word(char **rest)
{
    char *word = *rest;
    char *at = word;
    while (*at && *at != ' ')
        at++;
    if (*at)
        *at++ = 0;
    *rest = at;
    return word;
}

/* Removes a trailing " crc xxxxxxxx"; returns whether it was right or absent. */
static int checksum_holds(char *line, unsigned length)
{
    if (length < CRC_CHARS)
        return 1;
    char *at = line + length - CRC_CHARS;
    if (at[0] != ' ' || at[1] != 'c' || at[2] != 'r' || at[3] != 'c' || at[4] != ' ')
        return 1;
    char expected[CRC_DIGITS];
    put_hex(expected, crc32(line, (unsigned)(at - line)), CRC_DIGITS);
    for (unsigned i = 0; i < CRC_DIGITS; i++) {
        if (at[5 + i] != expected[i])
            return 0;
    }
    *at = 0;
    return 1;
}

static int is_good_key(const char *key)
{
    return key[0] && key[0] != RESERVED && length_of(key) <= KEY_MAX;
}

static void put_value(struct entry *entry, const char *value)
{
    unsigned i = 0;
    for (; value[i]; i++)
        entry->value[i] = value[i];
    entry->value[i] = 0;
    entry->writes++;
}

int entry_increment(struct entry *entry)
{
    uint64_t number = 0;
    unsigned digits = 0;
    for (; entry->value[digits]; digits++) {
        char c = entry->value[digits];
        if (c < '0' || c > '9' || digits == NUMBER_DIGITS_MAX)
            return 0;
        number = number * 10 + (uint64_t)(c - '0');
    }
    number++;
    char value[NUMBER_DIGITS_MAX + 2];
    unsigned length = 1;
    for (uint64_t rest = number / 10; rest; rest /= 10)
        length++;
    *put_decimal(value, number, length) = 0;
    put_value(entry, value);
    return 1;
}

static void set(struct service *service, const char *key, const char *value)
{
    if (!value[0] || length_of(value) > VALUE_MAX) {
        reply(service, "ERROR", "value must be 1 to 31 characters");
        return;
    }
    struct entry *entry = table_put(service->table, key);
    if (!entry) {
        reply(service, "ERROR", "table is full");
        return;
    }
    put_value(entry, value);
    reply(service, "OK", 0);
}

static void increment(struct service *service, const char *key)
{
    struct entry *entry = table_put(service->table, key);
    if (!entry)
        reply(service, "ERROR", "table is full");
    else if (!entry_increment(entry))
        reply(service, "ERROR", "value is not a number of at most 18 digits");
    else
        reply(service, "VALUE", entry->value);
}

static void count(struct service *service)
{
    char text[21];
    unsigned digits = 1;
    for (uint64_t rest = service->table->count / 10; rest; rest /= 10)
        digits++;
    *put_decimal(text, service->table->count, digits) = 0;
    reply(service, "COUNT", text);
}

static void answer(struct service *service)
{
    char *rest = service->line;
    if (!checksum_holds(rest, service->length)) {
        reply(service, "ERROR", "checksum is wrong");
        return;
    }
    const char *verb = next_word(&rest);
    const char *key = next_word(&rest);
    const char *value = next_word(&rest);
    if (*rest) {
        reply(service, "ERROR", "too many words");
    } else if (equal(verb, "COUNT") && !*key) {
        count(service);
    } else if (!is_good_key(key)) {
        reply(service, "ERROR", "key must be 1 to 23 characters and not begin with ~");
    } else if (equal(verb, "SET")) {
        set(service, key, value);
    } else if (*value) {
        reply(service, "ERROR", "too many words");
    } else if (equal(verb, "GET")) {
        const struct entry *entry = table_find(service->table, key);
        if (entry)
            reply(service, "VALUE", entry->value);
        else
            reply(service, "NONE", 0);
    } else if (equal(verb, "INCR")) {
        increment(service, key);
    } else {
        reply(service, "ERROR", "requests are SET, GET, INCR, COUNT");
    }
}

void service_take(struct service *service, char c)
{
    if (c == '\r')
        return;
    if (c != '\n') {
        if (service->length == LINE_MAX)
            service->is_too_long = 1;
        else
            service->line[service->length++] = c;
        return;
    }
    service->line[service->length] = 0;
    if (service->is_too_long)
        reply(service, "ERROR", "line is longer than 127 characters");
    else
        answer(service);
    service->length = 0;
    service->is_too_long = 0;
}
