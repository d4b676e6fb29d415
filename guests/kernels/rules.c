/* See rules.h. */
#include "rules.h"

static const char *current;
static uint64_t cases, failed;

static void end_rule(void)
{
    if (!current)
        return;
    if (!cases)
        expect(current, 0, 1);
    else
        expect(current, failed, 0);
}

void rule(const char *name)
{
    end_rule();
    current = name;
    cases = 0;
    failed = 0;
}

void same(uint64_t number, uint64_t got, uint64_t wanted)
{
    cases++;
    if (got == wanted)
        return;
    if (failed++ < 8) {
        print("  case ");
        print_hex(number);
        print(": got ");
        print_hex(got);
        print(" wanted ");
        print_hex(wanted);
        print("\n");
    }
}

_Noreturn void finish_rules(void)
{
    end_rule();
    finish();
}
