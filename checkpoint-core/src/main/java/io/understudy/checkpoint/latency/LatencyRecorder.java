package io.understudy.checkpoint.latency;

import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.capture.PauseTimes;
import java.util.EnumMap;
import org.HdrHistogram.Histogram;

/**
 * Histograms of a run, one per {@link Phase}. Thread-safe; recording allocates nothing. The five
 * phases of the pause and PAUSE cover the same epochs, those after the warm-up, so their counts are
 * equal; PAUSE_ALL counts every epoch.
 */
public final class LatencyRecorder {
    private static final long LOWEST_NS = 64;

    /** Longer times count as this one: two minutes. */
    public static final long HIGHEST_NS = 120_000_000_000L;

    private static final int DIGITS = 3;
    private static final long PAGES_MAX = 1L << 32;

    private final EnumMap<Phase, Histogram> histograms = new EnumMap<>(Phase.class);

    private final Histogram dirtyPages = new Histogram(PAGES_MAX, DIGITS);

    public LatencyRecorder() {
        for (Phase phase : Phase.values()) {
            histograms.put(phase, new Histogram(LOWEST_NS, HIGHEST_NS, DIGITS));
        }
    }

    /**
     * Records one pause.
     *
     * @param resumeNs from the end of capture until the guest ran again
     * @param isWarm whether the epoch lies after the first full copy and the warm-up
     */
    public void recordPause(PauseTimes times, long resumeNs, boolean isWarm) {
        long totalNs =
                times.quiesceNs() + times.harvestNs() + times.copyNs() + times.stateNs() + resumeNs;
        record(Phase.PAUSE_ALL, totalNs);
        if (isWarm) {
            record(Phase.QUIESCE, times.quiesceNs());
            record(Phase.HARVEST, times.harvestNs());
            record(Phase.COPY, times.copyNs());
            record(Phase.STATE, times.stateNs());
            record(Phase.RESUME, resumeNs);
            record(Phase.PAUSE, totalNs);
        }
    }

    public void record(Phase phase, long ns) {
        Histogram histogram = histogram(phase);
        synchronized (histogram) {
            histogram.recordValue(Math.clamp(ns, 0, HIGHEST_NS));
        }
    }

    public LatencySummary summary(Phase phase) {
        Histogram histogram = histogram(phase);
        synchronized (histogram) {
            return new LatencySummary(
                    histogram.getValueAtPercentile(50),
                    histogram.getValueAtPercentile(95),
                    histogram.getValueAtPercentile(99),
                    histogram.getMaxValue(),
                    histogram.getTotalCount());
        }
    }

    /** Records how many pages a checkpoint holds. */
    public void recordDirtyPages(long pages) {
        synchronized (dirtyPages) {
            dirtyPages.recordValue(Math.clamp(pages, 0, PAGES_MAX));
        }
    }

    public CountSummary dirtyPages() {
        synchronized (dirtyPages) {
            return new CountSummary(
                    dirtyPages.getValueAtPercentile(50),
                    dirtyPages.getValueAtPercentile(99),
                    dirtyPages.getMaxValue(),
                    dirtyPages.getTotalCount());
        }
    }

    private Histogram histogram(Phase phase) {
        return Invariant.present(histograms.get(phase), "every phase has its histogram");
    }
}
