package io.understudy.hypervisor.board;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.vmx.memory.PhysicalMemory;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * Loads ELF images by program headers, or by the addresses of a multiboot header, and writes the
 * multiboot information (Multiboot Specification 0.6.96, "Boot information format").
 *
 * <pre>
 * information: +0 flags +4 mem_lower +8 mem_upper +12 boot_device +16 cmdline +20 mods_count +24 mods_addr
 *              +44 mmap_length +48 mmap_addr +64 boot_loader_name
 * </pre>
 */
final class MultibootLoader {
    private static final int HEADER_MAGIC = 0x1bad_b002;
    private static final int ENTRY_MAGIC = 0x2bad_b002;
    private static final int HEADER_RANGE_BYTES = 8192;
    private static final int HEADER_HAS_ADDRESSES = 1 << 16;

    private static final int ELF_MAGIC = 0x464c_457f;
    private static final int ELF_CLASS_64 = 2;
    private static final int LOADABLE = 1;

    private static final int INFO_MEMORY = 1;
    private static final int INFO_BOOT_DEVICE = 1 << 1;
    private static final int INFO_COMMAND_LINE = 1 << 2;
    private static final int INFO_MODULES = 1 << 3;
    private static final int INFO_MAP = 1 << 6;
    private static final int INFO_LOADER_NAME = 1 << 9;
    private static final int INFO_BYTES = 120;
    private static final int MODULE_BYTES = 16;
    private static final int MAP_ENTRY_BYTES = 24;

    private static final int CODE_SELECTOR = 8;
    private static final long LOW_INFORMATION = 0x1_0000;
    private static final int MAP_OFFSET = 0x8000;
    private static final String LOADER = "understudy";

    private final BoardMemory memory;
    private final PhysicalMemory physical;
    private final GuestImage image;
    private final ByteBuffer in;
    private long entry;
    private long start = Long.MAX_VALUE;
    private long end;

    private MultibootLoader(BoardMemory memory, GuestImage image) {
        this.memory = memory;
        this.physical = memory.physical();
        this.image = image;
        this.in = image.view();
    }

    /** Loads image and modules; returns the state in which the kernel starts. */
    static BootRom.Entry load(BoardMemory memory, BoardConfig config) throws MachineSetupException {
        MultibootLoader loader = new MultibootLoader(memory, config.image());
        loader.loadKernel();
        int information = loader.writeInformation(config.commandLine(), config.modules());
        return new BootRom.Entry(loader.entry, ENTRY_MAGIC, information, 0, CODE_SELECTOR);
    }

    private void loadKernel() throws MachineSetupException {
        int header = findHeader();
        boolean elf = in.limit() >= 52 && in.getInt(0) == ELF_MAGIC;
        if (header >= 0 && (in.getInt(header + 4) & HEADER_HAS_ADDRESSES) != 0) {
            loadByHeader(header);
        } else if (elf && in.get(4) == ELF_CLASS_64) {
            loadElf64();
        } else if (elf) {
            loadElf32();
        } else {
            throw bad("is neither ELF nor has it a multiboot header with addresses");
        }
    }

    /** Offset of the multiboot header, or -1. */
    private int findHeader() {
        int last = Math.min(in.limit(), HEADER_RANGE_BYTES) - 12;
        for (int at = 0; at <= last; at += 4) {
            if (in.getInt(at) == HEADER_MAGIC
                    && in.getInt(at) + in.getInt(at + 4) + in.getInt(at + 8) == 0) {
                return at;
            }
        }
        return -1;
    }

    private void loadByHeader(int header) throws MachineSetupException {
        if (header + 32 > in.limit()) {
            throw bad("is truncated inside its multiboot header");
        }
        long headerAddress = in.getInt(header + 12) & 0xffff_ffffL;
        long loadAddress = in.getInt(header + 16) & 0xffff_ffffL;
        long loadEnd = in.getInt(header + 20) & 0xffff_ffffL;
        long bssEnd = in.getInt(header + 24) & 0xffff_ffffL;
        entry = in.getInt(header + 28) & 0xffff_ffffL;
        long offset = header - (headerAddress - loadAddress);
        long bytes = loadEnd == 0 ? in.limit() - offset : loadEnd - loadAddress;
        if (offset < 0 || bytes < 0 || offset > in.limit() - bytes) {
            throw bad("has a multiboot header whose addresses do not fit the file");
        }
        memory.load(image, offset, bytes, loadAddress);
        start = loadAddress;
        end = Math.max(loadAddress + bytes, bssEnd);
        zero(loadAddress + bytes, end);
    }

    private void loadElf32() throws MachineSetupException {
        entry = in.getInt(24) & 0xffff_ffffL;
        long table = in.getInt(28) & 0xffff_ffffL;
        int size = in.getShort(42) & 0xffff;
        int count = in.getShort(44) & 0xffff;
        for (int i = 0; i < count; i++) {
            long at = table + (long) i * size;
            if (at + 32 > in.limit()) {
                throw bad("is truncated inside its program headers");
            }
            int p = (int) at;
            if (in.getInt(p) == LOADABLE) {
                segment(
                        in.getInt(p + 4) & 0xffff_ffffL,
                        in.getInt(p + 12) & 0xffff_ffffL,
                        in.getInt(p + 16) & 0xffff_ffffL,
                        in.getInt(p + 20) & 0xffff_ffffL);
            }
        }
        requireSegments();
    }

