package io.understudy.cli.command;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import io.understudy.cli.CommandFailure;
import io.understudy.cli.activity.MonitorReport;
import io.understudy.hypervisor.monitor.ActivityInterval;
import io.understudy.hypervisor.monitor.ActivityListener;
import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A file with one JSON line for each interval of memory activity, in the layout of {@code
 * intervals} of {@code monitor}. A thread of its own writes it, behind a bounded queue: the machine
 * does not wait for a disk. Each line is written at once, so that a process that is killed loses
 * none that it wrote.
 */
final class ActivityLog implements ActivityListener, AutoCloseable {
    private static final int QUEUE_MAX = 64;

    private final Path file;
    private final Writer out;
    private final BlockingQueue<List<MonitorReport.Interval>> queue =
            new ArrayBlockingQueue<>(QUEUE_MAX);
    private final AtomicLong dropped = new AtomicLong();
    private final Thread writer;

    /** Makes the file, or goes on with one that exists. */
    static ActivityLog open(Path file) throws CommandFailure {
        try {
            return new ActivityLog(
                    file,
                    Files.newBufferedWriter(
                            file,
                            StandardCharsets.UTF_8,
                            StandardOpenOption.CREATE,
                            StandardOpenOption.APPEND));
        } catch (IOException e) {
            throw CommandFailure.environment("--monitor " + file + ": cannot be written, " + e);
        }
    }

    private ActivityLog(Path file, Writer out) {
        this.file = file;
        this.out = out;
        this.writer = new Thread(this::write, "understudy-activity");
        writer.setDaemon(true);
        writer.start();
    }

    @Override
    public void intervalEnded(ActivityInterval interval) {
        if (!queue.offer(List.of(MonitorReport.Interval.of(interval)))) {
            dropped.incrementAndGet();
        }
    }

    private void write() {
        Gson gson = new GsonBuilder().serializeNulls().create();
        try (out) {
            List<MonitorReport.Interval> next = queue.take();
            while (!next.isEmpty()) {
                out.write(gson.toJson(next.getFirst()) + "\n");
                out.flush();
                next = queue.take();
            }
        } catch (IOException e) {
            System.err.println("understudy: " + file + " cannot be written, " + e);
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }

    /** Writes what is queued, and ends. */
    @Override
    public void close() {
        try {
            while (writer.isAlive() && !queue.offer(List.of())) {
                Thread.sleep(1);
            }
            writer.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
        long lost = dropped.get();
        if (lost > 0) {
            System.err.println(
                    "understudy: " + lost + " intervals could not be written in time: " + file);
        }
    }
}
