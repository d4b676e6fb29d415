package io.understudy.hypervisor.board;

import io.understudy.hypervisor.device.PortDevice;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The least of {@code fw_cfg} (QEMU, "Firmware Configuration Device"): a selector at port 510H,
 * data byte by byte at 511H, no DMA, no files.
 */
final class FirmwareConfig implements PortDevice {
    static final int PORT = 0x510;
    static final int PORTS = 2;

    private static final int SIGNATURE = 0x00;
    private static final int REVISION = 0x01;
    private static final int RAM_BYTES = 0x03;
    private static final int PROCESSORS = 0x05;
    private static final int PROCESSORS_MAX = 0x0f;
    private static final int DIRECTORY = 0x19;

    private final long ramBytes;
    private final int processors;
    private byte[] item = {};
    private int position;

    FirmwareConfig(long ramBytes, int processors) {
        this.ramBytes = ramBytes;
        this.processors = processors;
    }

    @Override
    public int in(int offset, int bytes) {
        return offset == 1 && position < item.length ? item[position++] & 0xff : 0;
    }

    @Override
    public void out(int offset, int bytes, int value) {
        if (offset != 0) {
            return;
        }
        position = 0;
        item =
                switch (value & 0xffff) {
                    case SIGNATURE -> "QEMU".getBytes(StandardCharsets.US_ASCII);
                    case REVISION -> little(4, 1);
                    case RAM_BYTES -> little(8, ramBytes);
                    case PROCESSORS, PROCESSORS_MAX -> little(2, processors);
                    case DIRECTORY -> new byte[4];
                    default -> new byte[0];
                };
    }

    private static byte[] little(int bytes, long value) {
        byte[] all = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).array();
        return Arrays.copyOf(all, bytes);
    }
}
