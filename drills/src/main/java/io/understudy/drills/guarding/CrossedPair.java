package io.understudy.drills.guarding;

import io.understudy.hypervisor.GuestImage;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.VirtualMachineConfig;
import io.understudy.hypervisor.guard.GuardOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Two machines with the same guest that take turns in being guarded, to measure what guarding
 * costs.
 *
 * <p>The same instructions take one of two machines several percent longer than the other, for as
 * long as they live: what the Java compiler makes of a guest's hot blocks, and where their memory
 * lies, is another for each. So each machine is the guarded one of as many turns as the other, and
 * the ratio of a round is the geometric mean of two in which they have exchanged roles, and the
 * order in which they run; what is a machine's own cancels out. The control is the same with a
 * guard on neither.
 *
 * <pre>
 * a round:  one guarded | none guarded | other guarded | none guarded
 * each:     turns to settle, not measured; then short turns of both by turns, added up
 * </pre>
 */
final class CrossedPair implements AutoCloseable {
    static final int PAIRS = 8;

    static final int SETTLING = 3;

    static final int PARTS = 4;

    private final Turns turns;
    private final GuardOptions options;
    private final VirtualMachine[] machines = new VirtualMachine[2];
    private final double[] ratioOfPart = new double[PARTS];
    private final List<Double> ratios = new ArrayList<>();
    private final List<Double> controls = new ArrayList<>();
    private final Map<String, Long> added = new HashMap<>();
    private Map<String, Long> before = Map.of();
    private long began;
    private long compared;
    private long turn;
    private long guardedNs;
    private long bareNs;
    private int part;
    private int step;

    /** All of the round so far counts. */
    private boolean isCounted;

    /** A machine ended before the other: nothing more can be compared. */
    private boolean isBroken;

    /**
     * @param options what is measured; nothing is denied, so that both guests stay the same
     */
    CrossedPair(
            VirtualMachineConfig machine,
            GuestImage image,
            HostClock clock,
            GuardOptions options,
            Turns turns)
            throws MachineSetupException {
        this.turns = turns;
        this.options = options;
        machines[0] = VirtualMachine.boot(machine, image, clock);
        try {
            machines[1] = VirtualMachine.boot(machine, image, clock);
        } catch (MachineSetupException | RuntimeException e) {
            machines[0].close();
            throw e;
        }
    }

    /**
     * Runs each machine for a turn.
     *
     * @param counts whether a round that is as warm as this counts; it does if all of it is
     */
    void next(boolean counts) throws MachineSetupException {
        if (isBroken) {
            return;
        }
        VirtualMachine subject = machines[part / 2];
        VirtualMachine other = machines[1 - part / 2];
        if (step == 0) {
            begin(subject, counts);
        }
        if (step < SETTLING) {
            settle(subject, other);
        } else {
            compare(subject, other);
        }
        if (!isBroken && ++step == SETTLING + PAIRS) {
            endPart(subject, other);
        }
    }

    private boolean isGuardedPart() {
        return part % 2 == 0;
    }

    private void begin(VirtualMachine subject, boolean counts) throws MachineSetupException {
        turn = turns.instructions();
        isCounted = counts && (part == 0 || isCounted);
        guardedNs = 0;
        bareNs = 0;
        if (isGuardedPart()) {
            subject.guardTables(options, event -> {});
        }
    }

    private void settle(VirtualMachine subject, VirtualMachine other) {
        long until = subject.instructions() + turn;
        turns.run(subject, until);
        turns.run(other, until);
        isBroken = subject.instructions() != until || other.instructions() != until;
        before = difference(subject, other);
        began = until;
    }

    private void compare(VirtualMachine subject, VirtualMachine other) {
        long until = subject.instructions() + turn;
        boolean isSubjectFirst = (step + part / 2) % 2 == 0;
        long bare = isSubjectFirst ? 0 : turns.timed(other, until);
        long guarded = turns.timed(subject, until);
        bare += isSubjectFirst ? turns.timed(other, until) : 0;
        isBroken = subject.instructions() != until || other.instructions() != until;
        guardedNs += guarded;
        bareNs += bare;
        turns.adapt(turn, (guarded + bare) / 2);
    }

    private void endPart(VirtualMachine subject, VirtualMachine other) {
        if (isGuardedPart()) {
            compared += subject.instructions() - began;
            difference(subject, other)
                    .forEach((reason, more) ->
                            added.merge(reason, more - before.getOrDefault(reason, 0L), Long::sum));
            subject.unguardTables();
        }
        ratioOfPart[part] = (double) Math.max(1, guardedNs) / Math.max(1, bareNs);
        step = 0;
        part = (part + 1) % PARTS;
        if (part == 0 && isCounted) {
            ratios.add(Math.sqrt(ratioOfPart[0] * ratioOfPart[2]));
            controls.add(Math.sqrt(ratioOfPart[1] * ratioOfPart[3]));
        }
    }

    private static Map<String, Long> difference(VirtualMachine subject, VirtualMachine other) {
        Map<String, Long> more = new HashMap<>(subject.exitsByReason());
        other.exitsByReason().forEach((reason, count) -> more.merge(reason, -count, Long::sum));
        return more;
    }

    GuardCost cost() {
        Map<String, Long> more = new HashMap<>(added);
        more.values().removeIf(count -> count <= 0);
        return new GuardCost(ratio(ratios), ratio(controls), compared, more);
    }

    private static PairedRatio ratio(List<Double> ratios) {
        return PairedRatio.of(ratios.stream().mapToDouble(Double::doubleValue).toArray());
    }

    @Override
    public void close() {
        machines[0].close();
        machines[1].close();
    }
}
