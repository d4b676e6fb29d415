package io.understudy.hypervisor.board;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.vmx.memory.PhysicalMemory;
import java.nio.ByteBuffer;

/**
 * Loads a kernel by the Linux x86 boot protocol and enters it by the 32-bit one (Linux,
 * "Documentation/arch/x86/boot.rst").
 */
final class LinuxLoader {
    private static final long PARAMETERS = 0x9_0000;
    private static final long COMMAND_LINE = 0x9_1000;
    private static final int COMMAND_LINE_BYTES_MAX = 0x1000;
    private static final long KERNEL = 0x10_0000;

    private static final int SETUP_SECTORS = 0x1f1;
    private static final int HEADER_MAGIC = 0x202;
    private static final int MAGIC_HDRS = 0x5372_6448;
    private static final int PROTOCOL = 0x206;
    private static final int PROTOCOL_MIN = 0x206;
    private static final int LOADER_TYPE = 0x210;
    private static final int LOAD_FLAGS = 0x211;
    private static final int INITRD_ADDRESS = 0x218;
    private static final int INITRD_BYTES = 0x21c;
    private static final int COMMAND_LINE_ADDRESS = 0x228;
    private static final int INITRD_END_MAX = 0x22c;
    private static final int MAP_COUNT = 0x1e8;
    private static final int MAP = 0x2d0;
    private static final int MAP_ENTRY_BYTES = 20;
    private static final int UNDEFINED_LOADER = 0xff;
    private static final int LOADED_HIGH = 1;
    private static final int CODE_SELECTOR = 0x10;

    private LinuxLoader() {}

    static BootRom.Entry load(BoardMemory memory, BoardConfig config) throws MachineSetupException {
        GuestImage image = config.image();
        ByteBuffer in = image.view();
        if (in.limit() < 0x268 || in.getInt(HEADER_MAGIC) != MAGIC_HDRS) {
            throw new MachineSetupException(
                    "image %s is no Linux kernel: it lacks the boot header"
                            .formatted(image.name()));
        }
        int protocol = in.getShort(PROTOCOL) & 0xffff;
        if (protocol < PROTOCOL_MIN) {
            throw new MachineSetupException(
                    "image %s speaks boot protocol %x, at least %x is needed"
                            .formatted(image.name(), protocol, PROTOCOL_MIN));
        }
        int sectors = in.get(SETUP_SECTORS) & 0xff;
        long setupBytes = ((sectors == 0 ? 4 : sectors) + 1) * 512L;
        if (setupBytes >= in.limit()) {
            throw new MachineSetupException("image %s is truncated".formatted(image.name()));
        }
        memory.load(image, setupBytes, in.limit() - setupBytes, KERNEL);
        PhysicalMemory physical = memory.physical();
        physical.fill(PARAMETERS, 4096, 0);
        memory.load(image, SETUP_SECTORS, 0x290 - SETUP_SECTORS, PARAMETERS + SETUP_SECTORS);
        physical.write8(PARAMETERS + LOADER_TYPE, UNDEFINED_LOADER);
        physical.write8(PARAMETERS + LOAD_FLAGS, in.get(LOAD_FLAGS) | LOADED_HIGH);
        if (config.commandLine().length() >= COMMAND_LINE_BYTES_MAX) {
            throw new MachineSetupException("the command line is longer than 4095 bytes");
        }
        memory.writeString(COMMAND_LINE, config.commandLine());
        physical.write32(PARAMETERS + COMMAND_LINE_ADDRESS, (int) COMMAND_LINE);
        loadRamDisk(memory, config, in.getInt(INITRD_END_MAX) & 0xffff_ffffL);
        writeMap(memory);
        return new BootRom.Entry(KERNEL, 0, 0, (int) PARAMETERS, CODE_SELECTOR);
    }

    private static void loadRamDisk(BoardMemory memory, BoardConfig config, long endMax)
            throws MachineSetupException {
        if (config.modules().isEmpty()) {
            return;
        }
        GuestImage disk = config.modules().getFirst();
        long bytes = disk.view().limit();
        long end = Math.min(memory.lowBytes(), endMax + 1);
        long address = (end - bytes) & -4096L;
        memory.load(disk, 0, bytes, address);
        memory.physical().write32(PARAMETERS + INITRD_ADDRESS, (int) address);
        memory.physical().write32(PARAMETERS + INITRD_BYTES, (int) bytes);
    }

    private static void writeMap(BoardMemory memory) {
        PhysicalMemory physical = memory.physical();
        long next = PARAMETERS + MAP;
        int count = 0;
        for (MemoryMap.Range r : MemoryMap.of(memory)) {
            physical.write64(next, r.address());
            physical.write64(next + 8, r.bytes());
            physical.write32(next + 16, r.type());
            next += MAP_ENTRY_BYTES;
            count++;
        }
        physical.write8(PARAMETERS + MAP_COUNT, count);
    }
}
