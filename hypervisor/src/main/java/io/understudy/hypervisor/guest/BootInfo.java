package io.understudy.hypervisor.guest;

import io.understudy.hypervisor.MachineSetupException;
import io.understudy.vmx.VirtualClock;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** The boot-info page; its bytes are drawn in {@code docs/formats/boot-info.md}. */
final class BootInfo {
    static final int BYTES = 4096;
    static final long MAGIC = 0x544f4f4259445355L;
    static final int VERSION = 1;
    static final int PARAMETERS_MAX = 126;

    private static final int HEADER_BYTES = 48;
    private static final int KEY_BYTES = 24;
    private static final int PARAMETER_BYTES = KEY_BYTES + 8;

    private BootInfo() {}

    /**
     * @param memoryBytes size of guest RAM
     * @param freeMemory guest-physical address of the first byte that nothing was loaded to
     * @throws MachineSetupException if there are too many parameters, or a key does not fit
     */
    static byte[] encode(long memoryBytes, long freeMemory, Map<String, Long> parameters)
            throws MachineSetupException {
        if (parameters.size() > PARAMETERS_MAX) {
            throw new MachineSetupException(
                    "%d guest parameters are given, at most %d fit"
                            .formatted(parameters.size(), PARAMETERS_MAX));
        }
        ByteBuffer page = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
        page.putLong(MAGIC).putInt(VERSION).putInt(parameters.size());
        page.putLong(memoryBytes).putLong(freeMemory).putLong(VirtualClock.TSC_HZ).putLong(0);
        int at = HEADER_BYTES;
        for (Map.Entry<String, Long> parameter : parameters.entrySet()) {
            page.put(at, key(parameter.getKey()));
            page.putLong(at + KEY_BYTES, parameter.getValue());
            at += PARAMETER_BYTES;
        }
        return page.array();
    }

    private static byte[] key(String key) throws MachineSetupException {
        if (!key.matches("[a-z0-9-]{1,%d}".formatted(KEY_BYTES - 1))) {
            throw new MachineSetupException(
                    "guest parameter '%s' is not 1 to %d of the characters a-z, 0-9 and -"
                            .formatted(key, KEY_BYTES - 1));
        }
        return key.getBytes(StandardCharsets.US_ASCII);
    }
}
