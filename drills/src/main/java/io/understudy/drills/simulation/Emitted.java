package io.understudy.drills.simulation;

/**
 * All output that was let out by anybody: what {@link OneHistoryChecker} and others hold against.
 */
final class Emitted {
    private final History all = new History();

    History all() {
        return all;
    }

    /**
     * Adds what {@code said} has up to {@code offset}.
     *
     * @return first offset at which it differs from what was let out before, -1 if nowhere
     */
    int add(History said, int offset) {
        int difference = all.firstDifference(said, Math.min(all.length(), offset));
        if (difference >= 0) {
            return difference;
        }
        for (int i = all.length(); i < offset; i++) {
            all.say(said.at(i));
        }
        return -1;
    }
}
