package io.understudy.drills.comparison;

import io.understudy.checkpoint.latency.CountSummary;
import io.understudy.checkpoint.latency.LatencyRecorder;
import io.understudy.checkpoint.latency.LatencySummary;
import io.understudy.checkpoint.latency.Phase;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.EventCounts;
import io.understudy.hypervisor.MachineEvent;
import io.understudy.hypervisor.StateDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What one dirty log did and cost over all rounds. Counts are those of one round, since they are
 * the same in each; times are of all rounds together. The warm-up epochs are in neither.
 */
public final class ModeFigures {
    private final DirtyLogMode mode;
    private final DirtyLogResult rehearsal;
    private final LatencyRecorder latency = new LatencyRecorder();
    private final List<Long> guestHostNs = new ArrayList<>();
    private final List<Long> pauseHostNs = new ArrayList<>();
    private final List<DirtyLogResult> rounds = new ArrayList<>();
    private final int warmupEpochs;

    /**
     * @param rehearsal the short run before the rounds, with its content judged and encoded
     */
    ModeFigures(DirtyLogResult rehearsal, int warmupEpochs) {
        this.mode = rehearsal.mode();
        this.rehearsal = rehearsal;
        this.warmupEpochs = warmupEpochs;
    }

    void add(DirtyLogResult round) {
        long guestNs = 0;
        long pauseNs = 0;
        for (EpochCost epoch : measured(round)) {
            guestNs += epoch.guestHostNs();
            pauseNs += epoch.pauseHostNs();
            if (mode != DirtyLogMode.NONE) {
                latency.recordPause(epoch.pause(), 0, true);
                latency.recordDirtyPages(epoch.pagesHarvested());
            }
        }
        guestHostNs.add(guestNs);
        pauseHostNs.add(pauseNs);
        rounds.add(round);
    }

    private List<EpochCost> measured(DirtyLogResult round) {
        List<EpochCost> epochs = round.epochs();
        return epochs.subList(Math.min(warmupEpochs, epochs.size() - 1), epochs.size());
    }

    public DirtyLogMode mode() {
        return mode;
    }

    /** Epochs of a round after its warm-up. */
    public long epochs() {
        return measured(first()).size();
    }

    /** Instructions of these epochs. */
    public long instructions() {
        List<EpochCost> all = first().epochs();
        int skipped = all.size() - (int) epochs();
        long before = skipped == 0 ? 0 : all.get(skipped - 1).endInstruction();
        return all.getLast().endInstruction() - before;
    }

    /** Sum over these epochs. */
    public EventCounts events() {
        return eventsOf(first());
    }

    private EventCounts eventsOf(DirtyLogResult round) {
        EventCounts sum = EventCounts.NONE;
        for (EpochCost epoch : measured(round)) {
            sum = sum.plus(epoch.events());
        }
        return sum;
    }

    /** Sum over these epochs of the distinct pages that the guest accessed in each. */
    public long pagesTouched() {
        return measured(first()).stream().mapToLong(EpochCost::pagesTouched).sum();
    }

    /** VM exits of a whole round, warm-up included, by SDM name in kebab case. */
    public Map<String, Long> exitsByReason() {
        return first().exitsByReason();
    }

    public StateDigest digest() {
        return first().digest();
    }

    /** Virtual time of a whole round. */
    public long virtualNs() {
        return first().virtualNs();
    }

    /** Host time of a phase of the pause, over all rounds. */
    public LatencySummary latency(Phase phase) {
        return latency.summary(phase);
    }

    public CountSummary dirtyPages() {
        return latency.dirtyPages();
    }

    /** Host time that the guest ran in each round, VM exits included and pauses not. */
    public List<Long> guestHostNs() {
        return List.copyOf(guestHostNs);
    }

    /** Host time of the pauses of each round. */
    public List<Long> pauseHostNs() {
        return List.copyOf(pauseHostNs);
    }

    public DirtyLogResult rehearsal() {
        return rehearsal;
    }

    /** Every run of this dirty log that reached the last instruction. */
    public List<DirtyLogResult> rounds() {
        return List.copyOf(rounds);
    }

    /**
     * Whether every round counted the same. Misses of the emulated TLB are no promise and left out.
     */
    public boolean countsRepeat() {
        EventCounts expected = events().with(MachineEvent.TLB_MISSES, 0);
        return rounds.stream()
                .allMatch(r -> eventsOf(r).with(MachineEvent.TLB_MISSES, 0).equals(expected));
    }

    private DirtyLogResult first() {
        return rounds.getFirst();
    }
}
