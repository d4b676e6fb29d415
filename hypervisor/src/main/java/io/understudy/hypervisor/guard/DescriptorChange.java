package io.understudy.hypervisor.guard;

/**
 * Old and new content of one entry of a table.
 *
 * @param index number of the entry: of 8 bytes in the GDT, of 16 in the IDT
 * @param oldLow bytes 0 to 7; the high parts are 0 in the GDT
 * @param reason why the change is right or suspicious, a few words
 */
public record DescriptorChange(
        GuardedTable table,
        int index,
        long oldLow,
        long oldHigh,
        long newLow,
        long newHigh,
        boolean isLegitimate,
        String reason) {
    public String oldText() {
        return DescriptorText.of(table, oldLow, oldHigh);
    }

    public String newText() {
        return DescriptorText.of(table, newLow, newHigh);
    }
}
