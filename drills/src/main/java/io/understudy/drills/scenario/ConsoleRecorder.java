package io.understudy.drills.scenario;

import io.understudy.drills.checker.CounterLineChecker;
import io.understudy.drills.checker.Finding;
import io.understudy.drills.checker.TransmissionChecker;
import io.understudy.replication.console.ConsoleSink;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client's view of the console while a drill runs: everything goes to the checkers as it comes,
 * and the moments that matter are kept. Thread-safe.
 */
final class ConsoleRecorder implements ConsoleSink {
    private final Timeline timeline;
    private final CounterLineChecker lines;
    private final TransmissionChecker transmission = new TransmissionChecker();
    private final List<Finding> contradictions = new ArrayList<>();
    private long contradictedBytes;
    private @Nullable String firstSpeaker;
    private boolean isOtherSpeaking;
    private long takeoverNs;
    private long linesAtTakeover;
    private boolean hasEnded;

    /**
     * @param writesPerLine boot parameter of the guest
     */
    ConsoleRecorder(Timeline timeline, long writesPerLine) {
        this.timeline = timeline;
        this.lines = new CounterLineChecker(writesPerLine);
    }

    @Override
    public synchronized void bytes(long offset, byte[] bytes) {
        if (isOtherSpeaking && takeoverNs == 0) {
            takeoverNs = System.nanoTime();
            linesAtTakeover = lines.lines();
            timeline.addAt(takeoverNs, "client: first new byte, at offset " + offset);
        }
        transmission.accept(offset, bytes.length);
        lines.accept(bytes);
    }

    @Override
    public synchronized void speaker(String address, long term) {
        if (firstSpeaker == null) {
            firstSpeaker = address;
        }
        isOtherSpeaking = !address.equals(firstSpeaker);
        timeline.add("client: " + address + " speaks for the machine, term " + term);
    }

    @Override
    public synchronized void contradicted(long offset, int known, int offered, String address) {
        contradictedBytes++;
        if (contradictions.isEmpty()) {
            String text =
                    "byte " + offset + " was " + known + " and " + address + " offers " + offered;
            contradictions.add(new Finding(Finding.Kind.CONTRADICTED, offset, text));
            timeline.add("client: CONTRADICTED, " + text);
        }
    }

    @Override
    public synchronized void gap(long from, long to) {
        timeline.add("client: bytes " + from + " to " + (to - 1) + " cannot be had any more");
    }

    @Override
    public synchronized void ended(String exitStatus) {
        hasEnded = true;
        timeline.add("client: the guest ended, " + exitStatus);
    }

    @Override
    public synchronized void notice(String sentence) {
        timeline.add("client: " + sentence);
    }

    /** Host time of the first new byte of another node than the first, 0 before it. */
    synchronized long takeoverNs() {
        return takeoverNs;
    }

    /** Complete lines since the takeover, 0 before it. */
    synchronized long linesSinceTakeover() {
        return takeoverNs == 0 ? 0 : lines.lines() - linesAtTakeover;
    }

    synchronized long lines() {
        return lines.lines();
    }

    synchronized long bytes() {
        return lines.bytes();
    }

    synchronized boolean hasEnded() {
        return hasEnded;
    }

    synchronized long contradictedBytes() {
        return contradictedBytes;
    }

    /** Everything that must not have been seen. */
    synchronized List<Finding> findings() {
        List<Finding> all = new ArrayList<>(contradictions);
        all.addAll(transmission.findings());
        all.addAll(lines.findings());
        return all;
    }
}
