package io.understudy.hypervisor.pager;

import io.understudy.checkpoint.PageId;
import io.understudy.checkpoint.PageSet;
import io.understudy.hypervisor.memory.GuestRam;
import java.util.Arrays;

/**
 * What Xen's xenpaging does: a hand goes round over the guest's pages, beginning in the middle of
 * memory, and passes those brought in lately, which a ring remembers. It does not know which pages
 * are used.
 */
final class ClockPolicy implements VictimPolicy {
    /** xenpaging's default. */
    private static final int RECENT_MAX = 16_384;

    private final long[] recent;
    private final int[] recentCount;
    private int next;
    private long hand;

    /**
     * @param pages size of RAM
     * @param residentPages frames there are; at most half of them count as recent
     */
    ClockPolicy(long pages, long residentPages) {
        this.recent = new long[(int) Math.min(RECENT_MAX, residentPages / 2)];
        this.recentCount = new int[Math.toIntExact(pages)];
        this.hand = PageId.of(GuestRam.REGION, pages / 2);
        Arrays.fill(recent, -1);
    }

    @Override
    public void broughtIn(long page) {
        long forgotten = recent[next];
        if (forgotten >= 0) {
            recentCount[(int) forgotten]--;
        }
        recent[next] = page;
        recentCount[(int) page]++;
        next = (next + 1) % recent.length;
    }

    @Override
    public long victim(PageSet resident) {
        // At most half of the resident pages are recent, so the hand finds one.
        while (true) {
            long id = resident.next(hand);
            if (id < 0) {
                hand = PageId.of(GuestRam.REGION, 0);
                continue;
            }
            hand = id + 1;
            if (recentCount[(int) PageId.index(id)] == 0) {
                return PageId.index(id);
            }
        }
    }

    @Override
    public boolean usesAccessedFlags() {
        return false;
    }

    @Override
    public void age(PageSet accessed, PageSet resident) {
        throw new IllegalStateException("a clock without accessed flags knows no ages");
    }
}
