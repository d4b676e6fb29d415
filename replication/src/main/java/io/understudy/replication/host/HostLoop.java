package io.understudy.replication.host;

import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.LongSupplier;

/**
 * The one thread of a node that steps roles and performs what they decide. Everybody else posts to
 * it. It ticks at a fixed interval, after what was posted before.
 *
 * <p>The queue is bounded by its posters: frames by the flow control of their streams, checkpoints
 * by the number in flight, answers by the questions. {@link #TASKS_MAX} is far above their sum.
 */
final class HostLoop implements AutoCloseable {
    static final int TASKS_MAX = 4096;

    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>(TASKS_MAX);
    private final Thread thread;
    private final LongSupplier nowNs;
    private final long tickNs;
    private final LongConsumer onTick;
    private final Consumer<Throwable> onFailure;
    private volatile long progress;
    private volatile boolean isStopped;

    /**
     * @param onTick takes how long ago the last tick was, ns
     * @param onFailure takes what a task threw; the loop has stopped then
     */
    HostLoop(
            String name,
            long tickNs,
            LongSupplier nowNs,
            LongConsumer onTick,
            Consumer<Throwable> onFailure) {
        this.tickNs = tickNs;
        this.nowNs = nowNs;
        this.onTick = onTick;
        this.onFailure = onFailure;
        this.thread = Thread.ofPlatform().name(name).daemon(true).unstarted(this::run);
    }

    void start() {
        thread.start();
    }

    /** Runs the task on the loop, after those posted before. Does nothing once it has stopped. */
    void post(Runnable task) {
        if (!isStopped && !tasks.offer(task)) {
            fail(new IllegalStateException("more than %d tasks wait".formatted(TASKS_MAX)));
        }
    }

    /** Turns so far: as long as it rises, the loop is alive. */
    long progress() {
        return progress;
    }

    /** Stops after the task under way. May be called from a task. */
    @Override
    public void close() {
        isStopped = true;
        thread.interrupt();
        if (!thread.equals(Thread.currentThread()) && thread.isAlive()) {
            join();
        }
    }

    private void join() {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        long tickedNs = nowNs.getAsLong();
        try {
            while (!isStopped) {
                long waitNs = Math.max(0, tickedNs + tickNs - nowNs.getAsLong());
                Runnable task = tasks.poll(waitNs, TimeUnit.NANOSECONDS);
                while (task != null && !isStopped) {
                    task.run();
                    bumpProgress();
                    task = tasks.poll();
                }
                long now = nowNs.getAsLong();
                if (!isStopped && now - tickedNs >= tickNs) {
                    onTick.accept(now - tickedNs);
                    tickedNs = now;
                }
                bumpProgress();
            }
        } catch (InterruptedException e) {
            isStopped = true;
        } catch (Throwable t) {
            // The only place where a task's error can still be told to anybody.
            fail(t);
        }
    }

    private void fail(Throwable t) {
        if (!isStopped) {
            isStopped = true;
            onFailure.accept(t);
        }
    }

    /** One writer, so no update is lost. */
    @SuppressWarnings("NonAtomicVolatileUpdate")
    private void bumpProgress() {
        progress++;
    }
}
