package io.understudy.hypervisor.pager;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.understudy.checkpoint.MemoryRegion;
import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.frame.FrameAllocator;
import io.understudy.hypervisor.frame.FrameExtent;
import io.understudy.hypervisor.frame.FrameKind;
import io.understudy.hypervisor.memory.PageFrames;
import io.understudy.hypervisor.paging.SwapFailure;
import io.understudy.hypervisor.paging.VictimPolicyName;
import io.understudy.vmx.memory.PhysicalMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What a pager does when, without a guest: the mappings and the swap file are those of the test.
 */
class PagerTest {
    private static final int PAGES = 1024;
    private static final int FRAMES = 256;
    private static final MemoryRegion RAM = new MemoryRegion("ram", PAGES);

    private final PhysicalMemory memory = new PhysicalMemory(1L << 30);
    private final FrameAllocator frames = new FrameAllocator(memory);
    private final FrameExtent extent = frames.allocateGuestRam(FRAMES, 1, 0, 0);
    private final List<String> log = new ArrayList<>();
    private final Swap swap = new Swap();
    private final Mappings mappings = new Mappings();
    private long instructions;

    /** Remembers what was written; fails when told to. */
    private final class Swap implements SwapStore {
        final Map<Long, Long> words = new HashMap<>();
        boolean failsToRead;
        boolean failsToWrite;

        @Override
        public void read(long page, ByteBuffer into) throws IOException {
            if (failsToRead) {
                throw new IOException("input/output error");
            }
            Long word = words.get(page);
            if (word == null) {
                throw new IOException("page " + page + " was never written");
            }
            into.order(ByteOrder.LITTLE_ENDIAN).putLong(word);
            into.position(PageId.PAGE_BYTES);
        }

        @Override
        public void write(long page, ByteBuffer from) throws IOException {
            if (failsToWrite) {
                throw new IOException("no space left on device");
            }
            log.add("write " + page);
            words.put(page, from.order(ByteOrder.LITTLE_ENDIAN).getLong());
        }

        @Override
        public void close() {}
    }

    /** Mappings with a dirty flag each, and a cached translation that outlives them. */
    private final class Mappings implements PageMappings {
        final Set<Long> mapped = new HashSet<>();
        final Set<Long> cached = new HashSet<>();
        final Set<Long> dirty = new HashSet<>();
        final Set<Long> found = new HashSet<>();

        @Override
        public void unmap(long page) {
            log.add("unmap " + page);
            if (mapped.remove(page) && dirty.remove(page)) {
                found.add(page);
            }
        }

        @Override
        public void invalidate() {
            log.add("invalidate");
            cached.clear();
        }

        @Override
        public void scan(PageSet accessed, PageSet dirtyPages) {
            found.addAll(dirty);
            dirty.clear();
            mapped.forEach(page -> accessed.add(PageId.of(0, page)));
            invalidate();
            drainDirty(dirtyPages);
        }

        @Override
        public void drainDirty(PageSet into) {
            found.forEach(page -> into.add(PageId.of(0, page)));
            found.clear();
        }
    }

    private Pager pager(VictimPolicyName policy) {
        Pager pager = new Pager(memory, RAM, extent, swap, policy, () -> instructions);
        pager.attach(mappings);
        return pager;
    }

    @AfterEach
    void close() {
        memory.close();
    }

    /** The guest writes; false if it has to wait for the page. */
    private boolean guestWrites(Pager pager, long page, long value) {
        if (!mappings.mapped.contains(page)) {
            if (!pager.bringIn(page)) {
                return false;
            }
            mappings.mapped.add(page);
            mappings.cached.add(page);
        }
        mappings.dirty.add(page);
        memory.write64(pager.hpaOf(page), value);
        return true;
    }

    private long contentOf(Pager pager, long page) {
        if (pager.hpaOf(page) != PageFrames.ABSENT) {
            return memory.read64(pager.hpaOf(page));
        }
        byte[] bytes = new byte[PageId.PAGE_BYTES];
        pager.readAbsent(page, MemorySegment.ofArray(bytes), 0);
        return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
    }

