package io.understudy.checkpoint.file;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.StateWriter;
import io.understudy.checkpoint.digest.Digest;
import io.understudy.checkpoint.digest.EpochDigest;
import io.understudy.checkpoint.digest.ImageDigest;
import io.understudy.checkpoint.digest.PageHasher;
import io.understudy.checkpoint.encoding.EpochTrailer;
import io.understudy.checkpoint.staging.StagedPages;
import io.understudy.checkpoint.staging.StagingPool;
import io.understudy.checkpoint.state.MachineState;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.UUID;

/**
 * The small segment of which golden files are kept: eight pages in two regions, three epochs, an
 * image in two parts.
 *
 * <pre>
 * epoch 812   ram 0 = text A, ram 3 = zero    part: ram 1 = noise
 * epoch 814   ram 2 = text B                  part, the last: rom 1 = text C
 * epoch 815   ram 0 = zero, ram 1 = text D (as a difference to noise), rom 0 = noise
 * </pre>
 */
final class GoldenSegment {
    static final UUID LINEAGE = UUID.fromString("5f0c2a91-6b1d-4c3e-9a55-0123456789ab");
    static final long KEY = 0x1122334455667788L;
    static final long CREATED_UNIX_MS = 1_795_350_000_000L;

    private final SegmentDisk disk;
    private final EntryEncoder encoder = new EntryEncoder();
    private final EncodedEntry entry = new EncodedEntry();
    private final PageHasher hasher = new PageHasher(KEY);
    private final EpochDigest epochDigest = new EpochDigest(hasher);
    private final ImageDigest image;
    private final StagingPool pool = new StagingPool(256);
    private final StagedPages pages = new StagedPages(pool);
    private final PlainMachine machine;
    private final StateWriter state = new StateWriter();
    private final BitSet changed = new BitSet();
    private Digest chain = new Digest(7, 8);
    private long previous = 811;

    GoldenSegment(SegmentDisk disk, long ramPages) {
        this.disk = disk;
        machine = new PlainMachine(PlainMachine.layout(ramPages));
        image = new ImageDigest(machine.layout().regions());
    }

    static Path write(Path folder) throws IOException {
        return new GoldenSegment(SegmentDisk.HOST, 6).writeTo(folder);
    }

    private Path writeTo(Path folder) throws IOException {
        SegmentHead head =
                SegmentHead.of(
                        LINEAGE, KEY, machine.layout(), CREATED_UNIX_MS, "understudy 0.1", "b");
        encoder.encodeHead(head, entry);
        SegmentWriter writer = SegmentWriter.open(disk, folder, head, entry, 812);
        // The image has more than the epoch changed, so its digest does.
        hash(PageId.of(0, 1), noise());
        hash(PageId.of(1, 1), text('C'));
        page(0, 0, text('A'));
        zero(0, 3);
        epoch(writer, 812, 1_000);
        page(0, 1, noise());
        part(writer, 812, false);
        page(0, 2, text('B'));
        epoch(writer, 814, 2_000);
        page(1, 1, text('C'));
        part(writer, 814, true);
        zero(0, 0);
        difference(0, 1, noise(), text('D'));
        page(1, 0, noise());
        epoch(writer, 815, 3_000);
        Path file = writer.close(CREATED_UNIX_MS + 10_000);
        pages.clear();
        pool.close();
        image.close();
        return file;
    }

    private void epoch(SegmentWriter writer, long epoch, long instruction) throws IOException {
        machine.cpu.value = epoch * 3;
        state.reset();
        MachineState.save(machine.components(), state);
        Digest stateDigest = epochDigest.ofState(state.view());
        chain = epochDigest.chained(chain, epoch, image.value(), stateDigest);
        EpochTrailer trailer =
                new EpochTrailer(
                        epoch,
                        instruction,
                        instruction / 10,
                        pages.size(),
                        1,
                        true,
                        image.value(),
                        stateDigest,
                        chain);
        encoder.encodeEpoch(
                trailer, previous, pages, changed, state.toByteArray(), state.size(), entry);
        writer.appendEpoch(entry, trailer, pages.size());
        previous = epoch;
        changed.clear();
        pages.clear();
    }

    private void part(SegmentWriter writer, long epoch, boolean completes) throws IOException {
        encoder.encodeImagePart(epoch, pages, completes, entry);
        writer.appendImagePart(entry, completes);
        pages.clear();
    }

    private void page(int region, long index, byte[] content) {
        pages.reserve();
        MemorySegment.copy(
                content,
                0,
                pages.nextSegment(),
                ValueLayout.JAVA_BYTE,
                pages.nextOffset(),
                PageId.PAGE_BYTES);
        pages.add(PageId.of(region, index));
        hash(PageId.of(region, index), content);
    }

    private void difference(int region, long index, byte[] before, byte[] after) {
        byte[] difference = after.clone();
        for (int i = 0; i < difference.length; i++) {
            difference[i] ^= before[i];
        }
        changed.set(pages.size());
        page(region, index, difference);
        hash(PageId.of(region, index), after);
    }

    private void zero(int region, long index) {
        pages.addZero(PageId.of(region, index));
        image.put(PageId.of(region, index), 0, 0);
    }

    private void hash(long pageId, byte[] content) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(PageId.PAGE_BYTES).put(0, content);
        hasher.hash(pageId, bytes, 0, PageId.PAGE_BYTES);
        image.put(pageId, hasher.high(), hasher.low());
    }

    /** Compressible. */
    static byte[] text(char letter) {
        byte[] bytes = new byte[PageId.PAGE_BYTES];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i % 16 == 15 ? letter : "understudy page ".charAt(i & 15));
        }
        return bytes;
    }

    /** SplitMix64 from seed 0, little-endian: incompressible. */
    static byte[] noise() {
        ByteBuffer bytes = ByteBuffer.allocate(PageId.PAGE_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        for (long state = 0x9e3779b97f4a7c15L; bytes.hasRemaining(); state += 0x9e3779b97f4a7c15L) {
            long z = (state ^ state >>> 30) * 0xbf58476d1ce4e5b9L;
            z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
            bytes.putLong(z ^ z >>> 31);
        }
        return bytes.array();
    }
}
