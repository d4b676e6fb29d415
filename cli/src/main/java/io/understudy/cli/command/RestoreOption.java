package io.understudy.cli.command;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.file.SegmentFile;
import io.understudy.checkpoint.file.SegmentManifest;
import io.understudy.checkpoint.file.SegmentRestore;
import io.understudy.cli.CommandFailure;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.hypervisor.VirtualMachine;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** {@code --restore PATH[@EPOCH]}: which kept epoch a machine begins with. */
final class RestoreOption {
    private static final String NEWEST = "last";

    /** A segment that has the epoch. */
    private record Found(Path file, String lineage, long epoch) {}

    @Option(
            names = "--restore",
            paramLabel = "PATH[@EPOCH]",
            description = {
                "Begin with an epoch from checkpoint files instead of a fresh guest, in a new",
                "lineage. PATH is a segment or a folder of them; the newest epoch by default."
            })
    private @Nullable String target;

    boolean isGiven() {
        return target != null;
    }

    /** The same option for a child's command line. */
    List<String> toArguments() {
        String given = target;
        if (given == null) {
            return List.of();
        }
        int at = given.lastIndexOf('@');
        String path = at < 0 ? given : given.substring(0, at);
        String epoch = at < 0 ? "" : given.substring(at);
        return List.of("--restore", Path.of(path).toAbsolutePath() + epoch);
    }

    /** Finds out whether the epoch is there. */
    void check() throws CommandFailure {
        if (isGiven()) {
            find();
        }
    }

    /**
     * Restores into an empty machine.
     *
     * @param display shows how far it is
     */
    void restore(VirtualMachine machine, StatusDisplay display) throws CommandFailure {
        Found found = find();
        try (SegmentFile segment = SegmentFile.open(found.file())) {
            SegmentRestore.restore(
                    segment,
                    found.epoch(),
                    machine,
                    done ->
                            display.status(
                                    "restoring epoch %d: %d%%"
                                            .formatted(
                                                    found.epoch(),
                                                    100 * done / Math.max(1, segment.bytes())),
                                    System.nanoTime()));
            display.message(
                    "restored epoch %d of lineage %s from %s, in a new lineage"
                            .formatted(found.epoch(), found.lineage(), found.file()));
        } catch (CorruptStateException e) {
            throw CommandFailure.failed("--restore " + target + ": " + e.getMessage());
        } catch (IOException e) {
            throw CommandFailure.environment("--restore " + target + ": " + e.getMessage());
        }
    }

    private Found find() throws CommandFailure {
        String given = String.valueOf(target);
        int at = given.lastIndexOf('@');
        String wanted = at < 0 ? NEWEST : given.substring(at + 1);
        if (!wanted.equals(NEWEST) && !wanted.matches("\\d{1,18}")) {
            throw CommandFailure.usage(
                    "--restore " + given + ": '" + wanted + "' is no epoch and not 'last'");
        }
        CheckpointPath path =
                CheckpointPath.of("--restore", Path.of(at < 0 ? given : given.substring(0, at)));
        List<Found> found = new ArrayList<>();
        for (Path file : path.closed()) {
            try (SegmentFile segment = SegmentFile.open(file)) {
                SegmentManifest manifest = segment.manifest();
                long epoch = wanted.equals(NEWEST) ? manifest.lastEpoch() : Long.parseLong(wanted);
                if (manifest.restorable().stream().anyMatch(e -> e.epoch() == epoch)) {
                    String lineage = segment.head().lineage().toString();
                    found.removeIf(f -> f.lineage().equals(lineage) && f.epoch() <= epoch);
                    found.add(new Found(file, lineage, epoch));
                }
            } catch (CorruptStateException e) {
                throw CommandFailure.failed("--restore " + given + ": " + e.getMessage());
            } catch (IOException e) {
                throw CommandFailure.environment("--restore " + given + ": " + e.getMessage());
            }
        }
        if (found.isEmpty()) {
            throw CommandFailure.usage(
                    "--restore " + given + ": no file there can restore that epoch");
        }
        if (found.size() > 1 && !wanted.equals(NEWEST)) {
            throw CommandFailure.usage(
                    "--restore "
                            + given
                            + ": %d lineages there have this epoch; name the file"
                                    .formatted(found.size()));
        }
        return found.getLast();
    }
}
