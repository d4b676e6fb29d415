package io.understudy.hypervisor.window;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.StateReader;
import io.understudy.checkpoint.StateWriter;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;
import java.util.Arrays;

/**
 * Threads that an interrupt took out of the window. One comes back in only with every register as
 * it was: nobody else can jump to where it stood.
 *
 * <pre>
 * words of a thread: RIP | RFLAGS without RF | CR3 | RAX .. R15, RSP among them
 * </pre>
 */
final class InterruptedThreads {
    /** The oldest makes room. */
    private static final int THREADS_MAX = 16;

    private static final int GPR = 3;
    private static final int RSP = 4;
    private static final int WORDS = GPR + 16;
    private static final long RESUME_FLAG = 1 << 16;

    private final LogicalProcessor processor;
    private final long[][] threads = new long[THREADS_MAX][WORDS];
    private final long[] delivering = new long[WORDS];
    private final long[] now = new long[WORDS];
    private int count;
    private boolean isDelivering;

    InterruptedThreads(LogicalProcessor processor) {
        this.processor = processor;
    }

    /** An interrupt is about to be delivered to the thread that runs inside. */
    void deliver() {
        capture(delivering);
        isDelivering = true;
    }

    /**
     * The thread has left.
     *
     * @return false if no interrupt led out of the window: the code left by itself
     */
    boolean leave() {
        if (!isDelivering) {
            return false;
        }
        isDelivering = false;
        if (count == THREADS_MAX) {
            removeThread(0);
        }
        System.arraycopy(delivering, 0, threads[count++], 0, WORDS);
        return true;
    }

    /** Whether the present thread is one that was interrupted; it then counts as back. */
    boolean comeBack() {
        capture(now);
        for (int i = count - 1; i >= 0; i--) {
            if (Arrays.equals(threads[i], now)) {
                removeThread(i);
                return true;
            }
        }
        return false;
    }

    private void removeThread(int index) {
        long[] freed = threads[index];
        System.arraycopy(threads, index + 1, threads, index, count - index - 1);
        threads[--count] = freed;
    }

    private void capture(long[] words) {
        words[0] = processor.vmread(VmcsField.GUEST_RIP);
        words[1] = processor.vmread(VmcsField.GUEST_RFLAGS) & ~RESUME_FLAG;
        words[2] = processor.vmread(VmcsField.GUEST_CR3);
        for (int r = 0; r < 16; r++) {
            words[GPR + r] = r == RSP ? processor.vmread(VmcsField.GUEST_RSP) : processor.gpr(r);
        }
    }

    void save(StateWriter out) {
        out.u64(isDelivering ? 1 : 0);
        write(out, delivering, isDelivering);
        out.u64(count);
        for (int i = 0; i < THREADS_MAX; i++) {
            write(out, threads[i], i < count);
        }
    }

    private static void write(StateWriter out, long[] words, boolean isUsed) {
        for (long w : words) {
            out.u64(isUsed ? w : 0);
        }
    }

    /** Reads what {@link #save} wrote; {@link #adopt} makes it the state. */
    static long[] read(StateReader in) throws CorruptStateException {
        long[] words = new long[2 + WORDS * (1 + THREADS_MAX)];
        for (int i = 0; i < words.length; i++) {
            words[i] = in.u64("INTERRUPTED_THREADS");
        }
        long isDelivering = words[0];
        long count = words[1 + WORDS];
        if (isDelivering < 0 || isDelivering > 1 || count < 0 || count > THREADS_MAX) {
            throw in.corrupt("INTERRUPTED_THREADS", "are too many: %d".formatted(count));
        }
        return words;
    }

    void adopt(long[] words) {
        isDelivering = words[0] != 0;
        System.arraycopy(words, 1, delivering, 0, WORDS);
        count = (int) words[1 + WORDS];
        for (int i = 0; i < THREADS_MAX; i++) {
            System.arraycopy(words, 2 + WORDS * (1 + i), threads[i], 0, WORDS);
        }
    }
}
