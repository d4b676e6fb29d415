package io.understudy.checkpoint.verify;

import io.understudy.checkpoint.CorruptStateException;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which pages the machine has, and which of them an entry has named. */
final class PageNames {
    /** Pages that one entry may name. */
    static final int PAGES_MAX = 1_048_576;

    private final List<Long> pagesOfRegions;
    private final Set<Long> named = new HashSet<>();

    PageNames(List<Long> pagesOfRegions) {
        this.pagesOfRegions = pagesOfRegions;
    }

    void beginEntry() {
        named.clear();
    }

    long named() {
        return named.size();
    }

    void name(long id, Records records) throws CorruptStateException {
        long region = id >>> 32;
        long index = id & 0xffff_ffffL;
        if (region >= pagesOfRegions.size() || index >= pagesOfRegions.get((int) region)) {
            throw records.wrong("page %d of region %d does not exist".formatted(index, region));
        }
        if (named.size() == PAGES_MAX) {
            throw records.wrong("more than %d pages".formatted(PAGES_MAX));
        }
        if (!named.add(id)) {
            throw records.wrong("page %d of region %d is named twice".formatted(index, region));
        }
    }
}
