/* Verdicts of 32-bit test kernels. */
#include "kernel32.h"

static uint32_t failures, tests;

static void print_hex(uint32_t v)
{
    char text[9];
    int i = 8;
    text[i] = 0;
    do {
        text[--i] = "0123456789abcdef"[v & 15];
        v >>= 4;
    } while (v);
    print(text + i);
}

void expect(const char *name, uint32_t got, uint32_t wanted)
{
    tests++;
    if (got == wanted) {
        print("ok ");
        print(name);
    } else {
        failures++;
        print("FAIL ");
        print(name);
        print(": got ");
        print_hex(got);
        print(" wanted ");
        print_hex(wanted);
    }
    print("\n");
}

void finish(void)
{
    print_hex(tests - failures);
    print(" ok, ");
    print_hex(failures);
    print(" failed\n");
    leave(failures);
}
