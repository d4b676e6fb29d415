package io.understudy.checkpoint.keep;

import io.understudy.checkpoint.file.SegmentDisk;
import io.understudy.checkpoint.file.SegmentFolder;
import io.understudy.checkpoint.file.SegmentWriter;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;

/**
 * The closed segments of a folder, oldest first, and the lock on it. Adding and pruning belong to
 * the disk's thread; the counts may be read by any.
 */
final class KeptSegments implements AutoCloseable {
    private static final String LOCK_NAME = "keep.lock";

    private record Segment(Path file, long bytes) {}

    private final SegmentDisk disk;
    private final long bytesMax;
    private final FileChannel lockFile;
    private final ArrayDeque<Segment> segments = new ArrayDeque<>();
    private volatile int count;
    private volatile long bytes;
    private volatile long epochs;
    private volatile long lastEpoch;
    private volatile int pruned;

    private KeptSegments(SegmentDisk disk, long bytesMax, FileChannel lockFile) {
        this.disk = disk;
        this.bytesMax = bytesMax;
        this.lockFile = lockFile;
    }

    static KeptSegments open(Path folder, long bytesMax, SegmentDisk disk) throws IOException {
        Files.createDirectories(folder);
        FileChannel lockFile =
                FileChannel.open(
                        folder.resolve(LOCK_NAME),
                        StandardOpenOption.CREATE,
                        StandardOpenOption.WRITE);
        try {
            lock(folder, lockFile);
            KeptSegments kept = new KeptSegments(disk, bytesMax, lockFile);
            SegmentFolder found = SegmentFolder.list(folder);
            for (Path unclosed : found.unclosed()) {
                disk.delete(unclosed);
            }
            for (Path file : found.closed()) {
                kept.enter(new Segment(file, Files.size(file)));
            }
            return kept;
        } catch (IOException e) {
            lockFile.close();
            throw e;
        }
    }

    int count() {
        return count;
    }

    long bytes() {
        return bytes;
    }

    long epochs() {
        return epochs;
    }

    long lastEpoch() {
        return lastEpoch;
    }

    int pruned() {
        return pruned;
    }

    /** Closes a segment and makes room for it. */
    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    void add(SegmentWriter segment, long closedUnixMs) throws IOException {
        Path file = segment.close(closedUnixMs);
        enter(new Segment(file, Files.size(file)));
        epochs += segment.restorableEpochs();
        lastEpoch = segment.lastEpoch();
        while (bytes > bytesMax && segments.size() > 1) {
            Segment oldest = segments.removeFirst();
            disk.delete(oldest.file());
            bytes -= oldest.bytes();
            count--;
            pruned++;
        }
    }

    @Override
    public void close() throws IOException {
        lockFile.close();
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // one writer
    private void enter(Segment segment) {
        segments.addLast(segment);
        bytes += segment.bytes();
        count++;
    }

    @SuppressWarnings("resource") // the lock goes with its channel
    private static void lock(Path folder, FileChannel lockFile) throws IOException {
        FileLock lock;
        try {
            lock = lockFile.tryLock();
        } catch (OverlappingFileLockException e) {
            lock = null;
        }
        if (lock == null) {
            throw new IOException("another process keeps epochs in " + folder);
        }
    }
}
