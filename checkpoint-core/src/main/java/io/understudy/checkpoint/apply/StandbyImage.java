package io.understudy.checkpoint.apply;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.GuestMemory;
import io.understudy.checkpoint.Invariant;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.digest.Digest;
import io.understudy.checkpoint.digest.ImageAudit;
import io.understudy.checkpoint.digest.ImageDigest;
import io.understudy.checkpoint.digest.PageHasher;
import io.understudy.checkpoint.encoding.EpochHeader;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.checkpoint.encoding.PageBatchDecoder;
import io.understudy.checkpoint.staging.StagedPages;
import io.understudy.checkpoint.staging.StagingPool;
import io.understudy.checkpoint.state.MachineState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * The image that a backup keeps, inside a machine that does not run. One thread at a time.
 *
 * <pre>
 *   startSession -> ( begin -> addBatch* -> addState* -> complete -> [acknowledge] -> apply )*
 *                -> promote
 * </pre>
 */
public final class StandbyImage implements AutoCloseable {
    private final ProtectedMachine machine;
    private final MachineLayout layout;
    private final StandbyPolicy policy;
    private final EpochObserver observer;
    private final StagingPool pool;
    private final ImageDigest digest;
    private final PageHasher hasher = new PageHasher(0);
    private final PendingBuffers buffers;
    private final ImageScrubber scrubber;

    private long key;
    private boolean sessionStarted;
    private boolean isRehearsed;
    private @Nullable PendingEpoch pending;

    /** The newest applied epoch and its machine state: what a promotion goes live with. */
    private @Nullable EpochTrailer applied;

    private byte[] appliedState = new byte[0];
    private Digest chain = Digest.ZERO;

    /**
     * @param machine never run, or discarded: its memory is overwritten
     * @param stagingPagesMax limit on the pages of one epoch; at least the primary's limit, or
     *     epochs that it could capture are refused
     */
    public StandbyImage(ProtectedMachine machine, long stagingPagesMax, StandbyPolicy policy) {
        this(machine, stagingPagesMax, policy, EpochObserver.NONE);
    }

    /**
     * As above.
     *
     * @param observer sees every epoch that is applied, and the end of the image; that a session
     *     started it is told by whoever knows the lineage
     */
    public StandbyImage(
            ProtectedMachine machine,
            long stagingPagesMax,
            StandbyPolicy policy,
            EpochObserver observer) {
        this.machine = machine;
        this.layout = machine.layout();
        this.policy = policy;
        this.observer = observer;
        this.pool = new StagingPool(stagingPagesMax);
        this.digest = new ImageDigest(layout.regions());
        this.buffers =
                new PendingBuffers(
                        new StagedPages(pool),
                        new PageSet(layout.regions()),
                        new PageBatchDecoder(layout, machine.memory()));
        this.scrubber = new ImageScrubber(layout.regions(), machine.memory(), digest, hasher);
    }

    /**
     * Discards whatever image there is and begins a full copy with blank memory.
     *
     * @param newKey of the digest, as the primary told
     */
    public void startSession(long newKey) {
        discard();
        blank();
        key = newKey;
        hasher.setKey(newKey);
        scrubber.restart();
        sessionStarted = true;
    }

    /** Forgets the image: nothing can be promoted until another full copy is complete. */
    public void discard() {
        PendingEpoch open = pending;
        if (open != null) {
            open.release();
        }
        observer.imageEnded();
        digest.clear();
        applied = null;
        appliedState = new byte[0];
        chain = Digest.ZERO;
        sessionStarted = false;
        isRehearsed = false;
    }

    /**
     * Takes the machine as it stands for a whole image: it ran, and was frozen at the end of {@code
     * epoch} for good. Its state is saved, its memory stays where it is.
     *
     * @return what a promotion would go live with
     */
    public EpochTrailer adopt(long epoch) {
        discard();
        StateWriter state = new StateWriter();
        MachineState.save(machine.components(), state);
        EpochTrailer frozen =
                new EpochTrailer(
                        epoch,
                        machine.instructions(),
                        machine.output().writtenOffset(),
                        0,
                        0,
                        true,
                        Digest.ZERO,
                        Digest.ZERO,
                        Digest.ZERO);
        setApplied(frozen, state.toByteArray());
        return frozen;
    }

    /**
     * Opens the next epoch.
     *
     * @throws CorruptStateException if this image cannot take it; nothing has changed
     */
    public PendingEpoch begin(EpochHeader header) throws CorruptStateException {
        Invariant.check(sessionStarted, "epochs come inside a session");
        Invariant.check(pending == null, "one epoch is received at a time");
        if (header.epoch() <= epoch() || header.previousEpoch() != epoch()) {
            throw new CorruptStateException(
                    "epoch %d builds on epoch %d, this image is at epoch %d"
                            .formatted(header.epoch(), header.previousEpoch(), epoch()));
        }
        long pagesLimit = Math.min(pool.pagesMax(), layout.pages());
        if (header.pagesMax() < 0 || header.pagesMax() > pagesLimit) {
            throw new CorruptStateException(
                    "epoch %d announces %d pages, staging here takes %d"
                            .formatted(header.epoch(), header.pagesMax(), pagesLimit));
        }
        if (header.stateBytes() < 0 || header.stateBytes() > StateWriter.BYTES_MAX) {
            throw new CorruptStateException(
                    "epoch %d announces %d bytes of machine state, at most %d are allowed"
                            .formatted(header.epoch(), header.stateBytes(), StateWriter.BYTES_MAX));
        }
        PendingEpoch opened = new PendingEpoch(this, header, buffers);
        pending = opened;
        return opened;
    }

