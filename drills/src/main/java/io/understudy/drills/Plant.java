package io.understudy.drills;

/** A fault that is built in on purpose, to show that a drill finds it. */
public enum Plant {
    /**
     * The dirty log clears the D bits of the EPT without invalidating translations (INVEPT): a page
     * that stays in the TLB is written again without becoming dirty again.
     */
    LOST_DIRTY_BIT("lost-dirty-bit");

    private final String word;

    Plant(String word) {
        this.word = word;
    }

    /** What users type. */
    public String word() {
        return word;
    }

    @Override
    public String toString() {
        return word;
    }
}
