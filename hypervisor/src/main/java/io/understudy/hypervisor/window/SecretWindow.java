package io.understudy.hypervisor.window;

import io.understudy.hypervisor.ept.EptEntry;
import io.understudy.hypervisor.ept.ViewPolicy;

/**
 * Gate and secret of a machine, as page indexes.
 *
 * <pre>
 *                view 0     secret view
 * gate           read       read, execute
 * secret         -          read, write
 * all other      all        read, write
 * </pre>
 *
 * <p>A VMFUNC whose next instruction is not the gate's faults at once. Since the gate cannot be
 * executed in view 0, that next instruction can only be the first of a gate page: every other way
 * in is an EPT violation.
 */
record SecretWindow(long gatePage, long gatePages, long secretPage, long secretPages) {
    /** No window yet: every page is as open as it was. */
    static final SecretWindow NONE = new SecretWindow(0, 0, 0, 0);

    static final long PAGES_MAX = 512;

    boolean exists() {
        return gatePages != 0;
    }

    boolean isGate(long page) {
        return page >= gatePage && page < gatePage + gatePages;
    }

    boolean isSecret(long page) {
        return page >= secretPage && page < secretPage + secretPages;
    }

    ViewPolicy outside() {
        return page -> {
            if (isSecret(page)) {
                return 0;
            }
            return isGate(page) ? EptEntry.READ : EptEntry.ALL_RIGHTS;
        };
    }

    /** Without a window nothing runs in the secret view. */
    ViewPolicy inside() {
        return page ->
                isGate(page) ? EptEntry.READ | EptEntry.EXECUTE : EptEntry.READ | EptEntry.WRITE;
    }

    /**
     * @param pages of the machine
     * @return whether this is a window that a machine can have
     */
    boolean isSound(long pages) {
        return isRange(gatePage, gatePages, pages)
                && isRange(secretPage, secretPages, pages)
                && (gatePage + gatePages <= secretPage || secretPage + secretPages <= gatePage);
    }

    private static boolean isRange(long first, long count, long pages) {
        return count >= 1 && count <= PAGES_MAX && first >= 0 && first <= pages - count;
    }
}
