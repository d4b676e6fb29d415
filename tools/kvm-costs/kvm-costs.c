/*
 * Measures prices of the cost model through a real /dev/kvm and writes a costs file: reads one from
 * standard input, replaces the lines that it can measure, writes it to standard output.
 *
 *     understudy report --print-costs | ./kvm-costs > my-costs.txt
 *     understudy report --costs my-costs.txt
 *
 * A virtual machine with one virtual CPU in 64-bit mode and one memory slot of 4 KiB pages under
 * KVM's dirty log. What is measured, each as minimum, median and maximum of the rounds:
 *
 *   exit           a loop of CPUID: each exits, and KVM answers in the kernel
 *   first write    a write to each page of the slot after the log was re-armed, less the same writes
 *                  when all pages are dirty already. With page-modification logging this is the
 *                  assist with its share of full logs; without, an EPT violation.
 *   re-arm         KVM_GET_DIRTY_LOG with all pages dirty, less the same with none, for each page
 *   page-copy      memcpy of pages in random order
 *
 * Run by hand on bare metal and an idle host; in a virtual machine the figures are those of nested
 * virtualization. Exit status: 0 done, 1 a call failed, 2 usage, 3 there is no usable /dev/kvm.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { PAGE = 4096, ROUNDS = 21, CPUIDS = 200000, COPIES = 20000, TEXT_MAX = 256 };
enum { SLOT_PAGES = 32768, LOW_BYTES = 2 << 20, LINE_MAX_BYTES = 1024 };
enum { PML4 = 0x1000, PDPT = 0x2000, DIRECTORY = 0x3000, CODE = 0x10000, CPUID_CODE = 0x11000 };
#define SLOT_START (16ull << 20)

struct range {
    double low, typical, high;
};

struct machine {
    int kvm, vm, cpu;
    uint8_t *low, *slot;
    struct kvm_run *run;
    uint64_t *bitmap;
};

/* Bytes of: 1: movb $1,(%rdi); add $4096,%rdi; dec %rcx; jnz 1b; hlt */
static const uint8_t write_loop[] = {0xc6, 0x07, 0x01, 0x48, 0x81, 0xc7, 0x00, 0x10,
                                     0x00, 0x00, 0x48, 0xff, 0xc9, 0x75, 0xf1, 0xf4};

/* Bytes of: 1: xor %eax,%eax; cpuid; dec %r8; jnz 1b; hlt */
static const uint8_t cpuid_loop[] = {0x31, 0xc0, 0x0f, 0xa2, 0x49, 0xff, 0xc8, 0x75, 0xf7, 0xf4};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "kvm-costs: %s: %s\n", what, strerror(errno));
    exit(1);
}

static double now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static struct range range_of(double *values)
{
    qsort(values, ROUNDS, sizeof *values, ascending);
    double low = values[0] < 0 ? 0 : values[0];
    double typical = values[ROUNDS / 2] < low ? low : values[ROUNDS / 2];
    double high = values[ROUNDS - 1] < typical ? typical : values[ROUNDS - 1];
    return (struct range){low, typical, high};
}

