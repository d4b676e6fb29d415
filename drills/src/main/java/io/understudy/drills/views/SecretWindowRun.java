package io.understudy.drills.views;

import io.understudy.checkpoint.ProtectedMachine.StopCause;
import io.understudy.hypervisor.HostClock;
import io.understudy.hypervisor.MachineSetupException;
import io.understudy.hypervisor.RunMode;
import io.understudy.hypervisor.VirtualMachine;
import io.understudy.hypervisor.view.GuestViews;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Asks the code inside the window a question again and again: a new secret, the answer to which
 * only somebody can give who read it. The words of the secret page are those of the guest {@code
 * window} ({@code docs/formats/view-calls.md}).
 */
final class SecretWindowRun implements AutoCloseable {
    /** Instructions between two looks at the answer. */
    private static final long TURN_INSTRUCTIONS = 25_000;

    /** The guest sets itself up before it is asked. */
    private static final long START_INSTRUCTIONS = 200_000;

    private static final int ENTRIES_MAX = 200;

    /** However slow the host, so many turns are done: enough for every kind of attempt. */
    private static final int TURNS_MIN = 60;

    /** What the guest does if it is told nothing. */
    private static final long ROUNDS_DEFAULT = 200;

    private static final int QUESTION = 0;
    private static final int SECRET = 1;
    private static final int ANSWERED = 2;
    private static final int ANSWER = 3;
    private static final int CAME = 4;
    private static final int LEFT = 5;

    private static final int REPORT_WINDOWS = 0;
    private static final int REPORT_ATTEMPTS = 1;
    private static final int REPORT_LEAKED = 3;

    private final HostClock clock;
    private final BooleanSupplier isOver;
    private final VirtualMachine machine;
    private final long rounds;
    private final List<WindowEntry> entries = new ArrayList<>();
    private long question;
    private long secret;
    private long readsInside;
    private long wrongAnswers;

    private SecretWindowRun(ViewsPlan plan, HostClock clock, BooleanSupplier isOver)
            throws MachineSetupException {
        this.clock = clock;
        this.isOver = isOver;
        this.rounds = plan.window().parameters().getOrDefault("rounds", ROUNDS_DEFAULT);
        this.machine =
                VirtualMachine.bootWithWindow(
                        plan.window().withRunMode(RunMode.FREE), plan.windowGuest(), clock);
    }

    static WindowResult run(ViewsPlan plan, HostClock clock, BooleanSupplier isOver)
            throws MachineSetupException {
        try (SecretWindowRun run = new SecretWindowRun(plan, clock, isOver)) {
            return run.toEnd(plan.partHostNs());
        }
    }

    private WindowResult toEnd(long forHostNs) {
        long endNs = clock.nowNs() + forHostNs;
        StopCause cause = runTo(START_INSTRUCTIONS);
        GuestViews views = machine.views().orElseThrow();
        for (int turn = 0;
                !isEnd(cause)
                        && (turn < TURNS_MIN || clock.nowNs() < endNs)
                        && !isOver.getAsBoolean();
                turn = Math.min(turn + 1, TURNS_MIN)) {
            if (views.hasWindow()) {
                look(views);
            }
            cause = runTo(machine.instructions() + TURN_INSTRUCTIONS);
        }
        if (views.hasWindow()) {
            look(views);
        }
        return new WindowResult(
                views.hasWindow(),
                readsInside,
                wrongAnswers,
                views.report(REPORT_LEAKED),
                views.report(REPORT_WINDOWS),
                views.report(REPORT_ATTEMPTS),
                views.counts(),
                entries,
                views.events(),
                machine.exitsByReason(),
                machine.processor().groundTruth().vmfuncs,
                machine.instructions(),
                views.firstDifference(),
                isEnd(cause) ? machine.exitStatus() : "");
    }

    /** Takes the answer, if there is one, and asks the next question. */
    private void look(GuestViews views) {
        if (question != 0) {
            if (views.readSecret(ANSWERED) != question) {
                return;
            }
            boolean isRight = views.readSecret(ANSWER) == mixed(secret, rounds);
            readsInside += isRight ? 1 : 0;
            wrongAnswers += isRight ? 0 : 1;
            if (entries.size() < ENTRIES_MAX) {
                entries.add(new WindowEntry(views.readSecret(CAME), views.readSecret(LEFT)));
            }
        }
        question++;
        secret = mixed(question, 1);
        views.writeSecret(SECRET, secret);
        views.writeSecret(QUESTION, question);
    }

    /** What the guest computes: splitmix64, over and over. */
    static long mixed(long value, long rounds) {
        long x = value;
        for (long i = 0; i < rounds; i++) {
            x += 0x9e37_79b9_7f4a_7c15L;
            x = (x ^ x >>> 30) * 0xbf58_476d_1ce4_e5b9L;
            x = (x ^ x >>> 27) * 0x94d0_49bb_1331_11ebL;
            x ^= x >>> 31;
        }
        return x;
    }

    /** Output has no reader here. */
    private StopCause runTo(long until) {
        StopCause cause = StopCause.OUTPUT;
        while (cause == StopCause.OUTPUT) {
            machine.output().release(machine.output().writtenOffset());
            cause = machine.run(until, Long.MAX_VALUE);
        }
        return cause;
    }

    static boolean isEnd(StopCause cause) {
        return cause == StopCause.EXITED || cause == StopCause.DEAD;
    }

    @Override
    public void close() {
        machine.close();
    }
}
