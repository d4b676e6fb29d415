/*
 * Interrupts of every kind between two processors, each counted once and in order: a timer of each,
 * a device that raises one interrupt for each number it counts, messages between the processors,
 * and messages to itself that the task priority holds back. Whoever loses, doubles or reorders one
 * is found out by the guest itself. Without a second processor, or without the device, it does with
 * what there is.
 */
#include "apic.h"
#include "console.h"
#include "cpu.h"
#include "descriptors.h"
#include "interrupts.h"
#include "line.h"
#include "parameter.h"

enum {
    SELF_VECTOR = 0x31,
    TIMER0_VECTOR = 0x41,
    TIMER1_VECTOR = 0x42,
    EDGE_VECTOR = 0x51,
    LEVEL_VECTOR = 0x61,
    TO_SECOND_VECTOR = 0x71,
    TO_FIRST_VECTOR = 0x72,
};
enum { TPR_ABOVE_SELF = 0x40 };
enum { DEVICE = 0x540, DEVICE_CHANNEL = 16, DEVICE_REPORT = 0x560 };
#define DEVICE_MAGIC 0x534c5550u /* "PULS" */
enum { SECOND_PAGE = 8, ALIVE_WAIT = 100000, SELF_WAIT = 16 };
enum { ERROR_STATUS = 4 };

/* The host reads it; GuestReport in the hypervisor has the same order. */
struct report {
    uint64_t magic;
    uint64_t errors, rounds, timer0, timer1, to_second, to_first, edge, level, self, tpr_sections;
};
static volatile struct report report = {.magic = 0x5354505552524549ull};

struct mailbox {
    uint64_t produced, consumed;
};
static volatile struct mailbox mailbox[2];

struct table_pointer gdt_pointer, idt_pointer;

extern const char second_entry_page[], second_entry_page_end[];
int guest_main(const struct boot_info *info);
_Noreturn void second_main(void);

static uint64_t timer_period;
static uint64_t late_limit;
static volatile uint64_t timer0_deadline;
static volatile int timer0_armed;
static volatile uint64_t timer1_start;
static volatile uint64_t sent_to_second, sent_to_first;
static volatile int must_answer;
static volatile int second_alive;
static volatile int is_held_back;

static void error(void)
{
    __atomic_add_fetch(&report.errors, 1, __ATOMIC_SEQ_CST);
}

static void work(unsigned steps)
{
    uint64_t x = 0x9e3779b97f4a7c15ull;
    for (unsigned i = 0; i < steps; i++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        __asm__ volatile("" : "+r"(x)); /* nobody wants the result, but the time must pass */
    }
}

static void end_of_interrupt(void)
{
    apic_write(APIC_EOI, 0);
}

static void check_in_service(uint8_t vector)
{
    if (!(apic_read(APIC_ISR + vector / 32) >> vector % 32 & 1))
        error();
}

/* One-shot: must not come unless it was armed. */
static void on_timer0(struct interrupt_frame *frame)
{
    (void)frame;
    if (!timer0_armed || rdtsc() < timer0_deadline)
        error();
    report.timer0++;
    if (report.timer0 % 4 == 0 && apic_read(APIC_CURRENT_COUNT) != 0)
        error();
    timer0_deadline = rdtsc() + timer_period;
    apic_write(APIC_INITIAL_COUNT, (uint32_t)timer_period);
    end_of_interrupt();
}

/* Periodic: never more ticks than periods have passed, and never two fewer. */
static void on_timer1(struct interrupt_frame *frame)
{
    (void)frame;
    report.timer1++;
    uint64_t periods = (rdtsc() - timer1_start) / timer_period;
    if (report.timer1 > periods || report.timer1 + 2 < periods)
        error();
    end_of_interrupt();
}

static void take(volatile struct mailbox *from, volatile uint64_t *count)
{
    uint64_t number = from->produced;
    if (number != *count + 1)
        error();
    *count = number;
    from->consumed = number;
}

/* Lets others in before its end. */
static void on_edge(struct interrupt_frame *frame)
{
    (void)frame;
    take(&mailbox[0], &report.edge);
    interrupts_on();
    work(10);
    interrupts_off();
    end_of_interrupt();
}

static void on_level(struct interrupt_frame *frame)
{
    (void)frame;
    take(&mailbox[1], &report.level);
    end_of_interrupt();
}

static void receive(volatile uint64_t *sent, volatile uint64_t *count, uint8_t vector)
{
    if (*sent != *count + 1)
        error();
    *count = *sent;
    if (*count % 8 == 0)
        check_in_service(vector);
}

static void on_message_to_second(struct interrupt_frame *frame)
{
    (void)frame;
    receive(&sent_to_second, &report.to_second, TO_SECOND_VECTOR);
    must_answer = 1;
    end_of_interrupt();
}

static void on_message_to_first(struct interrupt_frame *frame)
{
    (void)frame;
    receive(&sent_to_first, &report.to_first, TO_FIRST_VECTOR);
    end_of_interrupt();
}

static void on_self(struct interrupt_frame *frame)
{
    (void)frame;
    if (is_held_back)
        error();
    report.self++;
    end_of_interrupt();
}

static void on_spurious(struct interrupt_frame *frame)
{
    (void)frame;
    error();
}

static void set_priority(int by_cr8, unsigned value)
{
    if (by_cr8)
        write_cr8(value >> 4);
    else
        apic_write(APIC_TPR, value);
}

