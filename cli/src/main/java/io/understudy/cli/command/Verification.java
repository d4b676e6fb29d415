package io.understudy.cli.command;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.verify.SegmentVerifier;
import io.understudy.checkpoint.verify.VerifiedSegment;
import io.understudy.cli.CommandFailure;
import io.understudy.cli.status.StatusDisplay;
import io.understudy.cli.status.Terminal;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Verifies files one after another, with progress on standard error.
 *
 * @param files a result for each, in order
 */
record Verification(List<FileResult> files) {
    /**
     * What came of one file. Keys are part of the contract with users.
     *
     * @param broken why it is, null if it is good; the figures after it are 0 then
     * @param digests image digests that were computed again, one for each epoch that can be
     *     restored
     */
    record FileResult(
            String file,
            @Nullable String broken,
            long bytes,
            int revision,
            String lineage,
            long restorableFrom,
            long lastEpoch,
            int epochs,
            int digests,
            long pages) {}

    static Verification of(List<Path> files) throws CommandFailure {
        StatusDisplay display =
                new StatusDisplay(System.err, Terminal.isTerminal(2), Terminal.columns());
        List<FileResult> results = new ArrayList<>();
        try {
            long total = 0;
            for (Path file : files) {
                total += Files.size(file);
            }
            long before = 0;
            for (Path file : files) {
                long base = before;
                long all = Math.max(1, total);
                results.add(
                        one(
                                file,
                                done ->
                                        display.status(
                                                "verifying %s: %d%%"
                                                        .formatted(
                                                                file.getFileName(),
                                                                100 * (base + done) / all),
                                                System.nanoTime())));
                before += Files.size(file);
            }
        } catch (IOException e) {
            throw CommandFailure.environment("cannot read the files: " + e);
        } finally {
            display.clear();
        }
        return new Verification(results);
    }

    long broken() {
        return files.stream().filter(f -> f.broken() != null).count();
    }

    /** Says which file is broken first. */
    int fail() throws CommandFailure {
        for (FileResult file : files) {
            if (file.broken() != null) {
                throw CommandFailure.failed(file.broken());
            }
        }
        throw new IllegalStateException("nothing is broken");
    }

    private static FileResult one(Path file, java.util.function.LongConsumer progress)
            throws IOException {
        try {
            VerifiedSegment good = SegmentVerifier.verify(file, progress);
            return new FileResult(
                    file.toString(),
                    null,
                    good.bytes(),
                    good.revision(),
                    good.lineage().toString(),
                    good.restorableFrom(),
                    good.lastEpoch(),
                    good.epochs(),
                    good.digests(),
                    good.pages());
        } catch (CorruptStateException e) {
            return new FileResult(
                    file.toString(),
                    String.valueOf(e.getMessage()),
                    Files.size(file),
                    0,
                    "",
                    0,
                    0,
                    0,
                    0,
                    0);
        }
    }
}
