package io.understudy.replication.host;

import io.understudy.checkpoint.capture.CapturedCheckpoint;
import io.understudy.checkpoint.encoding.EncodeStatistics;
import io.understudy.checkpoint.latency.CheckpointEvents;
import io.understudy.checkpoint.latency.CountSummary;
import io.understudy.checkpoint.latency.LatencyRecorder;
import io.understudy.checkpoint.latency.LatencySummary;
import io.understudy.checkpoint.latency.Phase;
import io.understudy.replication.EpochStatistics;
import io.understudy.replication.Quantiles;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/** Counts and times the epochs of a primary. Thread-safe. */
final class EpochMeter {
    private static final List<Phase> PAUSE_PHASES =
            List.of(Phase.QUIESCE, Phase.HARVEST, Phase.COPY, Phase.STATE, Phase.RESUME);
    private static final double NS_PER_US = 1e3;

    private final LatencyRecorder times = new LatencyRecorder();
    private final AtomicLong committed = new AtomicLong();
    private final AtomicLong warmup = new AtomicLong();
    private final AtomicLong bytesRaw = new AtomicLong();
    private final AtomicLong bytesOnWire = new AtomicLong();
    private final AtomicLong zeroPages = new AtomicLong();
    private final AtomicLong samePages = new AtomicLong();
    private final AtomicLong deltaPages = new AtomicLong();
    private final AtomicLong lz4Pages = new AtomicLong();
    private final AtomicLong rawPages = new AtomicLong();
    private final AtomicLong stateBytesOnWire = new AtomicLong();
    private volatile double heldBackShare;
    private volatile long copyPagesLeft;

    /**
     * @param isWarm after the first full copy and the first two seconds
     */
    void paused(CapturedCheckpoint checkpoint, long resumeNs, boolean isWarm) {
        times.recordPause(checkpoint.times(), resumeNs, isWarm);
        CheckpointEvents.pause(checkpoint, resumeNs);
        if (isWarm) {
            times.recordDirtyPages(checkpoint.pageCount());
        } else {
            warmup.incrementAndGet();
        }
    }

    /**
     * @param share of host time during which the guest is held back
     * @param pagesLeft of the first full copy
     */
    void progress(double share, long pagesLeft) {
        heldBackShare = share;
        copyPagesLeft = pagesLeft;
    }

    /**
     * The backup has the epoch, and what of its output may leave has left.
     *
     * @param wholeImage whether that protects anything
     */
    void acknowledged(EpochRecord epoch, long acknowledgedNs, long releasedNs, boolean wholeImage) {
        EncodeStatistics statistics = epoch.statistics;
        if (statistics == null) {
            return;
        }
        bytesRaw.addAndGet(statistics.bytesRaw());
        bytesOnWire.addAndGet(statistics.bytesOnWire());
        zeroPages.addAndGet(statistics.zeroPages());
        samePages.addAndGet(statistics.samePages());
        deltaPages.addAndGet(statistics.deltaPages());
        lz4Pages.addAndGet(statistics.lz4Pages());
        rawPages.addAndGet(statistics.rawPages());
        stateBytesOnWire.addAndGet(statistics.stateBytesOnWire());
        if (!wholeImage) {
            return;
        }
        committed.incrementAndGet();
        long acknowledgeNs = acknowledgedNs - epoch.sentNs;
        long commitNs = releasedNs - acknowledgedNs;
        times.record(Phase.ENCODE, statistics.encodeNs());
        times.record(Phase.SEND, epoch.sendNs);
        times.record(Phase.ACKNOWLEDGE, acknowledgeNs);
        times.record(Phase.COMMIT, commitNs);
        times.record(Phase.OUTPUT_HOLD, releasedNs - epoch.sealedNs);
        CheckpointEvents.transfer(
                epoch.checkpoint.epoch(), statistics, epoch.sendNs, acknowledgeNs, commitNs);
    }

    EpochStatistics snapshot() {
        Map<String, Quantiles> phases = new LinkedHashMap<>();
        for (Phase phase : PAUSE_PHASES) {
            phases.put(phase.name().toLowerCase(Locale.ROOT), us(phase));
        }
        Map<String, Long> pages = new LinkedHashMap<>();
        pages.put("zero", zeroPages.get());
        pages.put("same", samePages.get());
        pages.put("delta", deltaPages.get());
        pages.put("lz4", lz4Pages.get());
        pages.put("raw", rawPages.get());
        CountSummary dirty = times.dirtyPages();
        return new EpochStatistics(
                committed.get(),
                warmup.get(),
                new Quantiles(dirty.count(), dirty.p50(), Double.NaN, dirty.p99(), dirty.max()),
                us(Phase.PAUSE),
                us(Phase.PAUSE_ALL),
                phases,
                us(Phase.ENCODE),
                us(Phase.ACKNOWLEDGE),
                us(Phase.COMMIT),
                us(Phase.OUTPUT_HOLD),
                bytesRaw.get(),
                bytesOnWire.get(),
                pages,
                stateBytesOnWire.get(),
                heldBackShare,
                copyPagesLeft);
    }

    private Quantiles us(Phase phase) {
        LatencySummary summary = times.summary(phase);
        return new Quantiles(
                summary.count(),
                summary.p50Ns() / NS_PER_US,
                summary.p95Ns() / NS_PER_US,
                summary.p99Ns() / NS_PER_US,
                summary.maxNs() / NS_PER_US);
    }
}
