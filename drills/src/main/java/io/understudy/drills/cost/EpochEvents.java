package io.understudy.drills.cost;

import io.understudy.hypervisor.EventCounts;
import io.understudy.hypervisor.MachineEvent;

/**
 * What the cost model charges for, as means of one epoch.
 *
 * @param instructions of the guest
 * @param otherExits VM exits that have nothing to do with dirty tracking, the same in every mode
 * @param stops how often the guest is stopped for a checkpoint: 1, or 0 if it is not protected
 * @param violations EPT violations that the dirty log caused
 * @param assists accesses for which the processor set an accessed or dirty flag of EPT
 * @param pmlLogged pages that the processor logged
 * @param pmlFull exits because the log was full; each has taken over a whole buffer
 * @param entriesRead entries of EPT that the hypervisor looked at, tables and leaves
 * @param entriesCleared entries in which it cleared a flag or a right
 * @param bitmapWords words of dirty bitmaps that it moved
 * @param pagesTouched distinct pages that the guest accessed: what a flush may have to refill
 */
public record EpochEvents(
        double instructions,
        double otherExits,
        double stops,
        double violations,
        double assists,
        double pmlLogged,
        double pmlFull,
        double splits,
        double merges,
        double entriesRead,
        double entriesCleared,
        double bitmapWords,
        double invepts,
        double pagesTouched,
        double pagesCopied) {
    /** Entries of a page-modification log. */
    public static final int PML_ENTRIES = 512;

    /** A guest that nothing happens to: where a made-up epoch starts from. */
    public static final EpochEvents NONE =
            new EpochEvents(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

    /**
     * Means of measured epochs.
     *
     * <p>A violation of an update counts once, as a write. Violations of reads only bring memory
     * into being, which no dirty log causes.
     *
     * @param isProtected whether checkpoints were taken
     * @param counts sum over the epochs
     */
    public static EpochEvents mean(
            boolean isProtected,
            EventCounts counts,
            long epochs,
            long instructions,
            long otherExits,
            long pagesTouched) {
        Mean mean = new Mean(counts, epochs);
        return new EpochEvents(
                (double) instructions / epochs,
                (double) otherExits / epochs,
                isProtected ? 1 : 0,
                mean.of(MachineEvent.EPT_VIOLATIONS_WRITE, MachineEvent.EPT_VIOLATIONS_FETCH),
                mean.of(MachineEvent.ASSISTS_ACCESSED, MachineEvent.ASSISTS_DIRTY),
                mean.of(MachineEvent.PML_LOGGED),
                mean.of(MachineEvent.PML_FULL),
                mean.of(MachineEvent.SPLITS),
                mean.of(MachineEvent.MERGES),
                mean.of(MachineEvent.LEAVES_READ, MachineEvent.NON_LEAVES_READ),
                mean.of(MachineEvent.LEAVES_CLEARED, MachineEvent.NON_LEAVES_CLEARED),
                mean.of(MachineEvent.BITMAP_WORDS),
                isProtected ? mean.of(MachineEvent.INVEPT_SINGLE, MachineEvent.INVEPT_ALL) : 0,
                (double) pagesTouched / epochs,
                mean.of(MachineEvent.PAGES_COPIED));
    }

    /** Entries that wait in the log when the epoch ends. */
    double pmlLeft() {
        return Math.max(0, pmlLogged - PML_ENTRIES * pmlFull);
    }

    private record Mean(EventCounts counts, long epochs) {
        double of(MachineEvent... events) {
            double sum = 0;
            for (MachineEvent e : events) {
                sum += counts.of(e);
            }
            return sum / epochs;
        }
    }
}
