#include "timer.h"

#include "cpu.h"
#include "interrupts.h"

enum { TIMER_VECTOR = 0x40, SPURIOUS_VECTOR = 0xff };
enum {
    MSR_TSC_DEADLINE = 0x6e0,
    MSR_X2APIC_TPR = 0x808,
    MSR_X2APIC_EOI = 0x80b,
    MSR_X2APIC_SPURIOUS = 0x80f,
    MSR_X2APIC_LVT_TIMER = 0x832,
};
enum { APIC_ENABLE = 1 << 8, TSC_DEADLINE_MODE = 2 << 17 };

static volatile uint64_t ticks;
static uint64_t deadline;
static uint64_t period;

static void on_tick(struct interrupt_frame *frame)
{
    (void)frame;
    ticks++;
    deadline += period;
    wrmsr(MSR_TSC_DEADLINE, deadline);
    wrmsr(MSR_X2APIC_EOI, 0);
}

static void on_spurious(struct interrupt_frame *frame)
{
    (void)frame;
}

void timer_start(uint64_t ticks_between)
{
    period = ticks_between;
    interrupt_set_handler(TIMER_VECTOR, on_tick);
    interrupt_set_handler(SPURIOUS_VECTOR, on_spurious);
    wrmsr(MSR_X2APIC_SPURIOUS, APIC_ENABLE | SPURIOUS_VECTOR);
    wrmsr(MSR_X2APIC_TPR, 0);
    wrmsr(MSR_X2APIC_LVT_TIMER, TSC_DEADLINE_MODE | TIMER_VECTOR);
    deadline = rdtsc() + period;
    wrmsr(MSR_TSC_DEADLINE, deadline);
}

uint64_t timer_wait(uint64_t seen)
{
    interrupts_off();
    while (ticks <= seen) {
        wait_for_interrupt();
        interrupts_off();
    }
    uint64_t now = ticks;
    interrupts_on();
    return now;
}
