package io.understudy.checkpoint.keep;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.file.EncodedEntry;
import io.understudy.checkpoint.file.EntryEncoder;
import io.understudy.checkpoint.file.SegmentDisk;
import io.understudy.checkpoint.file.SegmentHead;
import io.understudy.checkpoint.file.SegmentWriter;
import io.understudy.checkpoint.keep.KeepStatus.State;
import io.understudy.checkpoint.staging.StagingPool;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The thread that writes segments. What waits for it is bounded by the buffers; the queue itself
 * never fills.
 */
final class KeepThread implements AutoCloseable {
    /** Epochs that may wait; at 25 ms, a second of a disk that stands still and more. */
    private static final int BUFFERS_MAX = 64;

    /** Between two epochs there is one end of segments at most. */
    private static final int ITEMS_MAX = 2 * BUFFERS_MAX + 4;

    private sealed interface Item {}

    private record Epoch(KeptEpoch kept) implements Item {}

    private record EndSegments() implements Item {}

    private record Close() implements Item {}

    private final MachineLayout layout;
    private final KeepOptions options;
    private final SegmentDisk disk;
    private final LongSupplier unixMs;
    private final KeptSegments segments;
    private final StagingPool pool;
    private final LinkedBlockingQueue<Item> items = new LinkedBlockingQueue<>(ITEMS_MAX);
    private final ArrayDeque<KeptEpoch> free = new ArrayDeque<>();
    private final Thread thread;

    // Guarded by this.
    private State state = State.WAITING;
    private String detail = "";
    private long epochsLeftOut;
    private int pendingItems;
    private boolean isEnded = true;
    private boolean isClosed;
    private int segment;
    private long bytesBehindImage;

    // Of the thread.
    private final EntryEncoder encoder = new EntryEncoder();
    private final EncodedEntry entry = new EncodedEntry();
    private @Nullable SegmentWriter current;
    private @Nullable SegmentWriter next;
    private long imageBytes;

    private KeepThread(
            MachineLayout layout,
            KeepOptions options,
            SegmentDisk disk,
            LongSupplier unixMs,
            KeptSegments segments) {
        this.layout = layout;
        this.options = options;
        this.disk = disk;
        this.unixMs = unixMs;
        this.segments = segments;
        this.pool = new StagingPool(options.bufferPages());
        for (int i = 0; i < BUFFERS_MAX; i++) {
            free.add(new KeptEpoch(pool));
        }
        this.thread = Thread.ofPlatform().name("epoch-keeper").daemon(true).unstarted(this::run);
    }

    static KeepThread start(
            MachineLayout layout, KeepOptions options, SegmentDisk disk, LongSupplier unixMs)
            throws IOException {
        KeepThread started =
                new KeepThread(
                        layout,
                        options,
                        disk,
                        unixMs,
                        KeptSegments.open(options.folder(), options.bytesMax(), disk));
        started.thread.start();
        return started;
    }

    // For the image's thread.

    /** Returns null if all are on their way to the disk. */
    synchronized @Nullable KeptEpoch buffer() {
        return free.poll();
    }

    void recycle(KeptEpoch kept) {
        kept.clear();
        synchronized (this) {
            free.add(kept);
        }
    }

    void write(KeptEpoch kept) {
        synchronized (this) {
            isEnded = false;
            if (state != State.STOPPED) {
                state = State.KEEPING;
                detail = "";
            }
        }
        add(new Epoch(kept));
    }

    /** Closes or gives up the open segments, after what was written before. */
    void endSegments(State why, String sentence) {
        synchronized (this) {
            if (state != State.STOPPED) {
                state = why;
                detail = sentence;
            }
            if (isEnded) {
                return;
            }
            isEnded = true;
        }
        add(new EndSegments());
    }

    synchronized void leaveOut() {
        epochsLeftOut++;
    }

    synchronized boolean isStopped() {
        return state == State.STOPPED;
    }

    /** Whether everything handed over has been dealt with. */
    synchronized boolean isIdle() {
        return pendingItems == 0;
    }

    /** Whether the segment that was opened last has been written out far enough to open another. */
    synchronized boolean mayOpen() {
        return free.size() > BUFFERS_MAX / 2;
    }

    /**
     * Bytes that a segment has behind its image.
     *
     * @param number of the segment, counted as they take over; 0 until that one has
     */
    synchronized long bytesBehindImage(int number) {
        return number == segment ? bytesBehindImage : 0;
    }

