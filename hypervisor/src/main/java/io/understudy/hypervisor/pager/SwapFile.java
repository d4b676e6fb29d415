package io.understudy.hypervisor.pager;

import io.understudy.checkpoint.PageId;
import java.io.EOFException;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A sparse file: page n at byte 4096 n. Made new, and deleted when it is closed. */
public final class SwapFile implements SwapStore {
    private static final Logger LOG = System.getLogger(SwapFile.class.getName());

    private final Path path;
    private final FileChannel channel;

    /**
     * @throws IOException if the file exists or cannot be made
     */
    public SwapFile(Path path) throws IOException {
        this.path = path;
        this.channel =
                FileChannel.open(
                        path,
                        StandardOpenOption.CREATE_NEW,
                        StandardOpenOption.READ,
                        StandardOpenOption.WRITE,
                        StandardOpenOption.SPARSE,
                        StandardOpenOption.DELETE_ON_CLOSE);
    }

    @Override
    public void read(long page, ByteBuffer into) throws IOException {
        long at = page * PageId.PAGE_BYTES;
        while (into.hasRemaining()) {
            int n = channel.read(into, at);
            if (n < 0) {
                throw new EOFException(path + " ends at byte " + at + ", a page is missing");
            }
            at += n;
        }
    }

    @Override
    public void write(long page, ByteBuffer from) throws IOException {
        long at = page * PageId.PAGE_BYTES;
        while (from.hasRemaining()) {
            at += channel.write(from, at);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            LOG.log(Level.WARNING, "cannot close the swap file " + path, e);
        }
    }
}
