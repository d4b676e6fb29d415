package io.understudy.checkpoint.file;

import io.understudy.checkpoint.CorruptStateException;
import io.understudy.checkpoint.MachineLayout;
import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.checkpoint.ProtectedMachine;
import io.understudy.checkpoint.digest.Digest;
import io.understudy.checkpoint.digest.EpochDigest;
import io.understudy.checkpoint.digest.ImageDigest;
import io.understudy.checkpoint.digest.PageHasher;
import io.understudy.checkpoint.state.MachineState;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Restores one epoch of a segment into a machine that never ran. Whatever goes wrong, the machine
 * must be thrown away: parts of it have been written.
 */
public final class SegmentRestore {
    private final SegmentFile segment;
    private final ProtectedMachine machine;
    private final ImageDigest image;
    private final PageHasher hasher;
    private final EpochDigest epochDigest;
    private final PageSet seen;
    private final MemorySegment page;
    private final ByteBuffer pageBytes;
    private final MemorySegment before;
    private final MemorySegment zeroPage;
    private long epoch;
    private long instruction;
    private long outputOffset;
    private Digest chain = Digest.ZERO;

    /** Image digest that the newest epoch claims, for the part that completes the image. */
    private Digest claimedImage = Digest.ZERO;

    private byte[] state = new byte[0];

    private SegmentRestore(SegmentFile segment, ProtectedMachine machine, Arena arena) {
        this.segment = segment;
        this.machine = machine;
        List<MemoryRegion> regions = machine.layout().regions();
        image = new ImageDigest(regions);
        hasher = new PageHasher(segment.head().digestKey());
        epochDigest = new EpochDigest(hasher);
        seen = new PageSet(regions);
        page = arena.allocate(PageId.PAGE_BYTES, Long.BYTES);
        pageBytes = page.asByteBuffer();
        before = arena.allocate(PageId.PAGE_BYTES, Long.BYTES);
        zeroPage = arena.allocate(PageId.PAGE_BYTES, Long.BYTES);
    }

    /**
     * Restores an epoch and makes the machine ready to run.
     *
     * @param machine of the layout that the segment says, its memory all zero
     * @param progress is told how many stored bytes have been read
     * @throws CorruptStateException if the epoch is not there to be restored, the machine is
     *     another one, or the segment is damaged
     */
    public static void restore(
            SegmentFile segment, long epoch, ProtectedMachine machine, LongConsumer progress)
            throws IOException, CorruptStateException {
        String name = String.valueOf(segment.file().getFileName());
        String difference = difference(segment.head().layout(), machine.layout());
        if (!difference.isEmpty()) {
            throw new CorruptStateException(name + " keeps another machine: " + difference);
        }
        SegmentManifest manifest = segment.manifest();
        if (manifest.restorable().stream().noneMatch(e -> e.epoch() == epoch)) {
            throw new CorruptStateException(
                    "%s cannot restore epoch %d, only epochs from %d to %d"
                            .formatted(
                                    name, epoch, manifest.restorableFrom(), manifest.lastEpoch()));
        }
        try (Arena arena = Arena.ofConfined()) {
            SegmentRestore restore = new SegmentRestore(segment, machine, arena);
            try {
                restore.replay(epoch, progress);
            } finally {
                restore.image.close();
            }
            try {
                MachineState.restore(machine.layout(), machine.components(), restore.state);
            } catch (CorruptStateException e) {
                throw new CorruptStateException(
                        "%s: epoch %d: %s".formatted(name, epoch, e.getMessage()));
            }
            machine.activate();
        }
    }

    private void replay(long through, LongConsumer progress)
            throws IOException, CorruptStateException {
        long done = 0;
        List<SegmentManifest.Entry> entries = segment.manifest().entries();
        for (int i = 1; i < entries.size() && entries.get(i).epoch() <= through; i++) {
            SegmentManifest.Entry entry = entries.get(i);
            seen.clear();
            if (entry.kind() == EntryKind.EPOCH) {
                segment.read(i, records -> readEpoch(entry, records));
            } else {
                segment.read(i, records -> readImagePart(entry, records));
            }
            done += entry.storedBytes();
            progress.accept(done);
        }
    }

