package io.understudy.cli;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ctrl-C, SIGTERM or SIGHUP as a request to end in order.
 *
 * <p>The JVM answers such a signal by running shutdown hooks while the other threads go on, and
 * then exits with a status of its own. The hook here raises the request, waits until the command
 * said that it is {@link #done}, and halts with the command's status.
 */
public final class Interruption {
    private static final long PATIENCE_S = 20;

    private final CountDownLatch requested = new CountDownLatch(1);
    private final CountDownLatch done = new CountDownLatch(1);
    private final AtomicInteger status = new AtomicInteger(ExitStatus.FAILED);
    private final Thread hook = new Thread(this::endInOrder, "understudy-interruption");

    /** Takes over the signals of this process. */
    public static Interruption install() {
        Interruption interruption = new Interruption();
        Runtime.getRuntime().addShutdownHook(interruption.hook);
        return interruption;
    }

    private Interruption() {}

    public boolean isRequested() {
        return requested.getCount() == 0;
    }

    /** Makes the request as a signal would, from inside. */
    public void request() {
        requested.countDown();
    }

    /** Waits for the request. */
    public void await() throws InterruptedException {
        requested.await();
    }

    /** Waits for the request; returns whether it came. */
    public boolean await(long timeoutMs) throws InterruptedException {
        return requested.await(timeoutMs, TimeUnit.MILLISECONDS);
    }

    /** The command has cleaned up and written its results. */
    public void done(int exitStatus) {
        status.set(exitStatus);
        done.countDown();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException _) {
            // A signal came: the hook runs already, finds the command done, and halts.
        }
    }

    private void endInOrder() {
        request();
        try {
            if (!done.await(PATIENCE_S, TimeUnit.SECONDS)) {
                System.err.println("understudy: could not end in " + PATIENCE_S + " s; giving up");
            }
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        System.out.flush();
        System.err.flush();
        Runtime.getRuntime().halt(status.get());
    }
}
