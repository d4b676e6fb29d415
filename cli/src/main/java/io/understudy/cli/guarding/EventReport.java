package io.understudy.cli.guarding;

import io.understudy.hypervisor.guard.DescriptorChange;
import io.understudy.hypervisor.guard.GuardEvent;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One event of the guard as JSON. Addresses and contents are hexadecimal text: JSON numbers do not
 * hold 64 bits.
 */
public record EventReport(
        long number,
        double virtualUs,
        long instruction,
        int vcpu,
        String rip,
        String kind,
        String operand,
        @Nullable String linearAddress,
        String before,
        String after,
        List<Change> changes,
        long changesLeftOut,
        String verdict,
        String reason,
        String action,
        double sinceVirtualUs) {
    /** Entries of a table that an event shows at most. */
    private static final int CHANGES_MAX = 32;

    /** One entry of a table. */
    public record Change(
            String table, int index, String oldContent, String newContent, String old, String now) {
        static Change of(DescriptorChange change) {
            return new Change(
                    change.table().key(),
                    change.index(),
                    content(change, change.oldLow(), change.oldHigh()),
                    content(change, change.newLow(), change.newHigh()),
                    change.oldText(),
                    change.newText());
        }

        private static String content(DescriptorChange change, long low, long high) {
            return change.table().entryBytes() == Long.BYTES
                    ? String.format(Locale.ROOT, "%016x", low)
                    : String.format(Locale.ROOT, "%016x%016x", high, low);
        }
    }

    public EventReport {
        changes = List.copyOf(changes);
    }

    /** Shows one event. */
    public static EventReport of(GuardEvent event) {
        List<DescriptorChange> all = event.changes();
        return new EventReport(
                event.number(),
                event.virtualNs() / 1e3,
                event.instruction(),
                event.vcpu(),
                hex(event.rip()),
                event.kind().key(),
                event.operand(),
                event.linear() == GuardEvent.NO_ADDRESS ? null : hex(event.linear()),
                event.before(),
                event.after(),
                all.stream().limit(CHANGES_MAX).map(Change::of).toList(),
                Math.max(0, all.size() - CHANGES_MAX),
                event.verdict().key(),
                event.reason(),
                event.action().key(),
                event.sinceVirtualNs() / 1e3);
    }

    /** One line for people. */
    public String line() {
        StringBuilder text = new StringBuilder();
        text.append(
                String.format(
                        Locale.ROOT,
                        "%,.3f ms  vCPU %d  %s  %s %s: %s",
                        virtualUs / 1e3,
                        vcpu,
                        rip,
                        kind,
                        verdict,
                        reason));
        if (!action.equals("none")) {
            text.append(", ").append(action);
        }
        if (!operand.isEmpty()) {
            text.append("; operand ").append(operand);
        }
        if (!after.isEmpty() && !after.equals(before)) {
            text.append("; ").append(before).append(" -> ").append(after);
        }
        if (!changes.isEmpty()) {
            Change c = changes.getFirst();
            text.append(
                    String.format(
                            Locale.ROOT,
                            "; %s %d: %s -> %s",
                            c.table(),
                            c.index(),
                            c.old(),
                            c.now()));
            long more = changes.size() - 1 + changesLeftOut;
            text.append(more > 0 ? " and " + more + " more" : "");
        }
        if (sinceVirtualUs > 0) {
            text.append(
                    String.format(
                            Locale.ROOT, "; at most %,.0f us before it was found", sinceVirtualUs));
        }
        return text.toString();
    }

    private static String hex(long value) {
        return "0x" + Long.toHexString(value);
    }
}
