package io.understudy.hypervisor.pager;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.memory.GuestRam;

/**
 * Ageing by accessed flags: eight bits for each page, the newest scan in the highest. The page with
 * the smallest number leaves, that is the one unused for longest; among equals a hand goes round.
 */
final class AgeingPolicy implements VictimPolicy {
    private static final int NEWEST = 0x80;

    private final byte[] ages;
    private long hand = PageId.of(GuestRam.REGION, 0);
    private int limit;
    private boolean isLimitKnown;

    /**
     * @param pages size of RAM
     */
    AgeingPolicy(long pages) {
        this.ages = new byte[Math.toIntExact(pages)];
    }

    @Override
    public void broughtIn(long page) {
        // Somebody waits for it: as if used in the newest scan.
        ages[(int) page] = (byte) NEWEST;
    }

    @Override
    public long victim(PageSet resident) {
        long id = isLimitKnown ? findUpToLimit(resident) : -1;
        if (id < 0) {
            limit = youngestBound(resident);
            isLimitKnown = true;
            id = findUpToLimit(resident);
        }
        hand = id + 1;
        return PageId.index(id);
    }

    @Override
    public boolean usesAccessedFlags() {
        return true;
    }

    @Override
    public void age(PageSet accessed, PageSet resident) {
        for (long id = resident.next(0); id >= 0; id = resident.next(id + 1)) {
            int page = (int) PageId.index(id);
            ages[page] = (byte) ((ages[page] & 0xff) >>> 1 | (accessed.contains(id) ? NEWEST : 0));
        }
        isLimitKnown = false;
    }

    /** The first page from the hand on, once round, whose age is at most the limit; or -1. */
    private long findUpToLimit(PageSet resident) {
        for (long id = resident.next(hand); id >= 0; id = resident.next(id + 1)) {
            if (ageOf(id) <= limit) {
                return id;
            }
        }
        for (long id = resident.next(0); id >= 0 && id < hand; id = resident.next(id + 1)) {
            if (ageOf(id) <= limit) {
                return id;
            }
        }
        return -1;
    }

    private int youngestBound(PageSet resident) {
        int smallest = 0xff;
        for (long id = resident.next(0); id >= 0; id = resident.next(id + 1)) {
            smallest = Math.min(smallest, ageOf(id));
        }
        return smallest;
    }

    private int ageOf(long id) {
        return ages[(int) PageId.index(id)] & 0xff;
    }
}