static uint8_t *pages(size_t bytes)
{
    uint8_t *at = mmap(0, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        fail("memory");
    madvise(at, bytes, MADV_NOHUGEPAGE); /* the slot must be mapped in 4 KiB pages */
    memset(at, 0, bytes);
    return at;
}

static void add_slot(const struct machine *m, uint32_t slot, uint64_t at, uint8_t *memory,
                     uint64_t bytes, uint32_t flags)
{
    struct kvm_userspace_memory_region region = {
        .slot = slot,
        .flags = flags,
        .guest_phys_addr = at,
        .memory_size = bytes,
        .userspace_addr = (uint64_t)memory,
    };
    if (ioctl(m->vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
        fail("KVM_SET_USER_MEMORY_REGION");
}

/* 64-bit mode, 1 GiB mapped one to one by 2 MiB pages of the guest. */
static void set_up_cpu(const struct machine *m)
{
    uint64_t *pml4 = (uint64_t *)(m->low + PML4);
    uint64_t *pdpt = (uint64_t *)(m->low + PDPT);
    uint64_t *directory = (uint64_t *)(m->low + DIRECTORY);
    pml4[0] = PDPT | 3;
    pdpt[0] = DIRECTORY | 3;
    for (uint64_t i = 0; i < 512; i++)
        directory[i] = i << 21 | 0x83;
    memcpy(m->low + CODE, write_loop, sizeof write_loop);
    memcpy(m->low + CPUID_CODE, cpuid_loop, sizeof cpuid_loop);

    struct kvm_sregs s;
    if (ioctl(m->cpu, KVM_GET_SREGS, &s) < 0)
        fail("KVM_GET_SREGS");
    struct kvm_segment code = {
        .limit = 0xffffffff, .selector = 8, .type = 11, .present = 1, .s = 1, .l = 1, .g = 1};
    struct kvm_segment data = {
        .limit = 0xffffffff, .selector = 16, .type = 3, .present = 1, .s = 1, .db = 1, .g = 1};
    s.cs = code;
    s.ds = s.es = s.fs = s.gs = s.ss = data;
    s.cr3 = PML4;
    s.cr4 = 1 << 5;
    s.efer = 1 << 8 | 1 << 10;
    s.cr0 = 0x80000011;
    if (ioctl(m->cpu, KVM_SET_SREGS, &s) < 0)
        fail("KVM_SET_SREGS");
}

static void open_machine(struct machine *m)
{
    m->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
    if (m->kvm < 0) {
        fprintf(stderr, "kvm-costs: /dev/kvm: %s\n", strerror(errno));
        exit(3);
    }
    if (ioctl(m->kvm, KVM_GET_API_VERSION, 0) != KVM_API_VERSION)
        fail("another version of the KVM interface");
    m->vm = ioctl(m->kvm, KVM_CREATE_VM, 0);
    if (m->vm < 0)
        fail("KVM_CREATE_VM");
    if (ioctl(m->vm, KVM_SET_TSS_ADDR, 0xfffbd000) < 0)
        fail("KVM_SET_TSS_ADDR");
    m->low = pages(LOW_BYTES);
    m->slot = pages((size_t)SLOT_PAGES * PAGE);
    add_slot(m, 0, 0, m->low, LOW_BYTES, 0);
    add_slot(m, 1, SLOT_START, m->slot, (uint64_t)SLOT_PAGES * PAGE, KVM_MEM_LOG_DIRTY_PAGES);
    m->bitmap = calloc(SLOT_PAGES / 64, sizeof *m->bitmap);
    m->cpu = ioctl(m->vm, KVM_CREATE_VCPU, 0);
    if (m->cpu < 0 || !m->bitmap)
        fail("KVM_CREATE_VCPU");
    int bytes = ioctl(m->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
    if (bytes < 0)
        fail("KVM_GET_VCPU_MMAP_SIZE");
    m->run = mmap(0, (size_t)bytes, PROT_READ | PROT_WRITE, MAP_SHARED, m->cpu, 0);
    if (m->run == MAP_FAILED)
        fail("the vCPU's shared page");
    set_up_cpu(m);
}

/* Runs until HLT and returns how long that took. */
static double run_ns(const struct machine *m, uint64_t rip, uint64_t count)
{
    struct kvm_regs regs = {.rip = rip, .rflags = 2, .rcx = count, .r8 = count, .rdi = SLOT_START};
    if (ioctl(m->cpu, KVM_SET_REGS, &regs) < 0)
        fail("KVM_SET_REGS");
    double began = now_ns();
    do {
        if (ioctl(m->cpu, KVM_RUN, 0) < 0 && errno != EINTR)
            fail("KVM_RUN");
    } while (m->run->exit_reason == KVM_EXIT_INTR);
    double took = now_ns() - began;
    if (m->run->exit_reason != KVM_EXIT_HLT) {
        fprintf(stderr, "kvm-costs: the guest stopped with exit reason %u\n", m->run->exit_reason);
        exit(1);
    }
    return took;
}

/* Reads and re-arms the dirty log; returns how long that took. */
static double rearm_ns(const struct machine *m, unsigned expected)
{
    struct kvm_dirty_log log = {.slot = 1, .dirty_bitmap = m->bitmap};
    double began = now_ns();
    if (ioctl(m->vm, KVM_GET_DIRTY_LOG, &log) < 0)
        fail("KVM_GET_DIRTY_LOG");
    double took = now_ns() - began;
    unsigned dirty = 0;
    for (unsigned i = 0; i < SLOT_PAGES / 64; i++)
        dirty += (unsigned)__builtin_popcountll(m->bitmap[i]);
    if (dirty != expected) {
        fprintf(stderr, "kvm-costs: %u pages are dirty instead of %u\n", dirty, expected);
        exit(1);
    }
    return took;
}

static struct range measure_exit(const struct machine *m)
{
    double ns[ROUNDS];
    run_ns(m, CPUID_CODE, CPUIDS);
    for (int i = 0; i < ROUNDS; i++)
        ns[i] = run_ns(m, CPUID_CODE, CPUIDS) / CPUIDS;
    return range_of(ns);
}

static void measure_log(const struct machine *m, struct range *write, struct range *rearm)
{
    double write_ns[ROUNDS], rearm_each_ns[ROUNDS];
    run_ns(m, CODE, SLOT_PAGES); /* maps the slot */
    rearm_ns(m, SLOT_PAGES);
    for (int i = 0; i < ROUNDS; i++) {
        double first = run_ns(m, CODE, SLOT_PAGES);
        double again = run_ns(m, CODE, SLOT_PAGES);
        double full = rearm_ns(m, SLOT_PAGES);
        double empty = rearm_ns(m, 0);
        write_ns[i] = (first - again) / SLOT_PAGES;
        rearm_each_ns[i] = (full - empty) / SLOT_PAGES;
    }
    *write = range_of(write_ns);
    *rearm = range_of(rearm_each_ns);
}

static struct range measure_copy(uint8_t *source)
{
    double ns[ROUNDS];
    uint8_t *target = pages((size_t)COPIES * PAGE);
    uint64_t random = 1;
    for (int i = 0; i < ROUNDS; i++) {
        double began = now_ns();
        for (int p = 0; p < COPIES; p++) {
            random = random * 6364136223846793005ull + 1442695040888963407ull;
            memcpy(target + (size_t)p * PAGE, source + (random >> 33) % SLOT_PAGES * PAGE, PAGE);
        }
        ns[i] = (now_ns() - began) / COPIES;
    }
    return range_of(ns);
}

/* Whether KVM here runs guests by VMX or SVM, and not by software of its own. */
static int is_hardware(void)
{
    return access("/sys/module/kvm_intel", F_OK) == 0 || access("/sys/module/kvm_amd", F_OK) == 0;
}

static int has_pml(void)
{
    FILE *f = fopen("/sys/module/kvm_intel/parameters/pml", "r");
    int c = f ? fgetc(f) : 'N';
    if (f)
        fclose(f);
    return c == 'Y' || c == '1';
}

static void cpu_name(char *name)
{
    char line[TEXT_MAX];
    FILE *f = fopen("/proc/cpuinfo", "r");
    strcpy(name, "unknown processor");
    while (f && fgets(line, sizeof line, f)) {
        char *value = strchr(line, ':');
        if (value && strncmp(line, "model name", 10) == 0) {
            line[strcspn(line, "\n|")] = 0;
            snprintf(name, TEXT_MAX, "%s", value + 2);
            break;
        }
    }
    if (f)
        fclose(f);
}

/* Whether the line is that of a parameter. */
static int is_parameter(const char *line, const char *name)
{
    size_t length = strlen(name);
    return strncmp(line, name, length) == 0 && (line[length] == ' ' || line[length] == '|');
}

static int replace(const char *line, const char *name, struct range ns, const char *cpu,
                   const char *how)
{
    if (!is_parameter(line, name))
        return 0;
    if (ns.typical <= 0) {
        fprintf(stderr, "kvm-costs: %s drowned in noise and stays as it was\n", name);
        return 0;
    }
    printf("%s | %.2f | %.2f | %.2f | ns | %s | measured by kvm-costs: %s\n", name, ns.low,
           ns.typical, ns.high, cpu, how);
    return 1;
}

int main(void)
{
    if (isatty(0)) {
        fprintf(stderr, "usage: understudy report --print-costs | kvm-costs > FILE\n");
        return 2;
    }
    if (!is_hardware()) {
        fprintf(stderr, "kvm-costs: KVM of this host uses neither VMX nor SVM: its figures would"
                        " say nothing about them\n");
        return 3;
    }
    struct machine m;
    struct range write, rearm;
    char cpu[TEXT_MAX], line[LINE_MAX_BYTES];
    cpu_name(cpu);
    open_machine(&m);
    struct range round_trip = measure_exit(&m);
    measure_log(&m, &write, &rearm);
    struct range copy = measure_copy(m.slot);
    int pml = has_pml();
    fprintf(stderr, "exit %.0f ns, first write %.0f ns (%s), re-arm %.1f ns, copy %.0f ns\n",
            round_trip.typical, write.typical, pml ? "page-modification log" : "EPT violation",
            rearm.typical, copy.typical);
    while (fgets(line, sizeof line, stdin)) {
        if (!replace(line, "exit", round_trip, cpu, "CPUID") &&
            !replace(line, pml ? "ad-assist" : "ept-violation", write, cpu,
                     pml ? "first write under PML, with its share of full logs" : "first write") &&
            !replace(line, "entry-clear", rearm, cpu, "KVM_GET_DIRTY_LOG for each dirty page") &&
            !replace(line, "page-copy", copy, cpu, "memcpy of random pages"))
            fputs(line, stdout);
    }
    return 0;
}
