package io.understudy.vmx.apic;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** What other threads ask of a local APIC, until its owner takes it. */
final class ApicMailbox {
    private static final int WORDS = 4;

    private final AtomicLongArray vectors = new AtomicLongArray(WORDS);
    private volatile boolean hasVectors;
    private volatile boolean hasNmi;
    private volatile @Nullable Thread sleeper;

    /** From any thread; wakes a sleeping owner. */
    void request(int vector) {
        long bit = 1L << (vector & 63);
        vectors.getAndUpdate(vector >>> 6, old -> old | bit);
        hasVectors = true;
        wake();
    }

    /** From any thread; wakes a sleeping owner. */
    void requestNmi() {
        hasNmi = true;
        wake();
    }

    private void wake() {
        Thread t = sleeper;
        if (t != null) {
            LockSupport.unpark(t);
        }
    }

    boolean isEmpty() {
        return !hasVectors && !hasNmi;
    }

    /** Blocks the owner until somebody asks for something. */
    void sleepUntilRequest() {
        sleeper = Thread.currentThread();
        while (isEmpty() && !Thread.currentThread().isInterrupted()) {
            LockSupport.park(this);
        }
        sleeper = null;
    }

    /** Moves the vectors asked for into {@code to}. */
    void takeVectors(VectorSet to) {
        if (!hasVectors) {
            return;
        }
        hasVectors = false;
        for (int i = 0; i < WORDS; i++) {
            long bits = vectors.getAndSet(i, 0);
            to.addWord(2 * i, (int) bits);
            to.addWord(2 * i + 1, (int) (bits >>> 32));
        }
    }

    /** Whether an NMI was asked for; asks are taken with this. */
    boolean takeNmi() {
        boolean wasAsked = hasNmi;
        if (wasAsked) {
            hasNmi = false;
        }
        return wasAsked;
    }
}
