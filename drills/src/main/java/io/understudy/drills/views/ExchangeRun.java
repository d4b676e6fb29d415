package io.understudy.drills.views;

import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.checkpoint.oracle.ContentOracle;
import io.understudy.hypervisor.DirtyLogMode;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachinePair;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.view.GuestViews;
import io.understudy.hypervisor.view.SharingMethod;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;

/** Two machines that exchange packets in one way for a while. */
final class ExchangeRun implements AutoCloseable {
    /** Memory comes into being, rings fill: not counted. */
    private static final long WARM_UP_TURNS = 10;

    private static final long TURNS_PER_EPOCH = 4;

    /** However slow the host, so many stretches are measured. */
    private static final int STRETCHES_MIN = 4;

    private static final int RECEIVED = 1;
    private static final int CORRUPT = 2;
    private static final int BYTES = 3;
    private static final int SWITCHES = 4;

    private final ViewsPlan plan;
    private final SharingMethod method;
    private final HostClock clock;
    private final BooleanSupplier isOver;
    private final MachinePair pair;
    private final boolean isProtected;
    private int stretches;
    private long epochs;
    private long pagesMissed;

    private ExchangeRun(
            ViewsPlan plan, SharingMethod method, HostClock clock, BooleanSupplier isOver)
            throws MachineSetupException {
        this.plan = plan;
        this.method = method;
        this.clock = clock;
        this.isOver = isOver;
        this.isProtected = plan.first().dirtyLog() != DirtyLogMode.NONE;
        this.pair = MachinePair.boot(plan.pair(method), plan.exchangeGuest(), clock);
    }

    static ExchangeResult run(
            ViewsPlan plan, SharingMethod method, HostClock clock, BooleanSupplier isOver)
            throws MachineSetupException {
        try (ExchangeRun run = new ExchangeRun(plan, method, clock, isOver)) {
            return run.toEnd();
        }
    }

    /** Sums over both machines at one moment. */
    private record Counts(
            long packets,
            long bytes,
            long switches,
            long copied,
            long mappings,
            Map<String, Long> exits) {}

    private ExchangeResult toEnd() {
        long endNs = clock.nowNs() + plan.partHostNs();
        StopCause cause = runTurns(WARM_UP_TURNS);
        Counts before = counts();
        long beganNs = clock.nowNs();
        if (isProtected) {
            cause = runEpochs(cause, endNs);
        } else {
            do {
                cause = SecretWindowRun.isEnd(cause) ? cause : runTurns(1);
            } while (goesOn(cause, endNs));
        }
        long hostNs = clock.nowNs() - beganNs;
        return result(before, counts(), hostNs, cause);
    }

    private boolean goesOn(StopCause cause, long endNs) {
        stretches = Math.min(stretches + 1, STRETCHES_MIN);
        boolean hasTime = stretches < STRETCHES_MIN || clock.nowNs() < endNs;
        return !SecretWindowRun.isEnd(cause) && hasTime && !isOver.getAsBoolean();
    }

    /** Harvests the pair as one unit, and compares each harvest with what changed. */
    private StopCause runEpochs(StopCause begin, long endNs) {
        StopCause cause = begin;
        PageSet harvested = new PageSet(pair.layout().regions());
        PageSet changed = new PageSet(pair.layout().regions());
        pair.dirtyLog().harvest(harvested);
        try (ContentOracle oracle = new ContentOracle(pair)) {
            do {
                cause = SecretWindowRun.isEnd(cause) ? cause : runTurns(TURNS_PER_EPOCH);
                harvested.clear();
                pair.dirtyLog().harvest(harvested);
                changed.clear();
                oracle.changedPages(changed);
                changed.removeAll(harvested);
                pagesMissed += changed.size();
                epochs++;
            } while (goesOn(cause, endNs));
        }
        return cause;
    }

    private StopCause runTurns(long turns) {
        long until = pair.instructions() + turns * MachinePair.TURN_INSTRUCTIONS;
        StopCause cause = StopCause.OUTPUT;
        while (cause == StopCause.OUTPUT) {
            pair.output().release(pair.output().writtenOffset());
            cause = pair.run(until, Long.MAX_VALUE);
        }
        return cause;
    }

    private ExchangeResult result(Counts before, Counts after, long hostNs, StopCause cause) {
        Map<String, Long> exits = new TreeMap<>();
        after.exits()
                .forEach((reason, n) -> {
                    long more = n - before.exits().getOrDefault(reason, 0L);
                    if (more != 0) {
                        exits.put(reason, more);
                    }
                });
        long bytes = after.bytes() - before.bytes();
        long switches = after.switches() - before.switches();
        long copied = after.copied() - before.copied();
        long mappings = after.mappings() - before.mappings();
        long exitCount = exits.values().stream().mapToLong(Long::longValue).sum();
        return new ExchangeResult(
                method,
                after.packets() - before.packets(),
                bytes,
                sum(CORRUPT),
                exits,
                switches,
                copied,
                mappings,
                hostNs,
                ExchangeModel.of(
                        plan.costs(),
                        bytes / (double) (1 << 20),
                        exitCount,
                        switches,
                        copied,
                        mappings),
                epochs,
                isProtected ? pagesMissed : -1,
                views(pair.first()).firstDifference() + views(pair.second()).firstDifference(),
                SecretWindowRun.isEnd(cause) ? pair.exitStatus() : "");
    }

    private Counts counts() {
        Map<String, Long> exits = new TreeMap<>();
        long copied = 0;
        long mappings = 0;
        for (VirtualMachine machine : List.of(pair.first(), pair.second())) {
            machine.exitsByReason().forEach((reason, n) -> exits.merge(reason, n, Long::sum));
            copied += views(machine).bytesCopied();
            mappings += views(machine).grantsMapped();
        }
        // How long a turn is is the scheduler's business, not the guest's.
        exits.remove("preemption-timer");
        return new Counts(sum(RECEIVED), sum(BYTES), sum(SWITCHES), copied, mappings, exits);
    }

    private long sum(int reportWord) {
        return views(pair.first()).report(reportWord) + views(pair.second()).report(reportWord);
    }

    private static GuestViews views(VirtualMachine machine) {
        return machine.views().orElseThrow();
    }

    @Override
    public void close() {
        pair.close();
    }
}
