/* Numbered, checksummed lines: what a client can verify byte by byte. */
#pragma once
#include <stdint.h>

/* CRC-32 as in gzip and java.util.zip.CRC32. */
uint32_t crc32(const char *bytes, unsigned length);

/* Prints "line <8 digits> state <8 hex digits> crc <8 hex digits>"; the state is the upper half. */
void print_numbered_line(uint64_t number, uint64_t state);

/*
 * Appends " crc <8 hex digits>" of everything from `line` to `at`, and a line feed; returns the end.
 */
char *put_crc(const char *line, char *at);
