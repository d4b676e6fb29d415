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
        int known = Math.min(all.length(), offset);
        for (int i = 0; i < known; i++) {
            if (all.at(i) != said.at(i)) {
                return i;
            }
        }
        for (int i = all.length(); i < offset; i++) {
            all.say(said.at(i));
        }
        return -1;
    }
}
