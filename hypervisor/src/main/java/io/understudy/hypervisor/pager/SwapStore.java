package io.understudy.hypervisor.pager;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Where pages are that have no frame; a place for each page of RAM. */
public interface SwapStore extends AutoCloseable {
    /**
     * Fills {@code into} with a page that was written before.
     *
     * @param into a page's worth of room
     */
    void read(long page, ByteBuffer into) throws IOException;

    /**
     * @param from a whole page
     */
    void write(long page, ByteBuffer from) throws IOException;

    @Override
    void close();
}
