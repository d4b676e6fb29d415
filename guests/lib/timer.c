#include "timer.h"

#include "apic_registers.h"
#include "cpu.h"
#include "interrupts.h"

enum { TIMER_VECTOR = 0x40, MSR_TSC_DEADLINE = 0x6e0 };

static volatile uint64_t ticks;
static uint64_t deadline;
static uint64_t period;

static void on_tick(struct interrupt_frame *frame)
{
    (void)frame;
    ticks++;
    deadline += period;
    wrmsr(MSR_TSC_DEADLINE, deadline);
    wrmsr(MSR_X2APIC + APIC_EOI, 0);
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
    wrmsr(MSR_X2APIC + APIC_SPURIOUS, APIC_ENABLE);
    wrmsr(MSR_X2APIC + APIC_TPR, 0);
    wrmsr(MSR_X2APIC + APIC_LVT_TIMER, TIMER_TSC_DEADLINE | TIMER_VECTOR);
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
