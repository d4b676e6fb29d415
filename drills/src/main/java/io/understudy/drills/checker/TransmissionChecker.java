package io.understudy.drills.checker;

import java.util.ArrayList;
import java.util.List;

/**
 * Verifies that what a console client passed on is one stream: it begins at offset 0 and every
 * piece begins where the one before it ended, across any failover.
 *
 * <p>Does not verify the bytes themselves, nor pieces that the client received and rightly dropped
 * as already seen.
 */
public final class TransmissionChecker {
    private final List<Finding> findings = new ArrayList<>();
    private long next;

    /** A piece that the client passed on. */
    public void accept(long offset, int length) {
        if (offset > next) {
            findings.add(
                    new Finding(
                            Finding.Kind.MISSING,
                            next,
                            "bytes " + next + " to " + (offset - 1) + " were never passed on"));
        } else if (offset < next) {
            findings.add(
                    new Finding(
                            Finding.Kind.REPEATED,
                            offset,
                            "bytes from " + offset + " were passed on twice"));
        }
        next = offset + length;
    }

    /** What was wrong, in order. */
    public List<Finding> findings() {
        return List.copyOf(findings);
    }
}
