package io.understudy.hypervisor.device;

/** 256 bits, one per interrupt vector: ISR, TMR or IRR of a local APIC. */
final class VectorSet {
    private static final int WORDS = 4;

    private final long[] words = new long[WORDS];

    void add(int vector) {
        words[vector >>> 6] |= 1L << vector;
    }

    void remove(int vector) {
        words[vector >>> 6] &= ~(1L << vector);
    }

    boolean contains(int vector) {
        return (words[vector >>> 6] >>> vector & 1) != 0;
    }

    /** The highest member, or -1. */
    int highest() {
        for (int i = WORDS - 1; i >= 0; i--) {
            if (words[i] != 0) {
                return (i << 6) + 63 - Long.numberOfLeadingZeros(words[i]);
            }
        }
        return -1;
    }

    /** Vectors 32 · register and up, as one APIC register shows them. */
    long register(int register) {
        return (words[register >>> 1] >>> (32 * (register & 1))) & 0xffff_ffffL;
    }

    long word(int index) {
        return words[index];
    }

    void setWord(int index, long value) {
        words[index] = value;
    }

    static int wordCount() {
        return WORDS;
    }
}
