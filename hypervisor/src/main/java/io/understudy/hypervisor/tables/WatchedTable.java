package io.understudy.hypervisor.tables;

import io.understudy.hypervisor.guard.DescriptorChange;
import io.understudy.hypervisor.guard.GuardedTable;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Where a table is, and what it held when it was last found right. */
final class WatchedTable {
    private static final ValueLayout.OfLong WORD =
            ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final int PAGE_BYTES = 4096;
    private static final int IDT_BYTES_MAX = 256 * 16;

    private final GuardedTable name;
    private final GuestWalk walk;
    private long base;
    private long limit;

    /** Whole entries that lie inside the limit. */
    private int bytes;

    /** Guest-physical address of the first byte of the table in each of its pages. */
    private long[] parts = new long[0];

    /** Where it was before the last {@link #locate} that found it elsewhere. */
    private String placeBefore = "";

    private byte[] approved = new byte[0];
    private byte[] current = new byte[0];
    private MemorySegment currentBytes = MemorySegment.ofArray(current);

    WatchedTable(GuardedTable name, GuestWalk walk) {
        this.name = name;
        this.walk = walk;
    }

    GuardedTable name() {
        return name;
    }

    /** Whether no entry lies inside the limit. */
    boolean isEmpty() {
        return bytes == 0;
    }

    boolean isAt(long newBase, long newLimit) {
        return base == newBase && limit == newLimit;
    }

    /** The register was loaded; what was approved stays so. {@link #locate} must follow. */
    void moveTo(long newBase, long newLimit) {
        base = newBase;
        limit = newLimit;
        int most = name == GuardedTable.IDT ? IDT_BYTES_MAX : 1 << 16;
        bytes = (int) Math.min(most, newLimit + 1) & -name.entryBytes();
        long pages = bytes == 0 ? 0 : ((base + bytes - 1) >>> 12) - (base >>> 12) + 1;
        parts = new long[(int) pages];
        Arrays.fill(parts, GuestWalk.UNMAPPED);
        approved = Arrays.copyOf(approved, bytes);
        current = new byte[bytes];
        currentBytes = MemorySegment.ofArray(current);
    }

    /** Walks to each page; one that is not mapped now stays where it was. Returns what changed. */
    boolean locate() {
        boolean isNew = false;
        for (int i = 0; i < parts.length; i++) {
            long linear = i == 0 ? base : (base & -PAGE_BYTES) + (long) i * PAGE_BYTES;
            long gpa = walk.gpaOf(linear);
            if (gpa != GuestWalk.UNMAPPED && gpa != parts[i]) {
                placeBefore = isNew ? placeBefore : place();
                parts[i] = gpa;
                isNew = true;
            }
        }
        return isNew;
    }

    /** The pages that it lies in, as text. */
    String place() {
        StringBuilder text = new StringBuilder();
        for (long part : parts) {
            text.append(text.isEmpty() ? "" : " ");
            text.append(part == GuestWalk.UNMAPPED ? "unmapped" : "page %#x".formatted(part >> 12));
        }
        return text.toString();
    }

    String placeBefore() {
        return placeBefore;
    }

    /** Whether a part of it lies in a page. */
    boolean liesIn(long page) {
        for (long part : parts) {
            if (part != GuestWalk.UNMAPPED && (part & -PAGE_BYTES) == page) {
                return true;
            }
        }
        return false;
    }

    void addPagesTo(HeldPages pages) {
        for (long part : parts) {
            if (part != GuestWalk.UNMAPPED) {
                pages.add(part & -PAGE_BYTES);
            }
        }
    }

    /** Whether a guest-physical address is inside the table. */
    boolean contains(long gpa) {
        int at = 0;
        for (long part : parts) {
            int length = partBytes(at);
            if (part != GuestWalk.UNMAPPED && gpa >= part && gpa < part + length) {
                return true;
            }
            at += length;
        }
        return false;
    }

    /** Entries that are not as they were approved. */
    List<DescriptorChange> changes() {
        readCurrent();
        int at = nextChange(0);
        if (at < 0) {
            return List.of();
        }
        int step = name.entryBytes();
        DescriptorChange first = change(at);
        at = nextChange(at + step);
        if (at < 0) {
            return List.of(first); // the rule, and it happens all day
        }
        List<DescriptorChange> changes = new ArrayList<>();
        changes.add(first);
        for (; at >= 0; at = nextChange(at + step)) {
            changes.add(change(at));
        }
        return changes;
    }

    /** The first entry from {@code from} on that is not as approved; -1 if there is none. */
    private int nextChange(int from) {
        int at = Arrays.mismatch(approved, from, bytes, current, from, bytes);
        return at < 0 ? -1 : from + at & -name.entryBytes();
    }

    private DescriptorChange change(int at) {
        boolean isGate = name == GuardedTable.IDT;
        long oldLow = word(approved, at);
        long newLow = word(current, at);
        DescriptorJudge.Opinion opinion =
                isGate
                        ? DescriptorJudge.gate()
                        : DescriptorJudge.segment(oldLow, newLow, isUpperHalf(at));
        return new DescriptorChange(
                name,
                at / name.entryBytes(),
                oldLow,
                isGate ? word(approved, at + 8) : 0,
                newLow,
                isGate ? word(current, at + 8) : 0,
                opinion.isLegitimate(),
                opinion.reason());
    }

    /** Whether a slot of the GDT is the second one of a system segment, before or now. */
    private boolean isUpperHalf(int at) {
        return at >= 8
                && (DescriptorJudge.isWide(word(approved, at - 8))
                        || DescriptorJudge.isWide(word(current, at - 8)));
    }

    /** What is there now, as last read by {@link #changes}, is right. */
    void approve() {
        System.arraycopy(current, 0, approved, 0, bytes);
    }

    /** What is there now is right, whatever it is. */
    void approveUnread() {
        readCurrent();
        approve();
    }

    /** Puts the approved content of one entry back. */
    void restore(DescriptorChange change) {
        int step = name.entryBytes();
        int from = change.index() * step;
        for (int i = from; i < from + step; i++) {
            current[i] = approved[i];
        }
        int at = 0;
        for (long part : parts) {
            int length = partBytes(at);
            int first = Math.max(from, at);
            int end = Math.min(from + step, at + length);
            if (part != GuestWalk.UNMAPPED && first < end) {
                walk.writePhysical(part + (first - at), approved, first, end - first);
            }
            at += length;
        }
    }

    /** What is not mapped counts as unchanged. */
    private void readCurrent() {
        int at = 0;
        for (int i = 0; i < parts.length; i++) {
            int length = partBytes(at);
            if (parts[i] == GuestWalk.UNMAPPED) {
                System.arraycopy(approved, at, current, at, length);
            } else {
                walk.readPhysical(parts[i], currentBytes, at, length);
            }
            at += length;
        }
    }

    /** Bytes of the table in the page that holds its byte {@code at}. */
    private int partBytes(int at) {
        long linear = base + at;
        return (int) Math.min(bytes - at, PAGE_BYTES - (linear & (PAGE_BYTES - 1)));
    }

    private static long word(byte[] from, int at) {
        return MemorySegment.ofArray(from).get(WORD, at);
    }
}
