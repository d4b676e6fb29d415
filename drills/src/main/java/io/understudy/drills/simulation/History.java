package io.understudy.drills.simulation;

import java.util.Arrays;

/** What a machine has said, one number per byte; every number is said once in a world. */
final class History {
    private long[] said = new long[64];
    private int length;

    History copy(int ofLength) {
        History copy = new History();
        copy.said = Arrays.copyOf(said, Math.max(64, ofLength));
        copy.length = ofLength;
        return copy;
    }

    void say(long what) {
        if (length == said.length) {
            said = Arrays.copyOf(said, length * 2);
        }
        said[length++] = what;
    }

    int length() {
        return length;
    }

    long at(int index) {
        return said[index];
    }

    boolean isPrefixOf(History other) {
        return length <= other.length
                && Arrays.mismatch(said, 0, length, other.said, 0, length) < 0;
    }
}
