/* What descriptor tables are made of. */
#pragma once
#include <stdint.h>

struct gate {
    uint16_t offset_low, selector;
    uint8_t stack, type;
    uint16_t offset_middle;
    uint32_t offset_high, reserved;
};

/* Operand of LGDT, LIDT, SGDT and SIDT. */
struct __attribute__((packed)) table_pointer {
    uint16_t limit;
    uint64_t base;
};
