package io.understudy.cli.command;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.file.SegmentFile;
import io.understudy.cli.CommandFailure;
import io.understudy.cli.ExitStatus;
import io.understudy.cli.report.SegmentReport;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code understudy inspect}. */
@Command(
        name = "inspect",
        description = {
            "Says what checkpoint files hold: lineage, machine, epochs that can be restored.",
            "Reads heads and manifests only; 'understudy verify' reads everything."
        },
        mixinStandardHelpOptions = true)
public final class InspectCommand implements Callable<Integer> {
    @Parameters(
            paramLabel = "FILE|DIR",
            description = "A segment, or a folder of them; docs/formats/checkpoint.md.")
    private Path path = Path.of("");

    @Option(names = "--epochs", description = "List every epoch that can be restored.")
    private boolean listsEpochs;

    @Mixin private final JsonOption json = new JsonOption();

    /**
     * The JSON document.
     *
     * @param broken files that cannot be read, and why
     */
    record Document(
            int schemaVersion,
            List<SegmentReport> segments,
            List<String> unclosed,
            List<Broken> broken) {
        record Broken(String file, String why) {}
    }

    @Override
    public Integer call() throws CommandFailure {
        json.check();
        CheckpointPath found = CheckpointPath.of("inspect", path);
        List<SegmentReport> segments = new ArrayList<>();
        List<Document.Broken> broken = new ArrayList<>();
        for (Path file : found.closed()) {
            try (SegmentFile segment = SegmentFile.open(file)) {
                segments.add(SegmentReport.of(segment, listsEpochs));
            } catch (CorruptStateException e) {
                broken.add(new Document.Broken(file.toString(), String.valueOf(e.getMessage())));
            } catch (IOException e) {
                throw CommandFailure.environment("cannot read " + file + ": " + e);
            }
        }
        List<String> unclosed = found.unclosed().stream().map(Path::toString).toList();
        PrintStream out = json.forPeople();
        segments.forEach(segment -> print(segment, out));
        unclosed.forEach(file -> out.println(file + "  unclosed: never finished, not read"));
        json.write(new Document(1, segments, unclosed, broken));
        if (!broken.isEmpty()) {
            for (Document.Broken each : broken) {
                System.err.println("broken: " + each.why());
            }
            throw CommandFailure.failed(
                    "%d of %d files cannot be read"
                            .formatted(broken.size(), found.closed().size()));
        }
        return ExitStatus.DONE;
    }

    private static void print(SegmentReport segment, PrintStream out) {
        out.printf(
                Locale.ROOT,
                "%s%n  epochs   %d, from %d to %d%n  lineage  %s%s%n  machine  %s, %d MiB, %d"
                        + " components%n  file     %,d bytes, revision %d%s%s%n",
                segment.file(),
                segment.epochs(),
                segment.restorableFrom(),
                segment.lastEpoch(),
                segment.lineage(),
                segment.node().isEmpty() ? "" : ", kept by " + segment.node(),
                segment.machine(),
                segment.memoryBytes() >> 20,
                segment.components(),
                segment.bytes(),
                segment.revision(),
                segment.writer().isEmpty() ? "" : ", " + segment.writer(),
                segment.closed() == null ? "" : ", closed " + segment.closed());
        List<SegmentReport.Epoch> epochs = segment.epochList();
        if (epochs != null) {
            out.println("  epoch        instruction            output      pages");
            for (SegmentReport.Epoch epoch : epochs) {
                out.printf(
                        Locale.ROOT,
                        "  %-8d %,15d %,17d %,10d%n",
                        epoch.epoch(),
                        epoch.instruction(),
                        epoch.outputOffset(),
                        epoch.pages());
            }
        }
    }
}
