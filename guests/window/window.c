/*
 * A thread that works on a secret page inside a window, and an attacker beside it who tries every
 * way to the secret that there is outside. A timer interrupts both.
 */
#include "console.h"
#include "cpu.h"
#include "interrupts.h"
#include "line.h"
#include "parameter.h"
#include "timer.h"
#include "views.h"

enum { PAGE_BYTES = 4096, INVALID_OPCODE = 6, GENERAL_PROTECTION = 13 };
enum { WINDOW_REFUSED = 4, LEAKED = 5 };

/* What the hypervisor reads; its order is part of docs/formats/view-calls.md. */
struct report {
    uint64_t windows;   /* times that the thread went in and came back */
    uint64_t attempts;  /* of the attacker */
    uint64_t refused;   /* attempts that raised an exception */
    uint64_t leaked;    /* attempts that went through */
    uint64_t rest[12];
};

int guest_main(const struct boot_info *info);
void gate_enter(volatile uint64_t *secret, uint64_t rounds, uint64_t view);
int probe_read(volatile uint64_t *address, uint64_t *to);
int probe_write(volatile uint64_t *address);
int probe_view(volatile uint64_t *address, uint64_t *to, uint64_t view);
int probe_jump(const char *address);
extern const char gate_code[], probe_recover[];

static uint64_t secret[512] __attribute__((aligned(PAGE_BYTES)));
static struct report report __attribute__((aligned(PAGE_BYTES)));

static void on_refusal(struct interrupt_frame *frame)
{
    frame->rip = (uint64_t)probe_recover;
}

static int attempt(uint64_t kind, uint64_t view)
{
    uint64_t seen;
    switch (kind % 6) {
    case 0:
        return probe_read(secret + 1, &seen);
    case 1:
        return probe_write(secret + 1);
    case 2:
        return probe_view(secret + 1, &seen, view);
    case 3:
        return probe_jump(gate_code + 14);
    case 4:
        return probe_write((volatile uint64_t *)(uint64_t)gate_code);
    default:
        return probe_view(secret + 1, &seen, view + 6);
    }
}

int guest_main(const struct boot_info *info)
{
    guest_begin(info);
    uint64_t rounds = parameter_between(info, "rounds", 200, 1, 1u << 30);
    uint64_t between = parameter_between(info, "rounds-outside", 2000, 0, 1u << 30);
    uint64_t windows_per_attempt = parameter_between(info, "windows-per-attempt", 4, 0, 1u << 30);
    uint64_t ticks_per_second = parameter_between(info, "ticks-per-second", 2000, 1, 100000);
    uint64_t lines = parameter_between(info, "windows-per-line", 1000, 1, 1u << 30);
    interrupt_set_handler(GENERAL_PROTECTION, on_refusal);
    interrupt_set_handler(INVALID_OPCODE, on_refusal);
    view_call(CALL_REPORT, (uint64_t)&report, 0, 0, 0);
    int64_t view = view_call(CALL_WINDOW, (uint64_t)gate_code, 1, (uint64_t)secret, 1);
    if (view < 0) {
        console_text("error the hypervisor gives no window\n");
        guest_exit(WINDOW_REFUSED);
    }
    timer_start(info->tsc_hz / ticks_per_second);
    interrupts_on();
    uint64_t kind = 0;
    for (;;) {
        gate_enter(secret, rounds, (uint64_t)view);
        report.windows++;
        for (volatile uint64_t i = 0; i < between; i++)
            ;
        if (windows_per_attempt && report.windows % windows_per_attempt == 0) {
            report.attempts++;
            if (attempt(kind++, (uint64_t)view))
                report.leaked++;
            else
                report.refused++;
        }
        if (report.windows % lines == 0)
            print_numbered_line(report.windows / lines, report.windows << 32);
    }
}
