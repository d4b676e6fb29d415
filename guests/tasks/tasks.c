/*
 * Tasks that compute and take turns, as on an operating system whose threads have segments of their
 * own: each turn begins with three writes to the GDT, a segment load that marks one of them accessed,
 * and a load of CR3. Once, if it is told so, it attacks its own descriptor tables.
 */
#include "attack.h"
#include "console.h"
#include "cpu.h"
#include "line.h"
#include "parameter.h"
#include "random.h"
#include "tables.h"
#include "timer.h"

enum { TASKS_MAX = 16, PAGE_BYTES = 4096, PAGE_WORDS = PAGE_BYTES / 8, WORDS_PER_POLL = 128 };
enum { TASK_PAGES = 16, TASK_WORDS = TASK_PAGES * PAGE_WORDS };

struct task {
    uint64_t root, state, at;
    uint64_t *words;
};

int guest_main(const struct boot_info *info);

static struct task tasks[TASKS_MAX];
static uint64_t roots[TASKS_MAX][PAGE_WORDS] __attribute__((aligned(PAGE_BYTES)));

static void compute(struct task *task)
{
    for (unsigned i = 0; i < WORDS_PER_POLL; i++) {
        task->at = (task->at + 1) % TASK_WORDS;
        task->state = mix(task->state ^ task->words[task->at]);
        task->words[task->at] = task->state;
    }
}

static void load_cr3(uint64_t root)
{
    __asm__ volatile("mov %0, %%cr3" : : "r"(root) : "memory");
}

static void attack_now(enum attack attack)
{
    int won = attack_run(attack);
    console_text(won ? "the attacker's handler ran\n" : "the guest's own handler ran\n");
}

int guest_main(const struct boot_info *info)
{
    guest_begin(info);
    uint64_t count = parameter_between(info, "tasks", 4, 1, TASKS_MAX);
    if (count * TASK_PAGES > free_pages(info)) {
        console_text("error tasks do not fit into memory\n");
        guest_exit(BAD_PARAMETER);
    }
    uint64_t per_second = parameter_between(info, "switches-per-second", 100, 1, 100000);
    uint64_t attack = parameter_between(info, "attack", ATTACK_NONE, 0, ATTACKS - 1);
    uint64_t attack_at =
        parameter_between(info, "attack-ms", 300, 0, 1000000) * (info->tsc_hz / 1000);
    uint64_t lines_per_second = parameter_between(info, "lines-per-second", 1, 0, 10000);
    uint64_t *memory = (uint64_t *)info->free_memory;
    uint64_t between_lines = lines_per_second ? info->tsc_hz / lines_per_second : 0;

    attack_prepare();
    tables_init();
    for (uint64_t t = 0; t < count; t++) {
        tasks[t] = (struct task){
            .root = tables_clone_root(roots[t]), .state = t, .words = memory + t * TASK_WORDS};
    }
    timer_start(info->tsc_hz / per_second);

    uint64_t next_line = between_lines;
    uint64_t line = 0;
    for (uint64_t turn = 0;; turn++) {
        struct task *task = &tasks[turn % count];
        tables_set_thread(turn);
        load_cr3(task->root);
        uint64_t end = rdtsc() + info->tsc_hz / per_second;
        while (rdtsc() < end)
            compute(task);
        if (!tables_hold_thread(turn)) {
            console_text("error thread slots of the GDT changed\n");
            guest_exit(MEMORY_WRONG);
        }
        if (attack != ATTACK_NONE && rdtsc() >= attack_at) {
            attack_now((enum attack)attack);
            attack = ATTACK_NONE;
        }
        if (between_lines && rdtsc() >= next_line) {
            print_numbered_line(++line, task->state);
            next_line += between_lines;
        }
    }
}
