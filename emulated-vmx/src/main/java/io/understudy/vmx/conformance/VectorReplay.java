package io.understudy.vmx.conformance;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Replays files of recorded cases on a bare processor.
 *
 * <p>What is compared: RIP, the exception with its error code and CR2, every register, every
 * defined flag, both data pages, and where recorded MXCSR, XMM, x87 and MMX registers. Undefined
 * and approximate results are those that the recording marks.
 */
public final class VectorReplay {
    private VectorReplay() {}

    /**
     * @throws VectorFormatException if a file is not one of recorded cases; the message names file
     *     and line
     */
    public static ReplaySummary run(Iterable<Path> files) throws IOException {
        ReplaySummary summary = new ReplaySummary();
        try (ReplayMachine machine = new ReplayMachine()) {
            for (Path file : files) {
                replay(machine, file, summary);
            }
        }
        return summary;
    }

    private static void replay(ReplayMachine machine, Path file, ReplaySummary summary)
            throws IOException {
        try (VectorReader reader = new VectorReader(file)) {
            for (RecordedCase c = reader.next(); c != null; c = reader.next()) {
                String mismatch = mismatch(machine, c);
                if (!mismatch.isEmpty()) {
                    mismatch = "%s:%d %s: %s".formatted(file, c.line, c.insn, mismatch);
                }
                summary.add(c.name, mismatch);
            }
        }
    }

    private static String mismatch(ReplayMachine machine, RecordedCase c) {
        if (c.floats.isTooWide) {
            return "needs registers of 256 bits, which this processor does not have";
        }
        RecordedCase.Outcome actual = machine.run(c);
        return CaseComparator.compare(c, actual, machine.changeOutsideWindow());
    }
}
