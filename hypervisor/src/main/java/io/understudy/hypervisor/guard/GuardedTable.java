package io.understudy.hypervisor.guard;

/** A table that is guarded. */
public enum GuardedTable {
    GDT("gdt", 8),
    IDT("idt", 16);

    private final String key;
    private final int entryBytes;

    GuardedTable(String key, int entryBytes) {
        this.key = key;
        this.entryBytes = entryBytes;
    }

    /** Name in reports. */
    public String key() {
        return key;
    }

    /** Bytes of one entry in IA-32e mode; a system segment in the GDT takes two. */
    public int entryBytes() {
        return entryBytes;
    }
}
