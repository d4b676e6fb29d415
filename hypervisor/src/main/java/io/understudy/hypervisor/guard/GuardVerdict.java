package io.understudy.hypervisor.guard;

/** What the guard thinks of an event. */
public enum GuardVerdict {
    /** What operating systems and processors do all the time, or without effect. */
    LEGITIMATE("legitimate"),
    /** It happened while the guest built its tables; whatever it did is taken for right. */
    LEARNED("learned"),
    SUSPICIOUS("suspicious");

    private final String key;

    GuardVerdict(String key) {
        this.key = key;
    }

    /** Name in reports. */
    public String key() {
        return key;
    }
}
