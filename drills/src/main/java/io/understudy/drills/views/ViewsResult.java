package io.understudy.drills.views;

import java.util.List;
import java.util.Optional;

/**
 * A whole run.
 *
 * @param exchanges in the order of the plan; fewer if the run was ended early
 */
public record ViewsResult(WindowResult window, List<ExchangeResult> exchanges) {
    public ViewsResult {
        exchanges = List.copyOf(exchanges);
    }

    /** The first promise that was broken, one sentence. */
    public Optional<String> broken() {
        if (!window.guestEnd().isEmpty()) {
            return Optional.of("the guest with the window ended: " + window.guestEnd());
        }
        if (!window.isOpen()) {
            return Optional.of("the guest never asked for a secret window");
        }
        if (window.readsOutside() != 0 || window.wrongAnswers() != 0) {
            return Optional.of(
                    "the window leaks: %d accesses outside went through, %d answers are wrong"
                            .formatted(window.readsOutside(), window.wrongAnswers()));
        }
        if (window.readsInside() == 0) {
            return Optional.of("nobody inside the window answered in the time given");
        }
        if (!window.difference().isEmpty()) {
            return Optional.of(window.difference());
        }
        return exchanges.stream().map(ViewsResult::broken).flatMap(Optional::stream).findFirst();
    }

    private static Optional<String> broken(ExchangeResult e) {
        String way = "exchange by " + e.method().optionName() + ": ";
        if (!e.guestEnd().isEmpty()) {
            return Optional.of(way + e.guestEnd());
        }
        if (e.packets() == 0) {
            return Optional.of(way + "no packet went across");
        }
        if (e.corrupt() != 0) {
            return Optional.of(way + e.corrupt() + " packets were not what was sent");
        }
        if (e.pagesMissed() > 0) {
            return Optional.of(way + e.pagesMissed() + " changed pages were not harvested");
        }
        return e.difference().isEmpty() ? Optional.empty() : Optional.of(way + e.difference());
    }
}
