package io.understudy.cli.command;

import io.understudy.cli.CommandFailure;
import io.understudy.drills.process.StopAtPoint;
import io.understudy.drills.process.StopAtPoint.Manner;
import io.understudy.drills.process.StopAtPoint.Place;
import io.understudy.replication.Barrier;
import io.understudy.replication.KillPoint;
import io.understudy.replication.NodePolicies;
import java.util.Arrays;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Where a node stops by itself: for drills. */
final class StopPointOptions {
    @Option(names = "--kill-point", hidden = true, paramLabel = "POINT[:EPOCH]")
    private @Nullable String killPoint;

    @Option(names = "--stop-point", hidden = true, paramLabel = "POINT[:EPOCH]")
    private @Nullable String stopPoint;

    /** Everything as it should be, but for a stop. */
    NodePolicies policies() throws CommandFailure {
        return NodePolicies.SAFE.withBarrier(barrier());
    }

    private Barrier barrier() throws CommandFailure {
        String kill = killPoint;
        String stop = stopPoint;
        if (kill != null && stop != null) {
            throw CommandFailure.usage("--kill-point and --stop-point exclude each other");
        }
        if (kill != null) {
            return at("--kill-point", kill, Manner.KILLED);
        }
        return stop == null ? Barrier.NONE : at("--stop-point", stop, Manner.STOPPED);
    }

    private static Barrier at(String option, String text, Manner manner) throws CommandFailure {
        return new StopAtPoint(place(option, text), manner, Runtime.getRuntime()::halt, System.err);
    }

    private static Place place(String option, String text) throws CommandFailure {
        return Place.parse(text)
                .orElseThrow(() ->
                        CommandFailure.usage(
                                "%s %s: not POINT or POINT:EPOCH; points are %s"
                                        .formatted(
                                                option,
                                                text,
                                                Arrays.stream(KillPoint.values())
                                                        .map(KillPoint::word)
                                                        .collect(Collectors.joining(", ")))));
    }
}
