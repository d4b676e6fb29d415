package io.understudy.hypervisor.guest;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.MachineSetupException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * A checked ELF64 executable for x86-64 ("System V ABI", chapters "ELF Header" and "Program
 * Header").
 *
 * <pre>
 * header:  0 magic  4 class  5 data  6 version  16 type  18 machine  20 version  24 entry  32 phoff
 *          52 ehsize  54 phentsize  56 phnum
 * program header: 0 type  4 flags  8 offset  16 vaddr  24 paddr  32 filesz  40 memsz  48 align
 * </pre>
 */
final class ElfImage {
    /** More loadable segments than any image of ours could need. */
    static final int SEGMENTS_MAX = 64;

    private static final int HEADER_BYTES = 64;
    private static final int PROGRAM_HEADER_BYTES = 56;
    private static final int PROGRAM_HEADERS_MAX = 256;
    private static final int MAGIC = 0x464c457f;
    private static final int CLASS_64 = 2;
    private static final int LITTLE_ENDIAN = 1;
    private static final int TYPE_EXECUTABLE = 2;
    private static final int MACHINE_X86_64 = 62;
    private static final int LOADABLE = 1;
    private static final int EXECUTABLE = 1;

    /**
     * A loadable segment.
     *
     * @param fileOffset first byte in the file
     * @param fileBytes bytes to copy from the file
     * @param address guest-physical address, which is also the linear one
     * @param memoryBytes bytes in memory; those past {@code fileBytes} are zero
     * @param executable whether code may run in it
     */
    record Segment(
            long fileOffset, long fileBytes, long address, long memoryBytes, boolean executable) {
        long end() {
            return address + memoryBytes;
        }
    }

    private final GuestImage image;
    private final ByteBuffer in;
    private final List<Segment> segments = new ArrayList<>();
    private long entry;

    private ElfImage(GuestImage image) {
        this.image = image;
        this.in = image.view();
    }

    /**
     * Parses and checks everything that does not depend on the machine.
     *
     * @throws MachineSetupException naming the image, the field and its value
     */
    static ElfImage parse(GuestImage image) throws MachineSetupException {
        ElfImage elf = new ElfImage(image);
        elf.readHeader();
        elf.checkOverlaps();
        elf.checkEntry();
        return elf;
    }

    long entry() {
        return entry;
    }

    List<Segment> segments() {
        return List.copyOf(segments);
    }

    /** First page boundary above every segment. */
    long end() {
        long end = 0;
        for (Segment s : segments) {
            end = Math.max(end, s.end());
        }
        return end + 4095 & -4096L;
    }

    private void readHeader() throws MachineSetupException {
        if (in.limit() < HEADER_BYTES) {
            throw bad(
                    "is truncated: %d bytes, an ELF header has %d"
                            .formatted(in.limit(), HEADER_BYTES));
        }
        expect("magic", in.getInt(0), MAGIC, "ELF");
        expect("class", in.get(4), CLASS_64, "64-bit");
        expect("data encoding", in.get(5), LITTLE_ENDIAN, "little-endian");
        expect("version", in.get(6), 1, "1");
        expect("type", in.getShort(16) & 0xffff, TYPE_EXECUTABLE, "an executable (ET_EXEC)");
        expect("machine", in.getShort(18) & 0xffff, MACHINE_X86_64, "x86-64");
        entry = in.getLong(24);
        long tableOffset = in.getLong(32);
        int entryBytes = in.getShort(54) & 0xffff;
        int count = in.getShort(56) & 0xffff;
        if (entryBytes != PROGRAM_HEADER_BYTES) {
            throw bad(
                    "has program headers of %d bytes, not %d"
                            .formatted(entryBytes, PROGRAM_HEADER_BYTES));
        }
        if (count == 0 || count > PROGRAM_HEADERS_MAX) {
            throw bad(
                    "has %d program headers, 1 to %d are allowed"
                            .formatted(count, PROGRAM_HEADERS_MAX));
        }
        if (tableOffset < 0 || tableOffset > in.limit() - (long) count * PROGRAM_HEADER_BYTES) {
            throw bad(
                    "is truncated: %d program headers at offset %#x do not fit %d bytes"
                            .formatted(count, tableOffset, in.limit()));
        }
        for (int i = 0; i < count; i++) {
            readProgramHeader(i, (int) tableOffset + i * PROGRAM_HEADER_BYTES);
        }
        if (segments.isEmpty()) {
            throw bad("has no loadable segment");
        }
    }

    private void readProgramHeader(int number, int at) throws MachineSetupException {
        if (in.getInt(at) != LOADABLE || in.getLong(at + 40) == 0) {
            return;
        }
        long fileOffset = in.getLong(at + 8);
        long linear = in.getLong(at + 16);
        long address = in.getLong(at + 24);
        long fileBytes = in.getLong(at + 32);
        long memoryBytes = in.getLong(at + 40);
        if (fileBytes < 0
                || fileOffset < 0
                || fileBytes > in.limit()
                || fileOffset > in.limit() - fileBytes) {
            throw bad(
                    "is truncated: segment %d wants %#x bytes at offset %#x of %#x"
                            .formatted(number, fileBytes, fileOffset, in.limit()));
        }
        if (memoryBytes < fileBytes) {
            throw bad(
                    "has segment %d with %#x bytes in memory but %#x in the file"
                            .formatted(number, memoryBytes, fileBytes));
        }
        if (address < 0 || memoryBytes < 0 || address > Long.MAX_VALUE - memoryBytes - 4096) {
            throw bad(
                    "has segment %d of %#x bytes at %#x, beyond any memory"
                            .formatted(number, memoryBytes, address));
        }
        if (linear != address) {
            throw bad(
                    "has segment %d at linear %#x but physical %#x; memory is mapped one to one"
                            .formatted(number, linear, address));
        }
        if (segments.size() == SEGMENTS_MAX) {
            throw bad("has more than %d loadable segments".formatted(SEGMENTS_MAX));
        }
        boolean executable = (in.getInt(at + 4) & EXECUTABLE) != 0;
        segments.add(new Segment(fileOffset, fileBytes, address, memoryBytes, executable));
    }

    private void checkOverlaps() throws MachineSetupException {
        for (int i = 0; i < segments.size(); i++) {
            for (int j = 0; j < i; j++) {
                Segment a = segments.get(j);
                Segment b = segments.get(i);
                if (a.address() < b.end() && b.address() < a.end()) {
                    throw bad(
                            "has overlapping segments at %#x and %#x"
                                    .formatted(a.address(), b.address()));
                }
            }
        }
    }

    private void checkEntry() throws MachineSetupException {
        for (Segment s : segments) {
            if (s.executable() && entry >= s.address() && entry < s.address() + s.fileBytes()) {
                return;
            }
        }
        throw bad("has its entry at %#x, in no executable segment".formatted(entry));
    }

    private void expect(String field, int found, int wanted, String meaning)
            throws MachineSetupException {
        if (found != wanted) {
            throw bad("has %s %#x, not %#x (%s)".formatted(field, found, wanted, meaning));
        }
    }

    private MachineSetupException bad(String what) {
        return new MachineSetupException("guest image %s %s".formatted(image.name(), what));
    }
}
