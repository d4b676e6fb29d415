package io.understudy.drills.simulation;

import java.util.Arrays;

/**
 * Bytes that were said, in order. A snapshot shares them with the history it was taken of, which
 * may go on; only one holder may ever append to the same bytes.
 */
final class History {
    private byte[] said;
    private int length;

    History() {
        this(new byte[256], 0);
    }

    private History(byte[] said, int length) {
        this.said = said;
        this.length = length;
    }

    /** What was said until now. Not to be appended to. */
    History snapshot() {
        return new History(said, length);
    }

    /** One that goes on by itself. */
    History fork() {
        return new History(Arrays.copyOf(said, Math.max(256, length * 2)), length);
    }

    void say(byte what) {
        if (length == said.length) {
            said = Arrays.copyOf(said, length * 2);
        }
        said[length++] = what;
    }

    int length() {
        return length;
    }

    /**
     * @param limit of bytes to compare; both have said so many
     * @return the first at which the two differ, -1 if nowhere
     */
    @SuppressWarnings("ReferenceEquality") // The same array need not be compared.
    int firstDifference(History other, int limit) {
        return said == other.said ? -1 : Arrays.mismatch(said, 0, limit, other.said, 0, limit);
    }

    byte at(int index) {
        return said[index];
    }

    boolean isPrefixOf(History other) {
        return length <= other.length && firstDifference(other, length) < 0;
    }
}
