package io.understudy.hypervisor.tables;

import io.understudy.hypervisor.guard.GuardEvent;
import io.understudy.hypervisor.guard.GuardEventKind;

/** The access that the step under way lets through, as it was when it exited. */
final class PendingAccess {
    /** What is stepped over. */
    enum Kind {
        /** An instruction on a table register. */
        INSTRUCTION,
        /** A write to a guarded page. */
        WRITE,
        /** A load of CR3. */
        ADDRESS_SPACE
    }

    Kind kind = Kind.WRITE;

    /** Of an {@link Kind#INSTRUCTION}. */
    GuardEventKind instruction = GuardEventKind.WRITE;

    String operand = "";
    long linear = GuardEvent.NO_ADDRESS;
    String before = "";
    long rip;
    long retired;
    long virtualNs;
    boolean isInTable;

    /** Guest-physical address of the page that a {@link Kind#WRITE} goes to. */
    long page;
}
