package io.understudy.drills.views;

import io.understudy.hypervisor.view.ViewEvent;
import java.util.List;
import java.util.Map;

/**
 * What happened at the secret window.
 *
 * @param isOpen whether the guest asked for a window at all
 * @param readsInside secrets that the thread inside read, proved by its answers
 * @param wrongAnswers answers that do not follow from the secret
 * @param readsOutside accesses outside that went through, as the guest says; anything but 0 is a
 *     broken promise
 * @param windows stays in the window, as the guest says
 * @param attempts of the attacker, as the guest says
 * @param counts what the hypervisor saw, by kind
 * @param entries the first stays that were looked at
 * @param events the first things that the hypervisor saw
 * @param exitsByReason of the whole run
 * @param vmfuncs switches of views without an exit; ground truth
 * @param instructions that the guest executed
 * @param difference an address that means different pages in two views, one sentence; else empty
 * @param guestEnd one sentence if the guest ended; else empty
 */
public record WindowResult(
        boolean isOpen,
        long readsInside,
        long wrongAnswers,
        long readsOutside,
        long windows,
        long attempts,
        Map<ViewEvent.Kind, Long> counts,
        List<WindowEntry> entries,
        List<ViewEvent> events,
        Map<String, Long> exitsByReason,
        long vmfuncs,
        long instructions,
        String difference,
        String guestEnd) {
    public WindowResult {
        entries = List.copyOf(entries);
        events = List.copyOf(events);
    }

    /** Attempts that the hypervisor saw and refused. */
    public long attemptsSeen() {
        return counts.entrySet().stream()
                .filter(e -> e.getKey().isAttempt())
                .mapToLong(Map.Entry::getValue)
                .sum();
    }
}
