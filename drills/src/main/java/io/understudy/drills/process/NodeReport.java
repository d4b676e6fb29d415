package io.understudy.drills.process;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import io.understudy.checkpoint.keep.KeepStatus;
import io.understudy.replication.EpochStatistics;
import io.understudy.replication.NodeStatus;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What one role says about itself, one JSON object a line: regularly, at every change of state, and
 * once more at an orderly end. Between processes of one version only; not a public format.
 *
 * @param role {@code primary}, {@code backup} or {@code witness}: what the process was started as
 * @param state a node state of docs/PROTOCOL.md; {@code up} for a witness
 * @param detail one sentence on why, or empty
 * @param listen HOST:PORT on which the process answers
 * @param carriesMachine whether the protected machine runs here now
 * @param isUnprotected whether it runs here and the loss of this process would lose it
 * @param epoch last epoch captured (primary) or received (backup)
 * @param committedEpoch last epoch acknowledged by a whole backup
 * @param outputWritten console bytes the guest wrote since the machine's birth
 * @param outputReleased console bytes let out
 * @param epochs cost of the epochs since this process started
 * @param exitsByReason VM exits since this process started, by reason in kebab case
 * @param events what dirty tracking caused since this process started, by MachineEvent key
 * @param stateDigest digest of the machine's state when the guest stopped, if it did
 * @param guestEnd how the guest ended, if it did
 * @param keep how keeping epochs on disk is going, if this process does
 */
public record NodeReport(
        String role,
        String state,
        String detail,
        String listen,
        boolean carriesMachine,
        boolean isUnprotected,
        long term,
        long epoch,
        long committedEpoch,
        long guestInstructions,
        long outputWritten,
        long outputReleased,
        EpochStatistics epochs,
        Map<String, Long> exitsByReason,
        Map<String, Long> events,
        @Nullable StateDigest stateDigest,
        @Nullable GuestEnd guestEnd,
        @Nullable KeepStatus keep) {
    /** A quantile that nobody measured is not a number. */
    private static final Gson GSON =
            new GsonBuilder().serializeSpecialFloatingPointValues().create();

    /**
     * The whole machine in one number, at one instruction.
     *
     * @param value hexadecimal
     */
    public record StateDigest(long instruction, String value) {}

    /**
     * @param cause INSTRUCTIONS, EXITED or DEAD
     * @param exitStatus one sentence
     */
    public record GuestEnd(String cause, String exitStatus) {}

    /** A report of a process that runs no machine. */
    public static NodeReport idle(String role, String state, String detail, String listen) {
        return new NodeReport(
                role,
                state,
                detail,
                listen,
                false,
                false,
                0,
                0,
                0,
                0,
                0,
                0,
                EpochStatistics.NONE,
                Map.of(),
                Map.of(),
                null,
                null,
                null);
    }

    /** A report of a node. */
    public static NodeReport of(
            String role,
            String listen,
            NodeStatus status,
            Map<String, Long> exitsByReason,
            Map<String, Long> events,
            @Nullable StateDigest stateDigest,
            @Nullable GuestEnd guestEnd) {
        return new NodeReport(
                role,
                status.state().name(),
                status.detail(),
                listen,
                status.state().isLive(),
                status.state().isUnprotected(),
                status.term(),
                status.epoch(),
                status.committedEpoch(),
                status.guestInstructions(),
                status.outputWritten(),
                status.outputReleased(),
                status.epochs(),
                exitsByReason,
                events,
                stateDigest,
                guestEnd,
                null);
    }

    /** The same report with what is known of the epochs on disk. */
    public NodeReport withKeep(@Nullable KeepStatus status) {
        return new NodeReport(
                role,
                state,
                detail,
                listen,
                carriesMachine,
                isUnprotected,
                term,
                epoch,
                committedEpoch,
                guestInstructions,
                outputWritten,
                outputReleased,
                epochs,
                exitsByReason,
                events,
                stateDigest,
                guestEnd,
                status);
    }

    public String toJsonLine() {
        return GSON.toJson(this);
    }

    /**
     * @return the report, or null when the line is not one: a child's JVM may print a warning, and
     *     a killed child may leave half a line
     */
    @SuppressWarnings("NullAway") // Gson leaves absent components null; they are looked for here
    public static @Nullable NodeReport parse(String line) {
        if (!line.startsWith("{")) {
            return null;
        }
        try {
            NodeReport report = GSON.fromJson(line, NodeReport.class);
            boolean isWhole =
                    report.role != null
                            && report.state != null
                            && report.detail != null
                            && report.listen != null
                            && report.epochs != null
                            && report.exitsByReason != null
                            && report.events != null;
            return isWhole ? report : null;
        } catch (JsonParseException _) {
            return null;
        }
    }
}