    private void readEpoch(SegmentManifest.Entry entry, RecordReader records)
            throws IOException, CorruptStateException {
        EpochRecord record = null;
        int stateBytes = 0;
        while (records.next()) {
            if (record == null) {
                record = begin(entry, records);
                continue;
            }
            switch (records.type()) {
                case SegmentFormat.ZERO_PAGES -> takeZeroPages(records);
                case SegmentFormat.PAGES -> takePages(records, false);
                case SegmentFormat.CHANGED_PAGES -> takeChangedPages(records);
                case SegmentFormat.STATE -> {
                    if (records.length() > state.length - stateBytes) {
                        throw records.corrupt("more machine state than was announced");
                    }
                    System.arraycopy(records.content(), 0, state, stateBytes, records.length());
                    stateBytes += records.length();
                }
                default -> records.skipUnknown();
            }
        }
        if (record == null) {
            throw records.corrupt("it has no epoch record");
        }
        if (seen.size() != record.pages() || stateBytes != state.length) {
            throw records.corrupt(
                    "%d pages and %d bytes of state, %d and %d were announced"
                            .formatted(seen.size(), stateBytes, record.pages(), state.length));
        }
        checkStateAndChain(record, records);
        if (entry.epoch() > segment.manifest().restorableFrom()) {
            checkImage(record.imageDigest(), records);
        }
        claimedImage = record.imageDigest();
    }

    private EpochRecord begin(SegmentManifest.Entry entry, RecordReader records)
            throws CorruptStateException {
        if (records.type() != SegmentFormat.EPOCH) {
            throw records.corrupt("it does not begin with an epoch record");
        }
        EpochRecord record = EpochRecord.read(records);
        boolean follows = epoch == 0 || record.previous() == epoch;
        if (record.epoch() != entry.epoch() || !follows || record.previous() >= record.epoch()) {
            throw records.corrupt(
                    "epoch %d on top of %d, after epoch %d in this segment"
                            .formatted(record.epoch(), record.previous(), epoch));
        }
        if (record.instruction() < instruction || record.outputOffset() < outputOffset) {
            throw records.corrupt("instruction or output offset falls");
        }
        state = new byte[record.stateBytes()];
        return record;
    }

    private void checkStateAndChain(EpochRecord record, RecordReader records)
            throws CorruptStateException {
        Digest stateDigest = epochDigest.ofState(ByteBuffer.wrap(state));
        if (!stateDigest.equals(record.stateDigest())) {
            throw records.corrupt(
                    "the digest of its machine state is %s, not %s"
                            .formatted(stateDigest, record.stateDigest()));
        }
        boolean isFirst = epoch == 0;
        Digest chained =
                epochDigest.chained(chain, record.epoch(), record.imageDigest(), stateDigest);
        if (!isFirst && !chained.equals(record.chainDigest())) {
            throw records.corrupt(
                    "its chain digest is %s, not %s".formatted(chained, record.chainDigest()));
        }
        epoch = record.epoch();
        instruction = record.instruction();
        outputOffset = record.outputOffset();
        chain = record.chainDigest();
    }

    private void readImagePart(SegmentManifest.Entry entry, RecordReader records)
            throws IOException, CorruptStateException {
        boolean isFirst = true;
        long pages = 0;
        boolean completes = false;
        while (records.next()) {
            if (isFirst) {
                if (records.type() != SegmentFormat.IMAGE_PART
                        || records.length() != SegmentFormat.IMAGE_PART_BYTES) {
                    throw records.corrupt("it does not begin with an image part");
                }
                ByteBuffer in = ByteBuffer.wrap(records.content()).order(ByteOrder.LITTLE_ENDIAN);
                pages = Integer.toUnsignedLong(in.getInt(8));
                int flags = in.getInt(12);
                completes = flags == SegmentFormat.IMAGE_COMPLETE;
                if (in.getLong(0) != entry.epoch() || (flags != 0 && !completes)) {
                    throw records.corrupt("it is of another epoch, or has unknown flags");
                }
                isFirst = false;
            } else if (records.type() == SegmentFormat.PAGES) {
                takePages(records, false);
            } else {
                records.skipUnknown();
            }
        }
        boolean shouldComplete = entry.epoch() == segment.manifest().restorableFrom();
        if (isFirst || seen.size() != pages || completes != shouldComplete) {
            throw records.corrupt("its pages are not those that it and the manifest announce");
        }
        if (completes) {
            checkImage(claimedImage, records);
        }
    }

