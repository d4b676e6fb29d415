package io.understudy.vmx.apic;

/** 256 vectors, as the IRR, ISR and TMR hold them: one bit each in eight registers. */
final class VectorSet {
    /** Smaller than every vector. */
    static final int NONE = LocalApic.NONE;

    private static final int WORDS = 8;

    private final int[] words = new int[WORDS];

    /** Bit i: word i is not zero. */
    private int filled;

    /** Value of the register that holds vectors 32 i and up. */
    int word(int i) {
        return words[i];
    }

    void addWord(int i, int bits) {
        words[i] |= bits;
        filled |= bits == 0 ? 0 : 1 << i;
    }

    boolean contains(int vector) {
        return (words[vector >>> 5] >>> (vector & 31) & 1) != 0;
    }

    void add(int vector) {
        words[vector >>> 5] |= 1 << (vector & 31);
        filled |= 1 << (vector >>> 5);
    }

    void remove(int vector) {
        int i = vector >>> 5;
        words[i] &= ~(1 << (vector & 31));
        filled &= words[i] == 0 ? ~(1 << i) : -1;
    }

    void set(int vector, boolean isMember) {
        if (isMember) {
            add(vector);
        } else {
            remove(vector);
        }
    }

    void clear() {
        for (int i = 0; i < WORDS; i++) {
            words[i] = 0;
        }
        filled = 0;
    }

    /** The highest vector, or {@link #NONE}. */
    int highest() {
        if (filled == 0) {
            return NONE;
        }
        int i = 31 - Integer.numberOfLeadingZeros(filled);
        return i * 32 + 31 - Integer.numberOfLeadingZeros(words[i]);
    }
}
