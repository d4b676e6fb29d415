package io.understudy.drills;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What came of one rehearsal.
 *
 * @param promises verdict by promise number, all of 1 to 7
 * @param detectionHostMs the kill system call to the survivor's claim; 0 if nobody claimed
 * @param takeoverHostMs the kill system call to the first new output byte at the client; 0 if none
 * @param epochsLost captured but uncommitted at the failure, as far as the primary had said: a
 *     measure, not a broken promise
 * @param outputsReleased console bytes the client received
 * @param outputsContradicted bytes that differed from those already seen at their offset
 * @param timeline what happened, in order
 */
public record DrillResult(
        String name,
        long seed,
        Map<Integer, Verdict> promises,
        double detectionHostMs,
        double takeoverHostMs,
        long epochsLost,
        long outputsReleased,
        long outputsContradicted,
        List<TimelineEntry> timeline) {
    /** What became of a promise. */
    public enum Verdict {
        HELD("held"),
        BROKEN("broken"),
        /** The drill does not put the promise to the test. */
        NOT_APPLICABLE("not-applicable");

        private final String word;

        Verdict(String word) {
            this.word = word;
        }

        /** As programs read it. */
        public String word() {
            return word;
        }

        public static Verdict heldIf(boolean condition) {
            return condition ? HELD : BROKEN;
        }
    }

    /**
     * @param atHostMs since the start of the drill
     * @param what one sentence
     */
    public record TimelineEntry(double atHostMs, String what) {}

    private static final int PROMISES = 7;

    public DrillResult {
        Map<Integer, Verdict> all = new TreeMap<>();
        for (int promise = 1; promise <= PROMISES; promise++) {
            all.put(promise, promises.getOrDefault(promise, Verdict.NOT_APPLICABLE));
        }
        promises = Map.copyOf(all);
        timeline = List.copyOf(timeline);
    }

    /** Broken if any promise is. */
    public Verdict verdict() {
        return Verdict.heldIf(!promises.containsValue(Verdict.BROKEN));
    }
}