    synchronized KeepStatus status() {
        return new KeepStatus(
                state,
                options.folder().toString(),
                segments.count(),
                segments.bytes(),
                segments.epochs(),
                segments.lastEpoch(),
                epochsLeftOut,
                segments.pruned(),
                detail);
    }

    @Override
    public void close() {
        synchronized (this) {
            if (isClosed) {
                return;
            }
            isClosed = true;
        }
        add(new EndSegments());
        add(new Close());
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void add(Item item) {
        synchronized (this) {
            pendingItems++;
        }
        Invariant.check(items.offer(item), "what waits for the disk is bounded by the buffers");
    }

    private void run() {
        try {
            boolean isOpen = true;
            while (isOpen) {
                isOpen = take(items.take());
                synchronized (this) {
                    pendingItems--;
                }
            }
            pool.close();
            segments.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            stop(e);
        }
    }

    /** Returns false at the end. */
    private boolean take(Item item) {
        try {
            switch (item) {
                case Epoch(KeptEpoch kept) -> {
                    try {
                        if (!isStopped()) {
                            write(kept, kept.trailer().epoch());
                        }
                    } finally {
                        recycle(kept);
                    }
                }
                case EndSegments end -> end();
                case Close close -> {
                    return false;
                }
            }
        } catch (IOException e) {
            stop(e);
        }
        return true;
    }

    private void write(KeptEpoch kept, long epoch) throws IOException {
        KeptEpoch.Session its = kept.opens;
        if (its != null) {
            SegmentHead head =
                    SegmentHead.of(
                            its.lineage(),
                            its.digestKey(),
                            layout,
                            unixMs.getAsLong(),
                            options.writer(),
                            options.node());
            encoder.encodeHead(head, entry);
            next = SegmentWriter.open(disk, options.folder(), head, entry, epoch);
        }
        SegmentWriter followed = current;
        SegmentWriter opened = next;
        encoder.encodeEpoch(
                kept.trailer(),
                kept.previousEpoch,
                kept.pages,
                kept.changed,
                kept.state(),
                kept.state().length,
                entry);
        for (SegmentWriter each : new SegmentWriter[] {followed, opened}) {
            if (each != null) {
                each.appendEpoch(entry, kept.trailer(), kept.pages.size());
            }
        }
        if (opened != null && kept.hasImagePart) {
            encoder.encodeImagePart(epoch, kept.imagePart, kept.completesImage, entry);
            opened.appendImagePart(entry, kept.completesImage);
        }
        if (opened != null && kept.completesImage) {
            takeOver(followed, opened);
        }
        SegmentWriter now = current;
        if (now != null) {
            synchronized (this) {
                bytesBehindImage = now.hasRoom() ? now.bytes() - imageBytes : Long.MAX_VALUE;
            }
        }
    }

    /** The next segment can restore everything from here on. */
    private void takeOver(@Nullable SegmentWriter before, SegmentWriter after) throws IOException {
        current = after;
        next = null;
        imageBytes = after.bytes();
        synchronized (this) {
            segment++;
            bytesBehindImage = 0;
        }
        if (before != null) {
            segments.add(before, unixMs.getAsLong());
        }
    }

    private void end() throws IOException {
        SegmentWriter unfinished = next;
        next = null;
        if (unfinished != null) {
            unfinished.discard();
        }
        SegmentWriter whole = current;
        current = null;
        if (whole != null) {
            segments.add(whole, unixMs.getAsLong());
        }
    }

    /** The disk failed: what is unfinished goes, nothing more is kept. */
    private void stop(IOException why) {
        synchronized (this) {
            state = State.STOPPED;
            detail = "keeping stopped: " + sentenceOf(why);
        }
        for (SegmentWriter each : new SegmentWriter[] {next, current}) {
            if (each != null) {
                try {
                    each.discard();
                } catch (IOException e) {
                    synchronized (this) {
                        detail += "; and cannot delete what was begun: " + sentenceOf(e);
                    }
                }
            }
        }
        next = null;
        current = null;
    }

    /** Exceptions of the file system say the file alone when that is all they know. */
    private static String sentenceOf(IOException e) {
        return e instanceof java.nio.file.FileSystemException
                ? e.toString().replaceFirst("^[\\w.]*\\.", "")
                : String.valueOf(e.getMessage());
    }
}