    private void loadElf64() throws MachineSetupException {
        entry = in.getLong(24);
        long table = in.getLong(32);
        int size = in.getShort(54) & 0xffff;
        int count = in.getShort(56) & 0xffff;
        for (int i = 0; i < count; i++) {
            long at = table + (long) i * size;
            if (at < 0 || at + 56 > in.limit()) {
                throw bad("is truncated inside its program headers");
            }
            int p = (int) at;
            if (in.getInt(p) == LOADABLE) {
                segment(
                        in.getLong(p + 8),
                        in.getLong(p + 24),
                        in.getLong(p + 32),
                        in.getLong(p + 40));
            }
        }
        requireSegments();
        if (entry >>> 32 != 0) {
            throw bad("has its entry at %#x, beyond 32 bits".formatted(entry));
        }
    }

    private void segment(long offset, long address, long fileBytes, long memoryBytes)
            throws MachineSetupException {
        if (offset < 0 || fileBytes < 0 || offset > in.limit() - fileBytes) {
            throw bad(
                    "is truncated: a segment wants %#x bytes at offset %#x"
                            .formatted(fileBytes, offset));
        }
        memory.load(image, offset, fileBytes, address);
        start = Math.min(start, address);
        zero(address + fileBytes, address + memoryBytes);
        end = Math.max(end, address + memoryBytes);
    }

    private void requireSegments() throws MachineSetupException {
        if (end == 0) {
            throw bad("has no loadable segment");
        }
    }

    private void zero(long from, long to) throws MachineSetupException {
        if (to > memory.lowBytes()) {
            throw bad("needs memory up to %#x, RAM ends at %#x".formatted(to, memory.lowBytes()));
        }
        if (to > from) {
            physical.fill(from, to - from, 0);
        }
    }

    /**
     * Modules behind the kernel, on pages of their own. What is small goes below 640 KiB, where
     * other loaders have it and no kernel that begins at 1 MiB allocates, else behind the modules.
     */
    private int writeInformation(String commandLine, List<GuestImage> modules)
            throws MachineSetupException {
        long at = page(Math.max(end, 0x10_0000));
        long[] starts = new long[modules.size()];
        for (int i = 0; i < modules.size(); i++) {
            starts[i] = at;
            GuestImage module = modules.get(i);
            memory.load(module, 0, module.view().limit(), at);
            at = page(at + module.view().limit());
        }
        boolean low = start >= 0x10_0000;
        long information = low ? LOW_INFORMATION : at;
        if (information + 0x1_0000 > memory.lowBytes()) {
            throw bad("leaves no room for the boot information");
        }
        int stringBytes = commandLine.length() + image.name().length() + LOADER.length() + 3;
        for (GuestImage module : modules) {
            stringBytes += module.name().length() + 1 + MODULE_BYTES;
        }
        if (INFO_BYTES + stringBytes > MAP_OFFSET) {
            throw bad("has a command line or modules that do not fit into 32 KiB");
        }
        physical.fill(information, INFO_BYTES, 0);
        long strings = information + INFO_BYTES + (long) MODULE_BYTES * modules.size();
        long map = information + MAP_OFFSET;
        physical.write32(information + 4, (int) (BoardMemory.LOW_RESERVED >>> 10));
        physical.write32(information + 8, (int) ((memory.lowBytes() - 0x10_0000) >>> 10));
        physical.write32(information + 12, 0x8000_ffff);
        physical.write32(information + 16, (int) strings);
        strings = memory.writeString(strings, words(image, commandLine));
        physical.write32(information + 20, modules.size());
        physical.write32(information + 24, (int) information + INFO_BYTES);
        for (int i = 0; i < modules.size(); i++) {
            long record = information + INFO_BYTES + (long) MODULE_BYTES * i;
            GuestImage module = modules.get(i);
            physical.write32(record, (int) starts[i]);
            physical.write32(record + 4, (int) (starts[i] + module.view().limit()));
            physical.write32(record + 8, (int) strings);
            physical.write32(record + 12, 0);
            strings = memory.writeString(strings, module.name());
        }
        physical.write32(information + 64, (int) strings);
        memory.writeString(strings, LOADER);
        physical.write32(information + 44, writeMap(map));
        physical.write32(information + 48, (int) map);
        int flags =
                INFO_MEMORY
                        | INFO_BOOT_DEVICE
                        | INFO_COMMAND_LINE
                        | INFO_MODULES
                        | INFO_MAP
                        | INFO_LOADER_NAME;
        physical.write32(information, flags);
        return (int) information;
    }

    /** The first word is the file name. */
    private static String words(GuestImage image, String commandLine) {
        return commandLine.isEmpty() ? image.name() : image.name() + " " + commandLine;
    }

    private int writeMap(long at) {
        long next = at;
        for (MemoryMap.Range r : MemoryMap.of(memory)) {
            physical.write32(next, MAP_ENTRY_BYTES - 4);
            physical.write64(next + 4, r.address());
            physical.write64(next + 12, r.bytes());
            physical.write32(next + 20, r.type());
            next += MAP_ENTRY_BYTES;
        }
        return (int) (next - at);
    }

    private static long page(long address) {
        return (address + 4095) & -4096L;
    }

    private MachineSetupException bad(String what) {
        return new MachineSetupException("image %s %s".formatted(image.name(), what));
    }
}