    private void fill(Pager pager) {
        for (long page = 0; page < FRAMES; page++) {
            assertThat(guestWrites(pager, page, 1000 + page)).isTrue();
        }
        log.clear();
    }

    @ParameterizedTest
    @EnumSource(VictimPolicyName.class)
    void aPageIsUnmappedThenInvalidatedThenWrittenBeforeItsFrameHoldsAnother(
            VictimPolicyName policy) {
        Pager pager = pager(policy);
        fill(pager);
        guestWrites(pager, FRAMES, 7);
        int firstUnmap = indexOf("unmap", 0);
        int lastUnmap = lastIndexOf("unmap");
        int invalidate = log.lastIndexOf("invalidate");
        int firstWrite = indexOf("write", 0);
        assertThat(firstUnmap).isNotNegative();
        assertThat(invalidate).isGreaterThan(lastUnmap);
        assertThat(firstWrite).isGreaterThan(invalidate);
        assertThat(mappings.cached).containsExactly((long) FRAMES);
        for (Map.Entry<Long, Long> out : swap.words.entrySet()) {
            assertThat(out.getValue()).as("page %d", out.getKey()).isEqualTo(1000 + out.getKey());
            assertThat(pager.hpaOf(out.getKey())).isEqualTo(PageFrames.ABSENT);
        }
        assertThat(swap.words).hasSize((int) pager.counters().pageOuts());
    }

    private int indexOf(String prefix, int from) {
        for (int i = from; i < log.size(); i++) {
            if (log.get(i).startsWith(prefix)) {
                return i;
            }
        }
        return -1;
    }

    private int lastIndexOf(String prefix) {
        int last = -1;
        for (int i = indexOf(prefix, 0); i >= 0; i = indexOf(prefix, i + 1)) {
            last = i;
        }
        return last;
    }

    /** What the VMCS, EPT and bitmaps live in is not the pager's to give away. */
    @ParameterizedTest
    @EnumSource(VictimPolicyName.class)
    void framesThatTheProcessorRefersToNeverLeave(VictimPolicyName policy) {
        Map<Long, Long> vmx = new HashMap<>();
        for (int i = 0; i < 16; i++) {
            long hpa = frames.allocate(FrameKind.EPT_TABLE);
            memory.write64(hpa, 0x5eed_0000L + i);
            vmx.put(hpa, 0x5eed_0000L + i);
        }
        Pager pager = pager(policy);
        for (long page = 0; page < PAGES; page++) {
            guestWrites(pager, page, page);
            long hpa = pager.hpaOf(page);
            assertThat(hpa).isBetween(extent.hpa(), extent.hpa() + ((FRAMES - 1L) << 12));
        }
        assertThat(pager.counters().pageOuts()).isGreaterThanOrEqualTo(PAGES - FRAMES);
        vmx.forEach((hpa, word) -> assertThat(memory.read64(hpa)).isEqualTo(word));
    }

    @Test
    void aCleanPageIsNotWrittenAgainAndAnEmptyOneNever() {
        Pager pager = pager(VictimPolicyName.CLOCK);
        for (long page = 0; page < PAGES; page++) {
            guestWrites(pager, page, page % 2); // every other page holds nothing but zeros
        }
        for (int round = 0; round < 2; round++) {
            for (long page = 0; page < PAGES; page++) {
                if (!mappings.mapped.contains(page) && pager.bringIn(page)) {
                    mappings.mapped.add(page); // only read
                }
            }
        }
        assertThat(pager.counters().pageOuts()).isGreaterThan(2 * (PAGES - FRAMES));
        assertThat(pager.counters().swapWrites()).isLessThanOrEqualTo(PAGES / 2);
        for (long page = 0; page < PAGES; page++) {
            assertThat(contentOf(pager, page)).isEqualTo(page % 2);
        }
    }

