package io.understudy.vmx.event;

import io.understudy.vmx.cpu.DeliveredEvent;
import io.understudy.vmx.cpu.SystemState;

/**
 * Which pending debug exceptions survive VM entry (SDM volume 3, "Delivery of Pending Debug
 * Exceptions after VM Entry"), and which the delivery of another event: only MOV SS holds any back
 * that long.
 */
final class PendingDebug {
    private static final long VALID =
            SystemState.PENDING_BS | SystemState.PENDING_ENABLED_BREAKPOINT;

    private PendingDebug() {}

    /**
     * Drops those that do not.
     *
     * @param information VM-entry interruption information
     */
    static void admit(SystemState s, int information) {
        boolean dropped =
                information < 0
                        ? isDroppedBy(s, (information >>> 8) & 7)
                        : s.activity == SystemState.SHUTDOWN
                                || s.activity == SystemState.WAIT_FOR_SIPI;
        if (dropped || (s.pendingDebug & VALID) == 0) {
            s.pendingDebug = 0;
        }
    }

    /**
     * An event is delivered while debug exceptions are held back. INT n, INT3 and INTO leave
     * breakpoints of MOV SS to the first instruction of their handler, which does not single-step;
     * faults and INT1 drop everything.
     *
     * @param type of {@link DeliveredEvent}
     */
    static void passDelivery(SystemState s, int type) {
        boolean keeps =
                type == DeliveredEvent.SOFTWARE_INTERRUPT
                        || type == DeliveredEvent.SOFTWARE_EXCEPTION;
        s.pendingDebug = keeps ? s.pendingDebug & ~SystemState.PENDING_BS : 0;
    }

    /** Software events behind a MOV SS keep them, as INT n itself would. */
    private static boolean isDroppedBy(SystemState s, int type) {
        return switch (type) {
            case DeliveredEvent.OTHER -> false;
            case DeliveredEvent.SOFTWARE_INTERRUPT, DeliveredEvent.SOFTWARE_EXCEPTION ->
                    (s.interruptibility & SystemState.BLOCKING_BY_MOV_SS) == 0;
            default -> true;
        };
    }
}
