package io.understudy.checkpoint.keep;

import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.apply.EpochObserver;
import io.understudy.checkpoint.digest.ImageDigest;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.checkpoint.file.SegmentDisk;
import io.understudy.checkpoint.staging.StagedPages;
import java.io.IOException;
import java.util.UUID;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides, epoch by epoch, what goes into which segment, and copies it for the disk's thread.
 *
 * <p>Segments overlap: the next one begins, and gets its image in stripes, while the one before is
 * still followed; it takes over when its image is complete. So there is no gap between what two
 * segments can restore. {@link EpochObserver} calls come from one thread; {@link #status} and
 * {@link #close} from any.
 */
public final class EpochKeeper implements EpochObserver, AutoCloseable {
    private final MachineLayout layout;
    private final GuestMemory memory;
    private final LongSupplier nowNs;
    private final KeepOptions options;
    private final KeepThread disk;

    // Of the thread that owns the image.
    private KeptEpoch.@Nullable Session session;
    private boolean isBehind;

    /** Number of the segment that is followed, 0 for none; they are counted as they take over. */
    private int segment;

    private int segmentsSoFar;
    private long segmentSinceNs;
    private @Nullable ImageCopy copying;
    private @Nullable KeptEpoch filling;

    private EpochKeeper(
            ProtectedMachine machine, KeepOptions options, LongSupplier nowNs, KeepThread disk) {
        this.layout = machine.layout();
        this.memory = machine.memory();
        this.options = options;
        this.nowNs = nowNs;
        this.disk = disk;
    }

    /**
     * Opens the folder, which this process alone may keep epochs in, and deletes what an earlier
     * process left unfinished there.
     *
     * @param nowNs the host clock, monotonic
     * @param unixMs the host clock, milliseconds since 1970 UTC
     * @throws IOException if the folder cannot be used, or another process keeps epochs in it
     */
    public static EpochKeeper open(
            ProtectedMachine machine,
            KeepOptions options,
            SegmentDisk disk,
            LongSupplier nowNs,
            LongSupplier unixMs)
            throws IOException {
        return new EpochKeeper(
                machine, options, nowNs, KeepThread.start(machine.layout(), options, disk, unixMs));
    }

    @Override
    public void sessionStarted(UUID lineage, long digestKey) {
        imageEnded();
        session = new KeptEpoch.Session(lineage, digestKey);
    }

    @Override
    public void applying(EpochTrailer epoch, long previousEpoch, StagedPages pages, byte[] state) {
        filling = null;
        KeptEpoch.Session its = session;
        if (its == null || !epoch.completesImage() || disk.isStopped()) {
            return;
        }
        if (isBehind && !disk.isIdle()) {
            disk.leaveOut();
            return;
        }
        isBehind = false;
        boolean opens = copying == null && isDue() && disk.mayOpen();
        if (!opens && copying == null && segment == 0) {
            return;
        }
        if (opens) {
            copying = new ImageCopy(layout.regions());
        }
        KeptEpoch kept = disk.buffer();
        if (kept == null || !kept.take(epoch, previousEpoch, pages, memory, copying, state)) {
            if (kept != null) {
                disk.recycle(kept);
            }
            fallBehind(pages.size());
            return;
        }
        kept.opens = opens ? its : null;
        filling = kept;
    }

    @Override
    public void applied(EpochTrailer epoch, ImageDigest digest) {
        KeptEpoch kept = filling;
        if (kept == null) {
            return;
        }
        filling = null;
        ImageCopy image = copying;
        if (image != null) {
            image.skip(kept.pages);
            kept.hasImagePart = true;
            kept.completesImage = image.copyStripe(memory, digest, kept.imagePart);
            if (kept.completesImage) {
                copying = null;
                segment = ++segmentsSoFar;
                segmentSinceNs = nowNs.getAsLong();
            }
        }
        disk.write(kept);
    }

    @Override
    public void imageEnded() {
        if (session != null) {
            session = null;
            endSegments(KeepStatus.State.WAITING, "");
        }
        isBehind = false;
    }

    /** Thread-safe. */
    public KeepStatus status() {
        return disk.status();
    }

    /** Whether everything seen so far has been dealt with. Thread-safe. */
    public boolean isIdle() {
        return disk.isIdle();
    }

    /** Writes what is buffered and closes the newest segment. The image must have ended. */
    @Override
    public void close() {
        disk.close();
    }

    /** Whether the next segment is to begin. */
    private boolean isDue() {
        return segment == 0
                || disk.bytesBehindImage(segment) >= options.segmentBytes()
                || nowNs.getAsLong() - segmentSinceNs >= options.segmentAgeNs();
    }

    /** What is kept so far stays; a new segment begins once the disk has caught up. */
    private void fallBehind(int pages) {
        isBehind = true;
        endSegments(
                KeepStatus.State.BEHIND,
                "the disk is too slow for epochs of %d pages".formatted(pages));
        disk.leaveOut();
    }

    private void endSegments(KeepStatus.State why, String detail) {
        copying = null;
        segment = 0;
        filling = null;
        disk.endSegments(why, detail);
    }
}