    @Test
    void aFullDiskKeepsEveryPageAndTheGuestWaits() {
        Pager pager = pager(VictimPolicyName.CLOCK);
        fill(pager);
        swap.failsToWrite = true;
        assertThat(guestWrites(pager, FRAMES, 7)).isFalse();
        assertThat(pager.failure()).contains("written to swap").contains("no space left");
        assertThatThrownBy(() -> pager.forWrite(FRAMES, true)).isInstanceOf(SwapFailure.class);
        for (long page = 0; page < FRAMES; page++) {
            assertThat(contentOf(pager, page)).isEqualTo(1000 + page);
        }
        swap.failsToWrite = false;
        assertThat(guestWrites(pager, FRAMES, 7)).isTrue();
        assertThat(pager.failure()).isNull();
        assertThat(contentOf(pager, FRAMES)).isEqualTo(7);
    }

    @Test
    void aPageThatCannotBeReadStaysWhereItIs() {
        Pager pager = pager(VictimPolicyName.CLOCK);
        fill(pager);
        guestWrites(pager, FRAMES, 7);
        long out = swap.words.keySet().iterator().next();
        swap.failsToRead = true;
        assertThat(pager.bringIn(out)).isFalse();
        assertThat(pager.failure()).contains("read from swap").contains("input/output error");
        assertThatThrownBy(() -> contentOf(pager, out)).isInstanceOf(SwapFailure.class);
        swap.failsToRead = false;
        assertThat(pager.bringIn(out)).isTrue();
        assertThat(contentOf(pager, out)).isEqualTo(1000 + out);
    }

    /** A page that was written, and left before its log was read, was once taken for empty. */
    @Test
    void aWriteThatIsToldOfAfterThePageHasLeftDoesNotSpoilItsCopy() {
        Pager pager = pager(VictimPolicyName.CLOCK);
        fill(pager);
        guestWrites(pager, FRAMES, 7);
        List<Long> out = List.copyOf(swap.words.keySet());
        mappings.found.addAll(out); // as when a page-modification log is drained
        for (long page = FRAMES + 1; page < FRAMES + 40; page++) {
            guestWrites(pager, page, 7); // makes room again
        }
        for (long page : out) {
            assertThat(contentOf(pager, page)).as("page %d", page).isEqualTo(1000 + page);
        }
    }

    /** Guest, devices, reads by a checkpoint, and a swap file that fails now and then. */
    @ParameterizedTest
    @EnumSource(VictimPolicyName.class)
    void randomLoadWithSwapErrorsLosesNothing(VictimPolicyName policy) {
        long seed = 20261129;
        Random random = new Random(seed);
        Pager pager = pager(policy);
        long[] expected = new long[PAGES];
        int waits = 0;
        for (int step = 1; step <= 40_000; step++) {
            instructions += 1_000;
            swap.failsToRead = random.nextInt(16) == 0;
            swap.failsToWrite = random.nextInt(16) == 0;
            int page = random.nextInt(random.nextInt(PAGES) + 1);
            switch (random.nextInt(8)) {
                case 0 -> {
                    try {
                        memory.write64(pager.forWrite(page, false), step); // as a device does
                        expected[page] = step;
                    } catch (SwapFailure e) {
                        waits++;
                    }
                }
                case 1 -> {
                    try {
                        assertThat(contentOf(pager, page))
                                .as("page %d at step %d, seed %d", page, step, seed)
                                .isEqualTo(expected[page]);
                    } catch (SwapFailure e) {
                        waits++;
                    }
                }
                default -> {
                    boolean went = guestWrites(pager, page, step);
                    expected[page] = went ? step : expected[page];
                    waits += went ? 0 : 1;
                }
            }
        }
        swap.failsToRead = false;
        for (int page = 0; page < PAGES; page++) {
            assertThat(contentOf(pager, page))
                    .as("page %d, seed %d", page, seed)
                    .isEqualTo(expected[page]);
        }
        assertThat(waits).isGreaterThan(50);
        assertThat(pager.counters().pageIns()).isGreaterThan(1_000);
        assertThat(pager.counters().residentPages()).isLessThanOrEqualTo(FRAMES);
    }
}
