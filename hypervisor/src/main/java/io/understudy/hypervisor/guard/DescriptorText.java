package io.understudy.hypervisor.guard;

/** Descriptors in words (SDM volume 3, "Segment Descriptors" and "64-Bit Mode IDT"). */
final class DescriptorText {
    private static final long PRESENT = 1L << 47;
    private static final long CODE_OR_DATA = 1L << 44;
    private static final long CODE = 1L << 43;
    private static final long ACCESSED = 1L << 40;
    private static final long LONG_MODE = 1L << 53;

    private DescriptorText() {}

    static String of(GuardedTable table, long low, long high) {
        if (low == 0 && high == 0) {
            return "empty";
        }
        return table == GuardedTable.IDT ? gate(low, high) : segment(low);
    }

    private static String gate(long low, long high) {
        long offset = (low & 0xffff) | (low >>> 32 & 0xffff_0000L) | high << 32;
        return "%s %#x:%#x dpl %d ist %d%s"
                .formatted(
                        system((int) (low >>> 40) & 15),
                        low >>> 16 & 0xffff,
                        offset,
                        privilege(low),
                        low >>> 32 & 7,
                        absence(low));
    }

    private static String segment(long low) {
        int type = (int) (low >>> 40) & 15;
        String kind =
                (low & CODE_OR_DATA) == 0
                        ? system(type)
                        : (low & CODE) == 0
                                ? "data"
                                : (low & LONG_MODE) != 0 ? "64-bit code" : "code";
        boolean isMarked = (low & CODE_OR_DATA) != 0 && (low & ACCESSED) != 0;
        return "%s base %#x dpl %d%s%s"
                .formatted(
                        kind,
                        (low >>> 16 & 0xff_ffff) | (low >>> 32 & 0xff00_0000L),
                        privilege(low),
                        isMarked ? " accessed" : "",
                        absence(low));
    }

    private static long privilege(long low) {
        return low >>> 45 & 3;
    }

    private static String absence(long low) {
        return (low & PRESENT) == 0 ? " not present" : "";
    }

    private static String system(int type) {
        return switch (type) {
            case 1, 3 -> "16-bit task";
            case 2 -> "local table";
            case 5 -> "task gate";
            case 9 -> "task";
            case 11 -> "busy task";
            case 12 -> "call gate";
            case 14 -> "interrupt gate";
            case 15 -> "trap gate";
            default -> "type " + type;
        };
    }
}
