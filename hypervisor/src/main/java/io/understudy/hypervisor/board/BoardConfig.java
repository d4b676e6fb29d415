package io.understudy.hypervisor.board;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.vmx.ProcessorModel;
import java.util.List;

/**
 * What a bare machine is built from.
 *
 * @param image what it starts
 * @param kind how that is loaded
 * @param commandLine words behind the file name
 * @param modules files that the boot protocol hands over, in order
 * @param memoryBytes RAM, a multiple of 4096, at least {@link #MEMORY_MIN_BYTES}
 * @param cpuModel features of the processors
 * @param processors 1 or 2
 */
public record BoardConfig(
        GuestImage image,
        Kind kind,
        String commandLine,
        List<GuestImage> modules,
        long memoryBytes,
        ProcessorModel cpuModel,
        int processors) {
    /** How an image is loaded and entered. */
    public enum Kind {
        /** ELF with or without a multiboot-1 header, or an a.out kludge. */
        MULTIBOOT,
        /** Linux x86 boot protocol. */
        LINUX,
        /** Raw bytes that end below 4 GiB; execution begins at the reset vector. */
        ROM
    }

    public static final long MEMORY_MIN_BYTES = 2L << 20;
    public static final long MEMORY_UNIT_BYTES = 4096;
    public static final int PROCESSORS_MAX = 2;

    public BoardConfig {
        modules = List.copyOf(modules);
    }

    void check() throws MachineSetupException {
        if (memoryBytes < MEMORY_MIN_BYTES || memoryBytes % MEMORY_UNIT_BYTES != 0) {
            throw new MachineSetupException(
                    "memory must be a multiple of 4096 bytes and at least 2M, not " + memoryBytes);
        }
        if (processors < 1 || processors > PROCESSORS_MAX) {
            throw new MachineSetupException("a machine has 1 or 2 processors, not " + processors);
        }
    }
}
