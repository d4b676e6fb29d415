package io.understudy.hypervisor.guard;

import java.util.List;

/**
 * One access to a descriptor table or its register.
 *
 * @param number from 1
 * @param virtualNs when, in virtual time; of what was found later, when it was found
 * @param instruction guest instructions retired until then
 * @param rip the instruction; of what was found later, where the guest was
 * @param operand as {@code [rbx+rcx*4+0x10]} or {@code rax}; empty if there is none
 * @param linear linear address of a memory operand or of what was written, else -1
 * @param before the register's content before, or the pages behind the table; empty if none matters
 * @param after the same afterwards
 * @param changes content that changed, entry by entry; of a table that moved, what differs
 * @param sinceVirtualNs how long before at most it happened, in virtual time; 0 if now
 */
public record GuardEvent(
        long number,
        long virtualNs,
        long instruction,
        int vcpu,
        long rip,
        GuardEventKind kind,
        String operand,
        long linear,
        String before,
        String after,
        List<DescriptorChange> changes,
        GuardVerdict verdict,
        String reason,
        GuardAction action,
        long sinceVirtualNs) {
    /** No linear address. */
    public static final long NO_ADDRESS = -1;

    public GuardEvent {
        changes = List.copyOf(changes);
    }
}