    private void takeZeroPages(RecordReader records) throws CorruptStateException {
        int count = records.items(Long.BYTES);
        ByteBuffer in = ByteBuffer.wrap(records.content()).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            long pageId = in.getLong();
            enter(pageId, records);
            machine.memory().writePage(pageId, zeroPage, 0);
            image.put(pageId, 0, 0);
        }
    }

    private void takeChangedPages(RecordReader records) throws CorruptStateException {
        if (segment.head().revision() < 2) {
            records.skipUnknown();
        } else {
            takePages(records, true);
        }
    }

    /**
     * @param areDifferences the content is the XOR with what the page held until now
     */
    private void takePages(RecordReader records, boolean areDifferences)
            throws CorruptStateException {
        int count = records.items(SegmentFormat.PAGE_RECORD_BYTES);
        byte[] content = records.content();
        ByteBuffer in = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN);
        for (int i = 0; i < count; i++) {
            int at = i * SegmentFormat.PAGE_RECORD_BYTES;
            long pageId = in.getLong(at);
            enter(pageId, records);
            MemorySegment.copy(
                    content, at + Long.BYTES, page, ValueLayout.JAVA_BYTE, 0, PageId.PAGE_BYTES);
            if (areDifferences) {
                machine.memory().readPage(pageId, before, 0);
                for (int w = 0; w < PageId.PAGE_BYTES; w += Long.BYTES) {
                    long word = page.get(ValueLayout.JAVA_LONG, w);
                    page.set(ValueLayout.JAVA_LONG, w, word ^ before.get(ValueLayout.JAVA_LONG, w));
                }
            }
            machine.memory().writePage(pageId, page, 0);
            hasher.hashPage(pageId, page, pageBytes, 0);
            image.put(pageId, hasher.high(), hasher.low());
        }
    }

    private void enter(long pageId, RecordReader records) throws CorruptStateException {
        List<MemoryRegion> regions = machine.layout().regions();
        int region = PageId.region(pageId);
        if (region < 0
                || region >= regions.size()
                || PageId.index(pageId) >= regions.get(region).pages()) {
            throw records.corrupt(
                    "the machine has no page %d in region %d"
                            .formatted(PageId.index(pageId), region));
        }
        if (!seen.add(pageId)) {
            throw records.corrupt(
                    "page %d of region %d comes twice".formatted(PageId.index(pageId), region));
        }
    }

    private void checkImage(Digest claimed, RecordReader records) throws CorruptStateException {
        if (!image.value().equals(claimed)) {
            throw records.corrupt(
                    "the image digest as of epoch %d is %s, not %s"
                            .formatted(epoch, image.value(), claimed));
        }
    }

    /** What differs between two machines, or nothing. */
    private static String difference(MachineLayout kept, MachineLayout here) {
        if (!kept.kind().equals(here.kind())) {
            return "%s, not %s".formatted(kept.kind(), here.kind());
        }
        if (kept.regions().size() != here.regions().size()
                || kept.components().size() != here.components().size()) {
            return "%d memory regions and %d components, not %d and %d"
                    .formatted(
                            kept.regions().size(),
                            kept.components().size(),
                            here.regions().size(),
                            here.components().size());
        }
        for (int i = 0; i < kept.regions().size(); i++) {
            if (!kept.regions().get(i).equals(here.regions().get(i))) {
                return "region %s of %d KiB, not %s of %d KiB"
                        .formatted(
                                kept.regions().get(i).name(),
                                kept.regions().get(i).pages() * 4,
                                here.regions().get(i).name(),
                                here.regions().get(i).pages() * 4);
            }
        }
        for (int i = 0; i < kept.components().size(); i++) {
            if (!kept.components().get(i).equals(here.components().get(i))) {
                return "component %s version %d, not %s version %d"
                        .formatted(
                                kept.components().get(i).name(),
                                kept.components().get(i).version(),
                                here.components().get(i).name(),
                                here.components().get(i).version());
            }
        }
        return "";
    }
}