    /** Newest applied epoch, 0 if there is none. */
    public long epoch() {
        EpochTrailer newest = applied;
        return newest == null ? 0 : newest.epoch();
    }

    /** Whether everything of a full copy has been applied: the image may be promoted. */
    public boolean isComplete() {
        EpochTrailer newest = applied;
        return newest != null && newest.completesImage();
    }

    /** Digest of the newest applied image. */
    public Digest digest() {
        return digest.value();
    }

    /** Digest of memory as it is: differs from {@link #digest} if a page was changed or missed. */
    public Digest audit() {
        return ImageAudit.digest(layout.regions(), machine.memory(), key);
    }

    /**
     * Reads on in the applied image, wherever {@link #startSession} or the last call left off, and
     * compares with the hashes of what was applied.
     *
     * @throws CorruptStateException naming a page that is not what was applied; the image must not
     *     be promoted
     */
    public void scrub(int pagesMax) throws CorruptStateException {
        if (sessionStarted) {
            OptionalLong damaged = scrubber.scrub(pagesMax);
            if (damaged.isPresent()) {
                long id = damaged.getAsLong();
                throw new CorruptStateException(
                        "region %d page %d of the image is not what was applied as of epoch %d"
                                .formatted(PageId.region(id), PageId.index(id), epoch()));
            }
        }
    }

    /** How often {@link #scrub} has read the whole image. */
    public long scrubRounds() {
        return scrubber.rounds();
    }

    /**
     * Gives the machine the newest applied epoch and makes it ready to run. All state is checked
     * before the first component changes.
     *
     * @return what it goes live with
     * @throws CorruptStateException if a component refuses its state: the machine must not run
     */
    public EpochTrailer promote() throws CorruptStateException {
        Invariant.check(pending == null, "promotion waits for the pending epoch");
        EpochTrailer newest = Invariant.present(applied, "no image, no promotion");
        Invariant.check(
                newest.completesImage() || !policy.refusesIncomplete(),
                "an incomplete image is not promoted");
        observer.imageEnded();
        MachineState.restore(layout, machine.components(), appliedState);
        machine.activate();
        return newest;
    }

    @Override
    public void close() {
        discard();
        digest.close();
        pool.close();
    }

    ProtectedMachine machine() {
        return machine;
    }

    MachineLayout layout() {
        return layout;
    }

    StandbyPolicy policy() {
        return policy;
    }

    EpochObserver observer() {
        return observer;
    }

    ImageDigest imageDigest() {
        return digest;
    }

    PageHasher hasher() {
        return hasher;
    }

    Digest chain() {
        return chain;
    }

    long instruction() {
        EpochTrailer newest = applied;
        return newest == null ? 0 : newest.instruction();
    }

    /** Machine state of the newest applied epoch; empty if there is none. */
    byte[] appliedState() {
        return appliedState;
    }

    void closePending(PendingEpoch closed) {
        Invariant.check(pending == closed, "only the open epoch is closed");
        pending = null;
    }

    void setApplied(EpochTrailer trailer, byte[] state) {
        applied = trailer;
        appliedState = state;
        chain = trailer.chainDigest();
    }

    /**
     * Checks that the machine takes this state: its framing every time and, before the image first
     * counts as complete, by restoring every component once. Whatever keeps this machine from going
     * live shows now and not when it is needed. Promotion restores all components again.
     */
    void checkState(byte[] state, boolean completesImage) throws CorruptStateException {
        if (completesImage && !isRehearsed) {
            MachineState.restore(layout, machine.components(), state);
            isRehearsed = true;
        } else {
            MachineState.split(layout, state);
        }
    }

    private void blank() {
        GuestMemory memory = machine.memory();
        List<MemoryRegion> regions = layout.regions();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment page = arena.allocate(PageId.PAGE_BYTES, Long.BYTES);
            MemorySegment zero = arena.allocate(PageId.PAGE_BYTES, Long.BYTES);
            for (int region = 0; region < regions.size(); region++) {
                long end = PageId.of(region, regions.get(region).pages());
                long id = memory.nextTouched(PageId.of(region, 0));
                while (id >= 0 && id < end) {
                    memory.readPage(id, page, 0);
                    if (!PageHasher.isZero(page, 0)) {
                        memory.writePage(id, zero, 0);
                    }
                    id = id + 1 < end ? memory.nextTouched(id + 1) : -1;
                }
            }
        }
    }
}
