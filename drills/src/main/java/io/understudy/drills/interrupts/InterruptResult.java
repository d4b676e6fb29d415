package io.understudy.drills.interrupts;

import io.understudy.hypervisor.interrupt.ApicMode;
import java.util.List;

/**
 * What the stages did in the same virtual time.
 *
 * @param stages those that ran to the end; the first of each mode comes before the others
 * @param wasInterrupted whether somebody ended the run before every stage was through
 */
public record InterruptResult(List<StageResult> stages, boolean wasInterrupted) {
    public InterruptResult {
        stages = List.copyOf(stages);
    }

    /** The stage that others of the same mode are compared with. */
    public StageResult first(ApicMode mode) {
        return stages.stream()
                .filter(s -> s.stage().mode() == mode)
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no stage ran in " + mode));
    }

    /** Whether every guest is in the same state as the first of its mode, to the last bit. */
    public boolean statesAgree() {
        return stages.stream()
                .allMatch(s ->
                        s.digest().equals(first(s.stage().mode()).digest())
                                && s.report().equals(first(s.stage().mode()).report()));
    }

    /** Interrupts that guests found lost, doubled or out of order, of all stages. */
    public long guestErrors() {
        return stages.stream().mapToLong(s -> s.report().errors()).sum();
    }
}
