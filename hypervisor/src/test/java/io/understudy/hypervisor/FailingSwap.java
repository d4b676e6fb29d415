package io.understudy.hypervisor;

import io.understudy.hypervisor.pager.SwapStore;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** A swap store that can be full, or broken, or fail now and then. */
final class FailingSwap implements SwapStore {
    private final Map<Long, byte[]> pages = new HashMap<>();
    boolean isFull;
    boolean isBroken;

    /** Asked at each operation, which fails if it says so. */
    BooleanSupplier hiccup = () -> false;

    int failures;

    @Override
    public void read(long page, ByteBuffer into) throws IOException {
        if (isBroken || hiccup.getAsBoolean()) {
            failures++;
            throw new IOException("input/output error");
        }
        byte[] content = pages.get(page);
        if (content == null) {
            throw new FileNotFoundException("page " + page + " was never written");
        }
        into.put(content);
    }

    @Override
    public void write(long page, ByteBuffer from) throws IOException {
        if (isFull || hiccup.getAsBoolean()) {
            failures++;
            throw new IOException("no space left on device");
        }
        byte[] content = new byte[from.remaining()];
        from.get(content);
        pages.put(page, content);
    }

    @Override
    public void close() {}
}
