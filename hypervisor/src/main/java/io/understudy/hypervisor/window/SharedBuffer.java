package io.understudy.hypervisor.window;

import io.understudy.checkpoint.PageId;
import io.understudy.hypervisor.dirty.AccessDirtyService;
import io.understudy.hypervisor.ept.EptEntry;
import io.understudy.hypervisor.ept.EptViews;
import io.understudy.hypervisor.ept.ViewPolicy;
import io.understudy.hypervisor.memory.GuestRam;
import io.understudy.hypervisor.view.SharingMethod;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * One machine's end of what it shares with its peer.
 *
 * <pre>
 * pages of the shared buffer
 * 0                       control words of both directions
 * 1 .. slots              packets of machine 0
 * slots + 1 .. 2 slots    packets of machine 1
 *
 * receive ring of a machine that gets copies, in its own memory
 * +0 packets written by the hypervisor | +8 packets read by the guest
 * +64 + 8 i bytes of the packet in slot i | +4096 (i + 1) the packet in slot i
 * </pre>
 */
final class SharedBuffer {
    static final long DONE = 0;
    static final long BAD_ARGUMENT = -2;
    static final long NOT_ALLOWED = -3;
    static final long TRY_AGAIN = -4;

    private static final int LENGTHS = 64;

    private final ViewSetup setup;
    private final EptViews views;
    private final AccessDirtyService flags;
    private final GuestRam ram;
    private final MemorySegment packet = MemorySegment.ofArray(new byte[PageId.PAGE_BYTES]);
    private @Nullable SharedBuffer peer;
    private long receiveRing = -1;
    private long granted;
    private long bytesCopied;
    private long grantsMapped;

    SharedBuffer(ViewSetup setup, EptViews views, AccessDirtyService flags, GuestRam ram) {
        this.setup = setup;
        this.views = views;
        this.flags = flags;
        this.ram = ram;
        long first = ram.map().firstSharedPage();
        if (setup.sharing() == SharingMethod.VIEW) {
            views.first().setPolicy(page -> page < first ? EptEntry.ALL_RIGHTS : 0);
            views.get(1).setPolicy(SharedBuffer.withBuffer(first));
        } else if (setup.sharing() == SharingMethod.GRANT) {
            views.first().setPolicy(page -> page < first ? EptEntry.ALL_RIGHTS : rights(page));
        }
        // The peer may write before this machine has looked.
        for (long page = first; page < ram.map().pages(); page++) {
            ram.mapped(page << 12);
        }
    }

    private static ViewPolicy withBuffer(long first) {
        return page -> page < first ? EptEntry.ALL_RIGHTS : EptEntry.READ | EptEntry.WRITE;
    }

    /** Of pages whose slots are granted one by one. */
    private long rights(long page) {
        long index = page - ram.map().firstSharedPage() - 1;
        boolean isControl = index < 0;
        boolean isOwn = index / setup.slots() == setup.role();
        if (isControl || isOwn) {
            return EptEntry.READ | EptEntry.WRITE;
        }
        return (granted >>> (index % setup.slots()) & 1) != 0 ? EptEntry.READ : 0;
    }

    void connect(SharedBuffer other) {
        peer = other;
    }

    boolean isShared(long page) {
        return page >= ram.map().firstSharedPage();
    }

    /** The guest says where copies are to go. */
    long receiveAt(long gpa) {
        if (setup.sharing() != SharingMethod.COPY) {
            return NOT_ALLOWED;
        }
        if (!isRing(gpa)) {
            return BAD_ARGUMENT;
        }
        receiveRing = gpa;
        return DONE;
    }

    /** Copies a packet to the peer's ring. */
    long send(long gpa, long bytes) {
        SharedBuffer to = peer;
        long offset = ram.map().offsetOf(gpa);
        boolean isInPage = bytes >= 1 && (gpa & 0xfff) + bytes <= PageId.PAGE_BYTES;
        if (to == null || setup.sharing() != SharingMethod.COPY) {
            return NOT_ALLOWED;
        }
        if (offset < 0 || !isInPage) {
            return BAD_ARGUMENT;
        }
        if (to.receiveRing < 0) {
            return TRY_AGAIN;
        }
        ram.readPage(PageId.of(GuestRam.REGION, offset >>> 12), packet, 0);
        return to.receive(packet, gpa & 0xfff, bytes);
    }

    private long receive(MemorySegment from, long fromOffset, long bytes) {
        long written = ram.read64(receiveRing);
        long waiting = written - ram.read64(receiveRing + 8);
        if (waiting < 0 || waiting >= setup.slots()) {
            return TRY_AGAIN;
        }
        long slot = Math.floorMod(written, (long) setup.slots());
        ram.write(receiveRing + ((slot + 1) << 12), from, fromOffset, bytes);
        ram.write64(receiveRing + LENGTHS + 8 * slot, bytes);
        ram.write64(receiveRing, written + 1);
        bytesCopied += bytes;
        return DONE;
    }

    /** Maps a packet of the peer's, read-only. */
    long map(long slot) {
        if (setup.sharing() != SharingMethod.GRANT) {
            return NOT_ALLOWED;
        }
        if (slot < 0 || slot >= setup.slots()) {
            return BAD_ARGUMENT;
        }
        granted |= 1L << slot;
        views.first().populate(gpaOf(slot));
        grantsMapped++;
        return DONE;
    }

    /** Takes it away again. */
    long unmap(long slot) {
        if (setup.sharing() != SharingMethod.GRANT) {
            return NOT_ALLOWED;
        }
        if (slot < 0 || slot >= setup.slots()) {
            return BAD_ARGUMENT;
        }
        granted &= ~(1L << slot);
        flags.remap(gpaOf(slot));
        flags.invalidate();
        return DONE;
    }

    private long gpaOf(long slot) {
        long index = 1 + (setup.role() == 0 ? setup.slots() : 0) + slot;
        return ram.map().gpaOf((ram.map().firstSharedPage() + index) << 12);
    }

    long bytesCopied() {
        return bytesCopied;
    }

    long grantsMapped() {
        return grantsMapped;
    }

    long receiveRing() {
        return receiveRing;
    }

    long granted() {
        return granted;
    }

    /** Whether a machine of this kind can have this state. */
    boolean accepts(long ring, long grants) {
        boolean isRing = ring == -1 || isRing(ring);
        boolean areGrants = setup.slots() == ViewSetup.SLOTS_MAX || grants >>> setup.slots() == 0;
        return isRing && areGrants;
    }

    private boolean isRing(long gpa) {
        return (gpa & 0xfff) == 0 && ram.map().contains(gpa, (1L + setup.slots()) << 12);
    }

    /** The state of another machine; mappings follow it. */
    void adopt(long ring, long grants) {
        receiveRing = ring;
        granted = grants;
        if (setup.sharing() == SharingMethod.GRANT) {
            for (int slot = 0; slot < setup.slots(); slot++) {
                flags.remap(gpaOf(slot));
            }
        }
    }
}
