package io.understudy.checkpoint.encoding;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The calling thread and, if there is more than one worker, threads for the others. */
final class WorkerThreads implements AutoCloseable {
    /** The part of one worker. */
    interface Part {
        /** Returns false if the whole cannot be completed. */
        boolean run(int worker) throws InterruptedException;
    }

    /** One round: what became of the parts. */
    private static final class Round {
        private final Part part;
        private final Runnable stop;
        private final CountDownLatch running;
        private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
        private volatile boolean isIncomplete;

        Round(Part part, Runnable stop, int others) {
            this.part = part;
            this.stop = stop;
            this.running = new CountDownLatch(others);
        }

        void run(int worker) {
            try {
                if (!part.run(worker)) {
                    isIncomplete = true;
                    stop.run();
                }
            } catch (InterruptedException | RuntimeException | Error e) {
                failure.compareAndSet(null, e);
                stop.run();
            }
        }

        void runOther(int worker) {
            try {
                run(worker);
            } finally {
                running.countDown();
            }
        }

        /** Whatever happens, nobody works on when this returns. */
        void awaitOthers() {
            boolean isWaiting = true;
            while (isWaiting) {
                try {
                    running.await();
                    isWaiting = false;
                } catch (InterruptedException e) {
                    failure.compareAndSet(null, e);
                    stop.run();
                }
            }
        }

        boolean result() throws InterruptedException {
            return switch (failure.get()) {
                case null -> !isIncomplete;
                case InterruptedException e -> throw e;
                case RuntimeException e -> throw e;
                case Error e -> throw e;
                case Throwable e -> throw new IllegalStateException(e);
            };
        }
    }

    private final int workers;
    private final @Nullable ExecutorService others;

    WorkerThreads(int workers) {
        this.workers = workers;
        this.others =
                workers == 1
                        ? null
                        : Executors.newFixedThreadPool(
                                workers - 1,
                                Thread.ofPlatform()
                                        .name("page-encoder-", 1)
                                        .daemon(true)
                                        .factory());
    }

    /**
     * Runs the part of every worker and waits for all of them.
     *
     * @param stop called if one of them cannot complete its part, so that the others end soon
     * @return whether every part was completed
     */
    boolean all(Part part, Runnable stop) throws InterruptedException {
        ExecutorService pool = others;
        if (pool == null) {
            return part.run(0);
        }
        Round round = new Round(part, stop, workers - 1);
        for (int w = 1; w < workers; w++) {
            int worker = w;
            pool.execute(() -> round.runOther(worker));
        }
        round.run(0);
        round.awaitOthers();
        return round.result();
    }

    @Override
    public void close() {
        ExecutorService pool = others;
        if (pool != null) {
            pool.shutdown();
        }
    }
}
