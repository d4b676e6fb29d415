#include "line.h"

#include "console.h"

uint32_t crc32(const char *bytes, unsigned length)
{
    uint32_t crc = 0xffffffff;
    for (unsigned i = 0; i < length; i++) {
        crc ^= (uint8_t)bytes[i];
        for (int bit = 0; bit < 8; bit++)
            crc = crc >> 1 ^ (0xedb88320 & -(crc & 1));
    }
    return ~crc;
}

char *put_crc(const char *line, char *at)
{
    uint32_t crc = crc32(line, (unsigned)(at - line));
    at = put_text(at, " crc ");
    at = put_hex(at, crc, 8);
    *at++ = '\n';
    return at;
}

void print_numbered_line(uint64_t number, uint64_t state)
{
    char line[64];
    char *at = put_text(line, "line ");
    at = put_decimal(at, number, 8);
    at = put_text(at, " state ");
    at = put_hex(at, state >> 32, 8);
    at = put_crc(line, at);
    console_bytes(line, (unsigned)(at - line));
}
