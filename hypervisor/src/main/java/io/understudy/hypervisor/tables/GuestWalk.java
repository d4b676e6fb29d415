package io.understudy.hypervisor.tables;

import io.understudy.hypervisor.ept.EptEntry;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.vmx.LogicalProcessor;
import io.understudy.vmx.VmcsField;
import io.understudy.vmx.memory.PhysicalMemory;
import java.lang.foreign.MemorySegment;

/**
 * Linear to guest-physical addresses by the guest's own page tables (SDM volume 3, "4-Level
 * Paging"), read by software: sets no flag, fills no cache.
 */
final class GuestWalk {
    static final long UNMAPPED = -1;

    private static final int LEVELS = 4;
    private static final long PRESENT = 1;
    private static final long LARGE = 1 << 7;
    private static final long ADDRESS = 0x000f_ffff_ffff_f000L;

    private final LogicalProcessor processor;
    private final PhysicalMemory memory;
    private final GuestRam ram;

    GuestWalk(LogicalProcessor processor, PhysicalMemory memory, GuestRam ram) {
        this.processor = processor;
        this.memory = memory;
        this.ram = ram;
    }

    /** Guest-physical address of memory, or {@link #UNMAPPED}. */
    long gpaOf(long linear) {
        long table = processor.vmread(VmcsField.GUEST_CR3) & ADDRESS;
        for (int level = LEVELS; ; level--) {
            long offset = ram.map().offsetOf(table + 8L * EptEntry.index(linear, level));
            long entry = offset < 0 ? 0 : memory.read64(ram.hpaOfOffset(offset));
            if ((entry & PRESENT) == 0) {
                return UNMAPPED;
            }
            if (level == 1 || (level <= 3 && (entry & LARGE) != 0)) {
                long within = (1L << EptEntry.shift(level)) - 1;
                long gpa = (entry & ADDRESS & ~within) | (linear & within);
                return ram.map().offsetOf(gpa) < 0 ? UNMAPPED : gpa;
            }
            table = entry & ADDRESS;
        }
    }

    /** Reads memory at a linear address; returns whether all of it is mapped. */
    boolean read(long linear, byte[] to, int length) {
        for (int done = 0; done < length; ) {
            long gpa = gpaOf(linear + done);
            if (gpa == UNMAPPED) {
                return false;
            }
            int bytes = (int) Math.min(length - done, 4096 - (gpa & 0xfff));
            readPhysical(gpa, MemorySegment.ofArray(to), done, bytes);
            done += bytes;
        }
        return true;
    }

    /** Reads RAM inside one page. */
    void readPhysical(long gpa, MemorySegment to, int at, int bytes) {
        memory.read(ram.hpaOfOffset(ram.map().offsetOf(gpa)), to, at, bytes);
    }

    /** Writes RAM as a device does; instructions decoded from there are dropped. */
    void writePhysical(long gpa, byte[] from, int at, int bytes) {
        ram.write(gpa, MemorySegment.ofArray(from), at, bytes);
    }
}
