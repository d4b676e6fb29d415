package io.understudy.vmx.execute;

import io.understudy.vmx.cpu.Cpu;
import io.understudy.vmx.memory.RawMemory;

/** Loads, stores and read-modify-writes of a size that is a parameter. */
final class MemoryAccess {
    private MemoryAccess() {}

    /** Loads 1, 2, 4 or 8 bytes, zero-extended. */
    static long load(Cpu cpu, long linear, int bytes) {
        return switch (bytes) {
            case 1 -> cpu.load8(linear);
            case 2 -> cpu.load16(linear);
            case 4 -> cpu.load32(linear);
            default -> cpu.load64(linear);
        };
    }

    static void store(Cpu cpu, long linear, int bytes, long value) {
        switch (bytes) {
            case 1 -> cpu.store8(linear, value);
            case 2 -> cpu.store16(linear, value);
            case 4 -> cpu.store32(linear, value);
            default -> cpu.store64(linear, value);
        }
    }

    /**
     * Begins a read-modify-write: probes for the write, then loads. The place is remembered in
     * {@link Cpu#updateHost} and {@link Cpu#updateLinear} until {@link #storeUpdate}.
     */
    static long loadForUpdate(Cpu cpu, long linear, int bytes) {
        long host = cpu.hostForUpdate(linear, bytes);
        cpu.updateHost = host;
        cpu.updateLinear = linear;
        return host != 0 ? loadHost(host, bytes) : load(cpu, linear, bytes);
    }

    /** Ends a read-modify-write; cannot fault. */
    static void storeUpdate(Cpu cpu, int bytes, long value) {
        long host = cpu.updateHost;
        if (host != 0) {
            storeHost(host, bytes, value);
        } else {
            store(cpu, cpu.updateLinear, bytes, value);
        }
    }

    /**
     * Ends a locked read-modify-write: stores {@code value} if memory still holds {@code expected},
     * atomically where the operand is an aligned word of 4 or 8 bytes.
     *
     * @return whether it was stored; if not, the caller begins again
     */
    static boolean storeUpdateLocked(Cpu cpu, int bytes, long expected, long value) {
        long host = cpu.updateHost;
        if (host != 0 && (host & bytes - 1) == 0) {
            if (bytes == 8) {
                return RawMemory.compareAndSet64(host, expected, value);
            }
            if (bytes == 4) {
                return RawMemory.compareAndSet32(host, (int) expected, (int) value);
            }
        }
        // Bytes, words and split locks: one thread executes all processors of a platform.
        storeUpdate(cpu, bytes, value);
        return true;
    }

    static long loadHost(long host, int bytes) {
        return switch (bytes) {
            case 1 -> RawMemory.get8(host);
            case 2 -> RawMemory.get16(host);
            case 4 -> RawMemory.get32(host) & 0xffff_ffffL;
            default -> RawMemory.get64(host);
        };
    }

    static void storeHost(long host, int bytes, long value) {
        switch (bytes) {
            case 1 -> RawMemory.put8(host, (int) value);
            case 2 -> RawMemory.put16(host, (int) value);
            case 4 -> RawMemory.put32(host, (int) value);
            default -> RawMemory.put64(host, value);
        }
    }
}