/* A message to itself must wait as long as the priority is above it, and come right after. */
static void priority_section(int by_cr8)
{
    set_priority(by_cr8, TPR_ABOVE_SELF);
    is_held_back = 1;
    uint64_t before = report.self;
    apic_send_self(SELF_VECTOR);
    work(20);
    if (report.self != before)
        error();
    is_held_back = 0;
    set_priority(by_cr8, 0);
    for (unsigned i = 0; i < SELF_WAIT && report.self == before; i++) {
    }
    if (report.self != before + 1)
        error();
    report.tpr_sections++;
}

/* Sends the next number unless the last is still under way; one that is for long is lost. */
static void send(unsigned destination, uint8_t vector, volatile uint64_t *sent,
                 volatile uint64_t *received, uint64_t *sent_at)
{
    if (*sent == *received) {
        *sent_at = rdtsc();
        ++*sent;
        apic_send(destination, vector);
    } else if (rdtsc() - *sent_at > late_limit) {
        error();
    }
}

_Noreturn void second_main(void)
{
    uint64_t sent_at = 0;
    apic_enable();
    if (apic_id() != 1)
        error();
    apic_write(APIC_LVT_TIMER, TIMER_PERIODIC | TIMER1_VECTOR);
    timer1_start = rdtsc();
    apic_write(APIC_INITIAL_COUNT, (uint32_t)timer_period);
    second_alive = 1;
    for (uint64_t answers = 0, idle = 0;;) {
        interrupts_off();
        if (!must_answer && ++idle % 8 == 0) {
            wait_for_interrupt();
            continue;
        }
        if (!must_answer) {
            interrupts_on();
            work(50);
            continue;
        }
        must_answer = 0;
        interrupts_on();
        work(100);
        if (++answers % 2 == 0)
            send(0, TO_FIRST_VECTOR, &sent_to_first, &report.to_first, &sent_at);
    }
}

static void start_second(void)
{
    char *page = (char *)(uint64_t)(SECOND_PAGE << 12);
    for (const char *from = second_entry_page; from < second_entry_page_end; from++)
        *page++ = *from;
    __asm__ volatile("sgdt %0" : "=m"(gdt_pointer));
    __asm__ volatile("sidt %0" : "=m"(idt_pointer));
    apic_start(1, SECOND_PAGE);
    for (unsigned i = 0; i < ALIVE_WAIT && !second_alive; i++) {
    }
}

static void start_device(uint64_t period_ns)
{
    static const uint8_t vectors[] = {EDGE_VECTOR, LEVEL_VECTOR};
    outl(DEVICE_REPORT, (uint32_t)(uint64_t)&report);
    for (unsigned channel = 0; channel < 2; channel++) {
        uint16_t port = (uint16_t)(DEVICE + DEVICE_CHANNEL * channel);
        if (inl(port) != DEVICE_MAGIC || (channel == 1 && !second_alive))
            continue;
        outl(port, (uint32_t)(uint64_t)&mailbox[channel]);
        outl(port + 8, vectors[channel]);
        outl(port + 4, (uint32_t)(period_ns + channel * period_ns / 4));
    }
}

static void set_handlers(void)
{
    interrupt_set_handler(SELF_VECTOR, on_self);
    interrupt_set_handler(TIMER0_VECTOR, on_timer0);
    interrupt_set_handler(TIMER1_VECTOR, on_timer1);
    interrupt_set_handler(EDGE_VECTOR, on_edge);
    interrupt_set_handler(LEVEL_VECTOR, on_level);
    interrupt_set_handler(TO_SECOND_VECTOR, on_message_to_second);
    interrupt_set_handler(TO_FIRST_VECTOR, on_message_to_first);
    interrupt_set_handler(SPURIOUS_VECTOR, on_spurious);
}

static void check_errors(void)
{
    if (report.errors == 0)
        return;
    interrupts_off();
    console_text("error ");
    console_decimal(report.errors);
    console_text(" interrupts were lost, doubled or out of order; round ");
    console_decimal(report.rounds);
    console_text("\n");
    guest_exit(ERROR_STATUS);
}

int guest_main(const struct boot_info *info)
{
    guest_begin(info);
    uint64_t limit = boot_parameter(info, "round-limit", 0);
    uint64_t per_line = parameter_between(info, "rounds-per-line", 10000, 1, 1u << 30);
    uint64_t us = info->tsc_hz / 1000000;
    timer_period = us * parameter_between(info, "timer-us", 100, 20, 100000);
    uint64_t device_us = parameter_between(info, "device-us", 60, 20, 100000);
    late_limit = info->tsc_hz / 100;
    uint64_t sent_at = 0;

    set_handlers();
    apic_begin();
    apic_enable();
    start_second();
    start_device(1000 * device_us);
    apic_write(APIC_LVT_TIMER, TIMER0_VECTOR);
    timer0_armed = 1;
    timer0_deadline = rdtsc() + timer_period;
    apic_write(APIC_INITIAL_COUNT, (uint32_t)timer_period);
    interrupts_on();
    while (limit == 0 || report.rounds < limit) {
        work(100);
        priority_section(report.rounds % 4 == 3);
        if (second_alive)
            send(1, TO_SECOND_VECTOR, &sent_to_second, &report.to_second, &sent_at);
        if (report.rounds % 4 == 0 && apic_id() != 0)
            error();
        if (report.rounds % 8 == 0 && apic_read(APIC_PPR) != 0)
            error();
        if (report.rounds % 4 == 0)
            wait_for_interrupt();
        if (rdtsc() > timer0_deadline + late_limit)
            error();
        check_errors();
        report.rounds++;
        if (report.rounds % per_line == 0)
            print_numbered_line(report.rounds / per_line, report.timer0 << 32);
    }
    check_errors();
    return 0;
}
