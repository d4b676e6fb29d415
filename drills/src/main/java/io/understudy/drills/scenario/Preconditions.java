package io.understudy.drills.scenario;

import io.understudy.drills.DrillException;
import io.understudy.drills.process.LocalPair;
import io.understudy.drills.process.RoleProcess;
import io.understudy.replication.role.NodeState;
import java.util.List;
import java.util.function.BooleanSupplier;

/** What must be so before a drill can break anything. */
final class Preconditions {
    private Preconditions() {}

    /**
     * Waits for a condition while every process lives.
     *
     * @param otherwise what is so if it does not come about, as the start of a sentence
     */
    static void await(LocalPair pair, BooleanSupplier condition, long timeoutMs, String otherwise)
            throws DrillException, InterruptedException {
        boolean isOver =
                LocalPair.await(() -> condition.getAsBoolean() || !allLive(pair.all()), timeoutMs);
        requireAlive(pair.all());
        if (!isOver) {
            throw new DrillException(otherwise + " within " + timeoutMs / 1000 + " s");
        }
    }

    /**
     * Waits until the pair is protected at this moment, by the last report of its primary, and the
     * client has read a line. On a busy host a pair may break again, and then nobody would go on.
     */
    static void awaitProtection(Scene scene, long timeoutMs)
            throws DrillException, InterruptedException {
        await(
                scene.pair(),
                () ->
                        scene.reports().isIn("primary", NodeState.PAIRED.name())
                                && scene.recorder().lines() > 0,
                timeoutMs,
                "the pair was not protected");
    }

    /**
     * @throws DrillException if a process ended; with the last thing it said
     */
    static void requireAlive(List<RoleProcess> processes) throws DrillException {
        for (RoleProcess process : processes) {
            if (!process.isAlive()) {
                List<String> said = process.errorLines();
                throw new DrillException(
                        "the "
                                + process.name()
                                + " ended by itself with status "
                                + process.exitStatus()
                                + (said.isEmpty() ? "" : ", saying: " + said.getLast()));
            }
        }
    }

    private static boolean allLive(List<RoleProcess> processes) {
        return processes.stream().allMatch(RoleProcess::isAlive);
    }
}
