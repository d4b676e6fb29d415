package io.understudy.hypervisor.guest;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.memory.GuestRam;
import java.lang.foreign.MemorySegment;
import java.util.Map;

/**
 * Loads an ELF64 guest and says where it starts.
 *
 * <pre>
 * gpa 0x1000 boot-info page   0x2000..0x7fff page tables   0x100000.. image
 * </pre>
 */
public final class BootProtocol {
    public static final long BOOT_INFO = 0x1000;

    /** Images load from here on. */
    public static final long IMAGE_START = 0x10_0000;

    /** Root of the guest's first page tables, for CR3. */
    public static final long PAGE_TABLES = BootPageTables.PML4;

    /** Smallest RAM that holds the boot structures and a small image. */
    public static final long MEMORY_MIN = 2L << 20;

    /** Largest RAM that the boot page tables reach, the device hole deducted. */
    public static final long MEMORY_MAX = BootPageTables.MEMORY_END_MAX - (1L << 30);

    private BootProtocol() {}

    /**
     * Writes image, boot info and page tables.
     *
     * @return linear address of the first instruction
     * @throws MachineSetupException if the image is bad or does not fit; RAM is then untouched
     */
    public static long load(GuestRam ram, GuestImage image, Map<String, Long> parameters)
            throws MachineSetupException {
        ElfImage elf = ElfImage.parse(image);
        for (ElfImage.Segment s : elf.segments()) {
            checkPlace(ram, image, s);
        }
        byte[] info = BootInfo.encode(ram.map().bytes(), elf.end(), parameters);
        MemorySegment bytes = MemorySegment.ofBuffer(image.view());
        for (ElfImage.Segment s : elf.segments()) {
            ram.write(s.address(), bytes, s.fileOffset(), s.fileBytes());
        }
        ram.write(BOOT_INFO, MemorySegment.ofArray(info), 0, info.length);
        BootPageTables.write(ram);
        return elf.entry();
    }

    private static void checkPlace(GuestRam ram, GuestImage image, ElfImage.Segment segment)
            throws MachineSetupException {
        if (segment.address() < IMAGE_START) {
            throw new MachineSetupException(
                    "guest image %s has a segment at %#x, below %#x where images may start"
                            .formatted(image.name(), segment.address(), IMAGE_START));
        }
        if (!ram.map().contains(segment.address(), segment.memoryBytes())) {
            throw new MachineSetupException(
                    "guest image %s needs memory %#x to %#x, the machine has %d bytes"
                            .formatted(
                                    image.name(),
                                    segment.address(),
                                    segment.end(),
                                    ram.map().bytes()));
        }
    }
}
