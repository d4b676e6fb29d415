package io.understudy.replication.witness;

import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The witness's word on one machine: who may speak for it and who may take over (docs/PROTOCOL.md,
 * "Register").
 *
 * @param lineage names one history of one protected machine
 * @param term grows by exactly one with every accepted change, from 1
 * @param holder the incarnation that runs the machine
 * @param backup the incarnation that may be promoted, null exactly when the holder is alone
 * @param floor last epoch that the holder had released when it named the backup
 */
public record Register(
        UUID lineage, long term, Incarnation holder, @Nullable Incarnation backup, long floor) {
    /** Whether somebody is named who may take over. */
    public enum Mode {
        /** The holder runs alone: its output need not wait, and its loss loses the machine. */
        SOLO,
        /** The named backup may be promoted. */
        PAIRED
    }

    public Register {
        if (term < 1 || floor < 0) {
            throw new IllegalArgumentException(
                    "no register has term %d and floor %d".formatted(term, floor));
        }
        if (backup != null && backup.equals(holder)) {
            throw new IllegalArgumentException(holder + " cannot be its own backup");
        }
    }

    public Mode mode() {
        return backup == null ? Mode.SOLO : Mode.PAIRED;
    }

    public boolean isHeldBy(Incarnation node) {
        return holder.equals(node);
    }

    public boolean names(Incarnation node) {
        return node.equals(backup);
    }

    @Override
    public String toString() {
        return backup == null
                ? "term %d: %s, solo".formatted(term, holder)
                : "term %d: %s, paired with %s from epoch %d on"
                        .formatted(term, holder, backup, floor);
    }
}
