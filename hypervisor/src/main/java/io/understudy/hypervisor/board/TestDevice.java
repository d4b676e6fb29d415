package io.understudy.hypervisor.board;

import io.understudy.hypervisor.device.PortDevice;

/** The latch of QEMU's {@code pc-testdev}: four bytes that keep what is written, at any size. */
final class TestDevice implements PortDevice {
    static final int LATCH_PORT = 0xe0;
    static final int LATCH_PORTS = 4;

    /** Writes flush a page of the emulator's own; here there is nothing to flush. */
    static final int FLUSH_PORT = 0xe4;

    static final int BYTE_LATCH_PORT = 0xe8;

    /** Port 2000H + n drives interrupt line n. */
    static final int LINE_PORT = 0x2000;

    static final int LINES = 24;

    private int latch;

    @Override
    public int in(int offset, int bytes) {
        return latch >>> (8 * offset) & mask(bytes);
    }

    @Override
    public void out(int offset, int bytes, int value) {
        int shift = 8 * offset;
        latch = (latch & ~(mask(bytes) << shift)) | (value & mask(bytes)) << shift;
    }

    private static int mask(int bytes) {
        return bytes == 4 ? -1 : (1 << (8 * bytes)) - 1;
    }
}
