/* Calls to a hypervisor that has EPT views, and VMFUNC; docs/formats/view-calls.md. */
#pragma once
#include <stdint.h>

enum { VIEW_OUTSIDE = 0, VIEW_SECOND = 1 };
enum { CALL_WINDOW = 1, CALL_REPORT, CALL_RECEIVE, CALL_SEND, CALL_MAP, CALL_UNMAP };
enum { CALL_TRY_AGAIN = -4 };

static inline int64_t view_call(uint64_t number, uint64_t rdi, uint64_t rsi, uint64_t rdx,
                                uint64_t rcx)
{
    int64_t result;
    __asm__ volatile("vmcall"
                     : "=a"(result)
                     : "a"(number), "D"(rdi), "S"(rsi), "d"(rdx), "c"(rcx)
                     : "memory");
    return result;
}

/* Goes to a view of the processor's list; no exit, at any CPL. */
static inline void view_switch(uint32_t index)
{
    __asm__ volatile("vmfunc" : : "a"(0), "c"(index) : "memory");
}
