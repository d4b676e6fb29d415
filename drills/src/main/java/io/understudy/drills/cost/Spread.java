package io.understudy.drills.cost;

/** How dirty pages lie in a guest's memory. */
public enum Spread {
    /** Anywhere, independently of each other. */
    UNIFORM("uniform"),
    /** Side by side. */
    CLUSTERED("clustered");

    private final String word;

    Spread(String word) {
        this.word = word;
    }

    public String word() {
        return word;
    }

    /**
     * Expected number of groups that hold a dirty page.
     *
     * @param groups of pages in the guest, all of the same size
     * @param pagesOfGroup size of a group
     */
    double touched(double groups, double pagesOfGroup, double dirtyPages) {
        double touched =
                switch (this) {
                    case UNIFORM -> -groups * Math.expm1(dirtyPages * Math.log1p(-1 / groups));
                    case CLUSTERED -> Math.ceil(dirtyPages / pagesOfGroup);
                };
        return groups <= 1 ? Math.min(1, dirtyPages) : Math.min(touched, groups);
    }
}
