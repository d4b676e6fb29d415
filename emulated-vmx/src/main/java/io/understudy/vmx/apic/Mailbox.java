package io.understudy.vmx.apic;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/** What other threads ask a local APIC for, until its owner looks. */
final class Mailbox {
    private final AtomicLongArray vectors = new AtomicLongArray(4);
    private volatile boolean hasVectors;
    private volatile boolean hasNmi;
    private volatile @Nullable Thread sleeper;

    void request(int vector) {
        long bit = 1L << (vector & 63);
        vectors.getAndUpdate(vector >>> 6, old -> old | bit);
        hasVectors = true;
        wake();
    }

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

    /** Blocks the owner until there is something, or it is interrupted. */
    void await() {
        sleeper = Thread.currentThread();
        while (!isFull() && !Thread.currentThread().isInterrupted()) {
            LockSupport.park(this);
        }
        sleeper = null;
    }

    boolean isFull() {
        return hasVectors || hasNmi;
    }

    /** Adds the vectors to the eight registers from {@code bank} on. */
    void empty(int[] register, int bank) {
        if (!hasVectors) {
            return;
        }
        hasVectors = false;
        for (int i = 0; i < vectors.length(); i++) {
            long bits = vectors.getAndSet(i, 0);
            register[bank + 2 * i] |= (int) bits;
            register[bank + 2 * i + 1] |= (int) (bits >>> 32);
        }
    }

    boolean takeNmi() {
        boolean asked = hasNmi;
        if (asked) {
            hasNmi = false;
        }
        return asked;
    }
}
