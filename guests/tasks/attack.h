/* What malware does to descriptor tables. Each way ends in a trap: who serves it shows who won. */
#pragma once
#include <stdint.h>

enum attack {
    ATTACK_NONE,
    ATTACK_GATE,  /* a gate of the IDT is patched where it lies */
    ATTACK_COPY,  /* a patched copy of the IDT is loaded with LIDT */
    ATTACK_REMAP, /* the page table is changed: the IDT's address leads to a patched copy */
    ATTACK_BLINK, /* the same, and back again after one trap */
    ATTACK_SEGMENT, /* a code segment of ring 0 that everybody may call is written into the GDT */
    ATTACKS,
};

void attack_prepare(void);

/* Returns whether the attacker's handler ran. */
int attack_run(enum attack attack);
