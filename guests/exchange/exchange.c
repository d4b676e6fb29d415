/*
 * One of two machines that exchange packets. Both send and receive as fast as they can, verify what
 * they receive, and differ only in how a packet gets to the other side: through a buffer that only
 * the sharing view shows, by a hypercall that copies, or by a page that a hypercall maps.
 */
#include "boot_info.h"
#include "console.h"
#include "cpu.h"
#include "parameter.h"
#include "random.h"
#include "views.h"

enum { PAGE_BYTES = 4096, WORDS = PAGE_BYTES / 8, SLOTS_MAX = 64 };
enum { METHOD_VIEW, METHOD_COPY, METHOD_GRANT };
enum { WAITS_BEFORE_RETRY = 20000 };
#define SHARED_BASE 0xc0000000ull /* where pages shared with another machine are */

/* What the hypervisor reads; its order is part of docs/formats/view-calls.md. */
struct report {
    uint64_t sent, received, corrupt, bytes;
    uint64_t switches; /* of views, for packets that went through */
    uint64_t waits;    /* rounds in which neither way had anything to do */
    uint64_t rest[10];
};

/* The control page: of each direction, how many packets were written and read. */
struct direction {
    volatile uint64_t written;
    uint64_t pad0[7];
    volatile uint64_t read;
    uint64_t pad1[7];
};

struct copy_ring {
    volatile uint64_t written, read;
    uint64_t pad[6];
    volatile uint64_t length[SLOTS_MAX];
    uint64_t rest[WORDS - 8 - SLOTS_MAX];
    uint64_t slot[SLOTS_MAX][WORDS];
};

int guest_main(const struct boot_info *info);

static struct report report __attribute__((aligned(PAGE_BYTES)));
static uint64_t directory[WORDS] __attribute__((aligned(PAGE_BYTES)));
static uint64_t outgoing[WORDS] __attribute__((aligned(PAGE_BYTES)));
static struct copy_ring ring __attribute__((aligned(PAGE_BYTES)));
static uint64_t method, role, slots, packet_words;

/* The loader maps memory only: the shared pages get a 2 MiB page of their own. */
static void map_shared(void)
{
    volatile uint64_t *root = (volatile uint64_t *)(read_cr3() & ~0xfffull);
    volatile uint64_t *pointers = (volatile uint64_t *)(root[0] & ~0xfffull);
    directory[0] = SHARED_BASE | 0x83;
    pointers[3] = (uint64_t)directory | 3;
}

static struct direction *direction(uint64_t from)
{
    return (struct direction *)SHARED_BASE + from;
}

static uint64_t *slot_of(uint64_t from, uint64_t number)
{
    return (uint64_t *)(SHARED_BASE + (1 + from * slots + number % slots) * PAGE_BYTES);
}

static void fill(uint64_t *packet, uint64_t from, uint64_t number)
{
    uint64_t value = mix(number * 2 + from);
    packet[0] = number;
    for (uint64_t i = 1; i < packet_words; i++)
        packet[i] = value += 0x9e3779b97f4a7c15ull;
}

static void verify(const uint64_t *packet, uint64_t from, uint64_t number)
{
    uint64_t value = mix(number * 2 + from);
    uint64_t wrong = packet[0] ^ number;
    for (uint64_t i = 1; i < packet_words; i++)
        wrong |= packet[i] ^ (value += 0x9e3779b97f4a7c15ull);
    report.corrupt += wrong != 0;
    report.received++;
    report.bytes += packet_words * 8;
}

static void enter(void)
{
    if (method == METHOD_VIEW)
        view_switch(VIEW_SECOND);
}

static void leave(int did)
{
    if (method == METHOD_VIEW) {
        view_switch(VIEW_OUTSIDE);
        report.switches += did ? 2 : 0;
    }
}

/* By buffer and by grant the control page says how far both sides are. */
static int send_shared(void)
{
    enter();
    struct direction *to = direction(role);
    int has_room = to->written - to->read < slots;
    if (has_room) {
        fill(slot_of(role, report.sent), role, report.sent);
        to->written = report.sent + 1;
    }
    leave(has_room);
    report.sent += (uint64_t)has_room;
    return has_room;
}

static int receive_shared(void)
{
    uint64_t from = 1 - role;
    enter();
    struct direction *peer = direction(from);
    int is_waiting = peer->written != report.received;
    if (is_waiting) {
        uint64_t number = report.received;
        if (method == METHOD_GRANT)
            view_call(CALL_MAP, number % slots, 0, 0, 0);
        verify(slot_of(from, number), from, number);
        if (method == METHOD_GRANT)
            view_call(CALL_UNMAP, number % slots, 0, 0, 0);
        peer->read = report.received;
    }
    leave(is_waiting);
    return is_waiting;
}

static int has_outgoing;
static uint64_t retry_received, retry_waits;

/* A full ring is not asked again before the other side has shown that it runs. */
static int send_copy(void)
{
    if (report.received < retry_received && report.waits < retry_waits)
        return 0;
    if (!has_outgoing)
        fill(outgoing, role, report.sent);
    has_outgoing = 1;
    if (view_call(CALL_SEND, (uint64_t)outgoing, packet_words * 8, 0, 0) != 0) {
        retry_received = report.received + 1;
        retry_waits = report.waits + WAITS_BEFORE_RETRY;
        return 0;
    }
    has_outgoing = 0;
    report.sent++;
    return 1;
}

static int receive_copy(void)
{
    if (ring.written == ring.read)
        return 0;
    verify(ring.slot[ring.read % slots], 1 - role, report.received);
    ring.read++;
    return 1;
}

int guest_main(const struct boot_info *info)
{
    guest_begin(info);
    method = parameter_between(info, "method", METHOD_VIEW, METHOD_VIEW, METHOD_GRANT);
    role = parameter_between(info, "role", 0, 0, 1);
    slots = parameter_between(info, "slots", 32, 1, SLOTS_MAX);
    packet_words = parameter_between(info, "packet-bytes", 2048, 64, PAGE_BYTES) / 8;
    view_call(CALL_REPORT, (uint64_t)&report, 0, 0, 0);
    if (method == METHOD_COPY)
        view_call(CALL_RECEIVE, (uint64_t)&ring, 0, 0, 0);
    else
        map_shared();
    for (;;) {
        int did = method == METHOD_COPY ? send_copy() : send_shared();
        did |= method == METHOD_COPY ? receive_copy() : receive_shared();
        if (!did) {
            report.waits++;
            __asm__ volatile("pause");
        }
    }
}
