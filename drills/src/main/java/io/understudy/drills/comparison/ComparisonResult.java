package io.understudy.drills.comparison;

import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.StateDigest;
import java.util.ArrayList;
import java.util.List;

/**
 * One guest under several dirty logs.
 *
 * @param modes in the order in which they ran; the unprotected baseline first
 * @param epochInstructions length of an epoch
 * @param instructions where every run ended
 * @param rounds how often each dirty log ran
 * @param warmupEpochs epochs at the start of each run that no figure covers
 */
public record ComparisonResult(
        List<ModeFigures> modes,
        long epochInstructions,
        long instructions,
        int rounds,
        int warmupEpochs) {
    public ComparisonResult {
        modes = List.copyOf(modes);
    }

    /** Whether every run ended in the same state: otherwise they were not the same run. */
    public boolean digestsAgree() {
        return disagreements().isEmpty();
    }

    /** Dirty logs whose runs ended in another state than the first run of the first one. */
    public List<DirtyLogMode> disagreements() {
        List<DirtyLogMode> others = new ArrayList<>();
        StateDigest expected = modes.getFirst().digest();
        for (ModeFigures m : modes) {
            if (!m.rounds().stream().allMatch(r -> r.digest().equals(expected))) {
                others.add(m.mode());
            }
        }
        return others;
    }

    /** Dirty logs that missed a changed page in the rehearsal, which looks at all content. */
    public List<DirtyLogMode> lossy() {
        List<DirtyLogMode> lossy = new ArrayList<>();
        for (ModeFigures m : modes) {
            for (EpochCost epoch : m.rehearsal().epochs()) {
                HarvestContent content = epoch.content();
                if (content != null && content.missed() > 0 && !lossy.contains(m.mode())) {
                    lossy.add(m.mode());
                }
            }
        }
        return lossy;
    }

    /** The unprotected baseline. */
    public ModeFigures baseline() {
        return modes.getFirst();
    }

    public List<ModeFigures> protectedModes() {
        return modes.subList(1, modes.size());
    }
}
