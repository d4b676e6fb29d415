package io.understudy.vmx.memory;

import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * The address ranges that {@link RawMemory} may touch, for its checking mode.
 *
 * <p>The one piece of process-wide state of this module: a mapping is a resource of the process.
 */
final class Mappings {
    private static final ConcurrentSkipListMap<Long, Long> SIZE_BY_START =
            new ConcurrentSkipListMap<>();

    private Mappings() {}

    static void add(long start, long bytes) {
        SIZE_BY_START.put(start, bytes);
    }

    static void remove(long start) {
        SIZE_BY_START.remove(start);
    }

    static void check(long address, long bytes) {
        Map.Entry<Long, Long> e = SIZE_BY_START.floorEntry(address);
        if (e == null || address + bytes > e.getKey() + e.getValue()) {
            throw new IndexOutOfBoundsException(
                    "raw access of %d bytes at %#x is outside every mapping"
                            .formatted(bytes, address));
        }
    }
}
