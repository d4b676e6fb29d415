package io.understudy.checkpoint.apply;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.digest.Digest;
import io.understudy.checkpoint.digest.EpochDigest;
import io.understudy.checkpoint.digest.ImageDigest;
import io.understudy.checkpoint.digest.PageHasher;
import io.understudy.checkpoint.digest.Sum128;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.checkpoint.staging.StagedPages;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One epoch on its way into the image. Any {@link CorruptStateException} has dropped it: the image
 * is as it was, and the session goes on only with an epoch that builds on the image's.
 */
public final class PendingEpoch {
    private enum Step {
        /** Batches and state come in. */
        RECEIVING,
        /** Complete and verified: may be acknowledged, must be applied. */
        VERIFIED,
        /** In the image. */
        APPLIED,
        /** Never was. */
        DROPPED
    }

    private final StandbyImage image;
    private final EpochHeader header;
    private final PendingBuffers buffers;
    private final EpochDigest epochDigest;
    private final Sum128 sum = new Sum128();
    private Step step = Step.RECEIVING;
    private int batches;
    private final byte[] state;
    private int stateBytes;
    private @Nullable EpochTrailer trailer;

    PendingEpoch(StandbyImage image, EpochHeader header, PendingBuffers buffers) {
        this.image = image;
        this.header = header;
        this.buffers = buffers;
        this.epochDigest = new EpochDigest(image.hasher());
        this.state = new byte[header.stateBytes()];
        image.imageDigest().copySumTo(sum);
    }

    public long epoch() {
        return header.epoch();
    }

    /** Takes the next page batch: what {@code batch} has remaining. The buffer is not kept. */
    public void addBatch(ByteBuffer batch) throws CorruptStateException {
        Invariant.check(step == Step.RECEIVING, "batches come before the epoch is complete");
        int first = buffers.pages.size();
        try {
            buffers.decoder.decode(
                    batch, header.epoch(), batches, buffers.pages, buffers.seen, header.pagesMax());
        } catch (CorruptStateException e) {
            drop();
            throw e;
        }
        batches++;
        hashFrom(first);
        if (!image.policy().appliesAtomically()) {
            writePages(first);
        }
    }

    /** Takes the next parts of the machine state. The buffer is not kept. */
    public void addState(ByteBuffer parts) throws CorruptStateException {
        Invariant.check(step == Step.RECEIVING, "state comes before the epoch is complete");
        try {
            stateBytes =
                    buffers.stateDecoder.decode(
                            parts,
                            header.epoch(),
                            image.appliedState(),
                            state,
                            stateBytes,
                            state.length);
        } catch (CorruptStateException e) {
            drop();
            throw e;
        }
    }

    /**
     * Checks that the epoch is whole, that its state fits this machine and that every digest is
     * what the primary says. When this returns, the epoch may be acknowledged, and must be applied.
     */
    public void complete(EpochTrailer claimed) throws CorruptStateException {
        Invariant.check(step == Step.RECEIVING, "an epoch is completed once");
        checkWhole(claimed);
        if (image.policy().verifiesDigests()) {
            checkDigests(claimed, state);
        }
        try {
            image.checkState(state, claimed.completesImage());
        } catch (CorruptStateException e) {
            drop();
            throw e;
        }
        trailer = claimed;
        step = Step.VERIFIED;
    }

    /** Puts the verified epoch into the image. Cannot fail. */
    public void apply() {
        Invariant.check(step == Step.VERIFIED, "only a verified epoch is applied");
        EpochTrailer verified = Invariant.present(trailer, "a verified epoch has its trailer");
        StagedPages pages = buffers.pages;
        image.observer().applying(verified, header.previousEpoch(), pages, state);
        writePages(0);
        ImageDigest digest = image.imageDigest();
        for (int i = 0; i < pages.size(); i++) {
            digest.put(pages.pageId(i), buffers.highs[i], buffers.lows[i]);
        }
        image.setApplied(verified, state);
        image.observer().applied(verified, digest);
        step = Step.APPLIED;
        close();
    }

    /** Forgets the epoch; the image is as it was. Not after {@link #complete}. */
    public void drop() {
        Invariant.check(step != Step.VERIFIED, "a verified epoch is never dropped");
        if (step == Step.RECEIVING) {
            release();
        }
    }

    /** As {@link #drop}, when the whole image goes. */
    void release() {
        step = Step.DROPPED;
        close();
    }

    private void checkWhole(EpochTrailer claimed) throws CorruptStateException {
        if (claimed.epoch() != header.epoch()) {
            throw dropped("its trailer is of epoch %d".formatted(claimed.epoch()));
        }
        if (claimed.batches() != batches || claimed.pages() != buffers.pages.size()) {
            throw dropped(
                    "%d pages in %d batches came, %d in %d were sent"
                            .formatted(
                                    buffers.pages.size(),
                                    batches,
                                    claimed.pages(),
                                    claimed.batches()));
        }
        if (stateBytes != header.stateBytes()) {
            throw dropped(
                    "%d bytes of machine state came, %d were announced"
                            .formatted(stateBytes, header.stateBytes()));
        }
        if (claimed.instruction() < image.instruction() || claimed.outputOffset() < 0) {
            throw dropped(
                    "it ends at instruction %d and output offset %d, the epoch before at %d"
                            .formatted(
                                    claimed.instruction(),
                                    claimed.outputOffset(),
                                    image.instruction()));
        }
    }

    private void checkDigests(EpochTrailer claimed, byte[] whole) throws CorruptStateException {
        Digest imageDigest = sum.value();
        if (!imageDigest.equals(claimed.imageDigest())) {
            throw dropped(
                    "the image digest is %s here, %s at the primary"
                            .formatted(imageDigest, claimed.imageDigest()));
        }
        Digest stateDigest = epochDigest.ofState(ByteBuffer.wrap(whole));
        if (!stateDigest.equals(claimed.stateDigest())) {
            throw dropped(
                    "the machine state digest is %s here, %s at the primary"
                            .formatted(stateDigest, claimed.stateDigest()));
        }
        Digest chain = epochDigest.chained(image.chain(), header.epoch(), imageDigest, stateDigest);
        if (!chain.equals(claimed.chainDigest())) {
            throw dropped(
                    "the chain digest is %s here, %s at the primary: the epochs before differ"
                            .formatted(chain, claimed.chainDigest()));
        }
    }

    private void hashFrom(int first) {
        StagedPages pages = buffers.pages;
        PageHasher hasher = image.hasher();
        ImageDigest digest = image.imageDigest();
        for (int i = first; i < pages.size(); i++) {
            long pageId = pages.pageId(i);
            long high = 0;
            long low = 0;
            if (!pages.isZero(i)) {
                hasher.hashPage(pageId, pages.segment(i), pages.bytes(i), pages.offset(i));
                high = hasher.high();
                low = hasher.low();
                digest.prepare(pageId);
            }
            sum.subtract(digest.high(pageId), digest.low(pageId));
            sum.add(high, low);
            buffers.putHash(i, high, low);
        }
    }

    private void writePages(int first) {
        GuestMemory memory = image.machine().memory();
        StagedPages pages = buffers.pages;
        for (int i = first; i < pages.size(); i++) {
            if (pages.isZero(i)) {
                memory.writePage(pages.pageId(i), buffers.zeroPage, 0);
            } else {
                memory.writePage(pages.pageId(i), pages.segment(i), pages.offset(i));
            }
        }
    }

    private CorruptStateException dropped(String why) {
        drop();
        return new CorruptStateException("epoch %d: %s".formatted(header.epoch(), why));
    }

    private void close() {
        buffers.clear();
        image.closePending(this);
    }
}
