package io.understudy.checkpoint.apply;

import io.understudy.checkpoint.digest.ImageDigest;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.checkpoint.staging.StagedPages;
import java.util.UUID;

/**
 * Sees every epoch that enters a standby image. Called from the thread that owns the image, between
 * an acknowledgement and the next: must not block and not fail.
 */
public interface EpochObserver {
    /** Looks away. */
    EpochObserver NONE =
            new EpochObserver() {
                @Override
                public void sessionStarted(UUID lineage, long digestKey) {}

                @Override
                public void applying(
                        EpochTrailer epoch, long previousEpoch, StagedPages pages, byte[] state) {}

                @Override
                public void applied(EpochTrailer epoch, ImageDigest digest) {}

                @Override
                public void imageEnded() {}
            };

    /**
     * A full copy begins, with blank memory.
     *
     * @param digestKey of the session
     */
    void sessionStarted(UUID lineage, long digestKey);

    /**
     * A verified and acknowledged epoch is about to enter the image; memory holds the epoch before.
     *
     * @param previousEpoch the image's newest until now
     * @param pages what changes; valid during the call
     * @param state the machine state; never changes any more
     */
    void applying(EpochTrailer epoch, long previousEpoch, StagedPages pages, byte[] state);

    /**
     * Memory holds the epoch.
     *
     * @param digest of every page; valid during the call
     */
    void applied(EpochTrailer epoch, ImageDigest digest);

    /** The image goes live or is given up: no epoch comes before the next session. */
    void imageEnded();
}
