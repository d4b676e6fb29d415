package io.understudy.checkpoint.verify;

import java.io.Closeable;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Contents of pages in a temporary file, by number from 0: a file of 64 MiB may rightly stand for
 * gigabytes of memory, which need not fit this process.
 */
final class PageStore implements Closeable {
    private static final int PAGE = 4096;

    private final Path path;
    private final RandomAccessFile file;
    private final long pagesMax;

    /** Takes half of what the folder for temporary files has to spare, at most. */
    PageStore() throws IOException {
        path = Files.createTempFile("understudy-verify-", ".pages");
        file = new RandomAccessFile(path.toFile(), "rw");
        pagesMax = Files.getFileStore(path).getUsableSpace() / 2 / PAGE;
    }

    boolean hasRoom(int number) {
        return number < pagesMax;
    }

    /** The page must have been written. */
    void read(int number, byte[] into) throws IOException {
        file.seek((long) number * PAGE);
        file.readFully(into, 0, PAGE);
    }

    void write(int number, byte[] from, int offset) throws IOException {
        file.seek((long) number * PAGE);
        file.write(from, offset, PAGE);
    }

    @Override
    public void close() throws IOException {
        file.close();
        Files.delete(path);
    }
}
