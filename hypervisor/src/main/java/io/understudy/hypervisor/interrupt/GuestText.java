package io.understudy.hypervisor.interrupt;

import io.understudy.hypervisor.device.ByteSink;
import io.understudy.hypervisor.device.ByteSource;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** A serial line with nobody at the other end: keeps the first bytes, has none to give. */
final class GuestText implements ByteSink, ByteSource {
    private static final int BYTES_MAX = 1 << 20;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Override
    public void write(int value) {
        if (bytes.size() < BYTES_MAX) {
            bytes.write(value);
        }
    }

    @Override
    public boolean isReady() {
        return false;
    }

    @Override
    public int read() {
        throw new IllegalStateException("no byte is ready");
    }

    String text() {
        return bytes.toString(StandardCharsets.US_ASCII);
    }
}
